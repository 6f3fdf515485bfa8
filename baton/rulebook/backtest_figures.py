"""The figures of a backtest: plain data, with ids and no person's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reproduction:
    """Decisions of the very same agreement, judged again.

    Attributes:
        decisions: How many of them there are.
        equal: How many come out the same in result, points and every verdict.
        differing: Lead and number of the others; each means that stored history was altered.
    """

    decisions: int
    equal: int
    differing: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class UnknownFact:
    """A fact that the agreement reads and that decisions did not keep; it is unknown there.

    Attributes:
        fact: Its name.
        decisions: How many decisions did not keep it.
    """

    fact: str
    decisions: int


@dataclass(frozen=True, slots=True)
class Change:
    """A lead that would have come out otherwise.

    Attributes:
        decision_id: The decision that shows it: the first that qualifies the lead.
        origin: How the lead came to us; None where that is not known.
        reasons: What was in the way, or is now: ids of criteria and of groups,
            `SCORE` for floors and total.
    """

    lead_id: int
    decision_id: int
    origin: str | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonFigures:
    """A criterion, a group, or `SCORE` as the reason of changes; one lead can have several.

    Attributes:
        newly: Leads that qualify now and that it had held back.
        no_longer: Leads that it rejects now.
        unsettled: Leads that wait for its answer now.
    """

    reason: str
    name: str
    newly: int
    no_longer: int
    unsettled: int


@dataclass(frozen=True, slots=True)
class OriginFigures:
    """The leads of one origin; None where it is not known."""

    origin: str | None
    leads: int
    qualified_before: int
    qualified_now: int
    newly: int
    no_longer: int
    unsettled: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Who qualified, beside what became of them; only leads whose outcome is known count.

    Attributes:
        accepted_qualified: Qualified, and accepted by sales.
        returned_qualified: Qualified, and returned as not meeting the definition.
        accepted_missed: Not qualified, though sales accepted them.
        returned_avoided: Not qualified, and returned by sales.
    """

    accepted_qualified: int
    returned_qualified: int
    accepted_missed: int
    returned_avoided: int

    @property
    def precision_ratio(self) -> float | None:
        """The share of the qualified that sales accepted; None without any."""
        return _ratio(self.accepted_qualified, self.returned_qualified)

    @property
    def recall_ratio(self) -> float | None:
        """The share of the accepted that qualified; None without any."""
        return _ratio(self.accepted_qualified, self.accepted_missed)


@dataclass(frozen=True, slots=True)
class Totals:
    """One side of the comparison: as it was decided, or as the agreement decides.

    Attributes:
        qualified: Leads that qualified at least once.
        a_month: Newly qualified leads in a month of average length; None in less than a day.
    """

    qualified: int
    a_month: float | None
    accuracy: Accuracy
    precision_ratio: float | None
    recall_ratio: float | None


@dataclass(frozen=True, slots=True)
class QuotaFigures:
    """What marketing promised in the agreement, beside the qualified leads a month.

    Attributes:
        a_month: How many sales-qualified leads a month were promised.
        before_ratio: The share of them that qualified a month, as it was decided; None in less
            than a day.
        now_ratio: The share of them that qualifies as the agreement decides.
    """

    a_month: int
    before_ratio: float | None
    now_ratio: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """What an agreement would have decided in a period, beside what was decided.

    Attributes:
        title: The agreement's title.
        since: The first instant of the period (aware UTC).
        until: The instant after its last (aware UTC).
        decisions: Qualifications judged again.
        leads: Of how many leads.
        reproduction: Of those, the ones that the same agreement decided.
        before: As it was decided.
        now: As the agreement decides.
        quota: Both beside what the agreement promises; None if it promises no number.
        newly: Leads that qualify now and did not.
        no_longer: Leads that qualified and do not now.
        unsettled: Leads that qualified, and for whom a question is open now.
        reasons: Why, by criterion, in the agreement's order, then what only decided before.
        origins: The same by origin, the largest first.
        unknown_facts: What the agreement reads and decisions did not keep.
        recounted_facts: What they did not keep, and the touches told.
    """

    title: str
    since: datetime
    until: datetime
    decisions: int
    leads: int
    reproduction: Reproduction
    before: Totals
    now: Totals
    quota: QuotaFigures | None
    newly: tuple[Change, ...]
    no_longer: tuple[Change, ...]
    unsettled: tuple[Change, ...]
    reasons: tuple[ReasonFigures, ...]
    origins: tuple[OriginFigures, ...]
    unknown_facts: tuple[UnknownFact, ...]
    recounted_facts: tuple[str, ...]


def _ratio(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None
