"""One lead through all its replayed decisions: did it qualify, when, and what was in the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from baton.domain.verdict import Qualification, Verdict
from baton.rulebook.agreement import Agreement
from baton.rulebook.replaying import Judgement, Replayed

# No criterion can be called that.
SCORE = "(score)"

_ORDER = (Qualification.NOT_QUALIFIED, Qualification.NEEDS_ANSWERS, Qualification.QUALIFIED)


@dataclass(slots=True)
class Way:
    """What one side of the comparison says of a lead.

    Attributes:
        best: The best result that it ever had.
        first_at: When it first qualified.
        first_id: The decision that did.
        reasons: What the other side says is in the way there.
        is_predicted: True when it qualified before what became of it was known.
    """

    best: Qualification = Qualification.NOT_QUALIFIED
    first_at: datetime | None = None
    first_id: int = 0
    reasons: tuple[str, ...] = ()
    is_predicted: bool = False

    @property
    def is_qualified(self) -> bool:
        """True when it qualified at least once."""
        return self.first_at is not None


@dataclass(slots=True)
class LeadHistory:
    """One lead, as it was decided and as another agreement decides."""

    lead_id: int
    origin: str | None
    was_accepted: bool | None
    before: Way = field(default_factory=Way)
    now: Way = field(default_factory=Way)

    def add(self, seen: Replayed, deciding: Agreement, agreement: Agreement) -> None:
        """Take one of its decisions in; they may come in any order."""
        _add(self.before, seen, seen.stored, (agreement, seen.replayed))
        _add(self.now, seen, seen.replayed, (deciding, seen.stored))


def _add(way: Way, seen: Replayed, said: Judgement, other: tuple[Agreement, Judgement]) -> None:
    way.best = max(way.best, said.qualification, key=_ORDER.index)
    if said.qualification is not Qualification.QUALIFIED:
        return
    way.is_predicted |= seen.is_before_outcome
    if way.first_at is None or (seen.at, seen.decision_id) < (way.first_at, way.first_id):
        way.first_at, way.first_id = seen.at, seen.decision_id
        way.reasons = obstacles(*other)


def obstacles(agreement: Agreement, said: Judgement) -> tuple[str, ...]:
    """Return what keeps a judgement from qualified: criteria and groups not met, and `SCORE`."""
    if said.qualification is Qualification.QUALIFIED:
        return ()
    scoring = agreement.scoring
    reaches = (
        said.fit_points >= scoring.fit_floor
        and said.warmth_points >= scoring.warmth_floor
        and said.total_points >= scoring.hand_off_at
    )
    met = {
        criterion.id
        for criterion, verdict in zip(agreement.sales_qualified, said.verdicts, strict=True)
        if verdict is Verdict.MET
    }
    required = (c.id for c in agreement.sales_qualified if c.required and c.id not in met)
    groups = (
        group.id
        for group in agreement.sales_qualified_groups
        if len(met.intersection(group.of)) < group.at_least
    )
    return (*required, *groups) if reaches else (*required, *groups, SCORE)
