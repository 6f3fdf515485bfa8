"""What the agreement says about one lead at one instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The three values of a criterion; NULL means unknown, never unmet."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"


class Qualification(StrEnum):
    """What follows from an evaluation.

    `QUALIFIED`: warm, fitting and every required criterion met. `NEEDS_ANSWERS`: the score is
    reached and no criterion is unmet, but some are unknown. `NOT_QUALIFIED`: everything else.
    """

    QUALIFIED = "qualified"
    NEEDS_ANSWERS = "needs_answers"
    NOT_QUALIFIED = "not_qualified"


@dataclass(frozen=True, slots=True)
class CriterionVerdict:
    """One criterion, its verdict, and what it was judged by.

    Attributes:
        id: The criterion's id in the agreement.
        name: Its name for people.
        verdict: Met, unmet or unknown.
        ask: The question that would settle it.
        evidence: The facts that its predicate reads, by name, with the values seen.
    """

    id: str
    name: str
    verdict: Verdict
    ask: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """A group of criteria of which `at_least` must be met, and its verdict.

    Unmet when fewer can still be met, unknown while it depends on what is unknown.

    Attributes:
        id: The group's id in the agreement.
        name: Its name for people.
        verdict: Met, unmet or unknown.
        at_least: How many must be met.
        met: How many are.
        of: The criteria's ids.
    """

    id: str
    name: str
    verdict: Verdict
    at_least: int
    met: int
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """Points that one scoring rule or one touch kind gave, and why."""

    id: str
    name: str
    points: float
    reason: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything the agreement says about one lead at `as_of` (aware UTC)."""

    lead_id: int
    agreement_id: int
    as_of: datetime
    fit_points: float
    warmth_points: float
    total_points: float
    is_hot: bool
    is_marketing_qualified: bool
    qualification: Qualification
    criteria: tuple[CriterionVerdict, ...]
    points: tuple[Points, ...]
    why_now: str
    facts: dict[str, Any]
    groups: tuple[GroupVerdict, ...] = ()

    @property
    def unmet(self) -> tuple[CriterionVerdict, ...]:
        """The criteria that are not met, in the agreement's order."""
        return tuple(c for c in self.criteria if c.verdict is Verdict.UNMET)

    @property
    def unknown(self) -> tuple[CriterionVerdict, ...]:
        """The criteria that nobody can judge yet, in the agreement's order."""
        return tuple(c for c in self.criteria if c.verdict is Verdict.UNKNOWN)
