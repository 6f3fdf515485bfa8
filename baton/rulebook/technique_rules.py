"""Which technique a lead fits, as SQL over the same facts as every condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.technique import Technique
from baton.rulebook.agreement import Agreement, FactType
from baton.rulebook.facts import Fact, Vocabulary, vocabulary_of
from baton.rulebook.lead_conditions import LeadConditions
from baton.rulebook.predicates import compile_predicate

SITUATION = (
    Fact(
        "total_score",
        FactType.NUMBER,
        "points",
        "Fit and warmth together, as last scored.",
        "score",
        "cast(:total_score as numeric)",
    ),
    Fact(
        "is_hot",
        FactType.BOOLEAN,
        "",
        "The last scoring reached hot_at.",
        "score",
        "cast(:is_hot as boolean)",
    ),
    Fact(
        "rep_free_now",
        FactType.BOOLEAN,
        "",
        "An AE who may have the lead is surely free at this moment.",
        "presence",
        "cast(:rep_free_now as boolean)",
    ),
)
"""What techniques go by beyond the facts of the lead."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is true at the moment at which a technique is chosen.

    Attributes:
        total_score: Points, as last scored; None if it never was.
        is_hot: Whether they reached `hot_at`.
        rep_free_now: Whether an AE who may have the lead is surely free.
    """

    total_score: float | None
    is_hot: bool
    rep_free_now: bool


def technique_vocabulary(agreement: Agreement) -> Vocabulary:
    """Return what the conditions of techniques may name."""
    plain = vocabulary_of(agreement, with_scores=False)
    return replace(plain, facts=plain.facts | {fact.name: fact for fact in SITUATION})


@lru_cache(maxsize=64)
def _compiled(agreement: Agreement) -> LeadConditions:
    vocabulary = technique_vocabulary(agreement)
    rules = agreement.techniques.rules
    return LeadConditions.of(agreement, [compile_predicate(r.when, vocabulary) for r in rules])


def fitting(
    session: Session, agreement: Agreement, lead_id: int, situation: Situation, *, as_of: datetime
) -> tuple[Mapping[str, Any], tuple[bool | None, ...]]:
    """Return the facts that the rules read, and whether the lead fits each in their order.

    Args:
        session: Only read from.
        agreement: It has rules of techniques.
        lead_id: The lead.
        situation: What is true of the moment.
        as_of: Aware UTC instant to which touches are counted.
    """
    seen = _compiled(agreement).see(session, [lead_id], as_of=as_of, **asdict(situation))[lead_id]
    (fits,) = seen.verdicts
    return seen.facts, fits


def chosen(agreement: Agreement, fits: Sequence[bool | None]) -> tuple[Technique, int | None]:
    """Return the technique and the place of the rule that decides; None if no rule does.

    Args:
        agreement: Its rules are looked at in their order.
        fits: Whether the lead fits each; unknown is not enough.
    """
    rules = agreement.techniques.rules
    for place, (rule, is_fit) in enumerate(zip(rules, fits, strict=True)):
        if is_fit:
            return rule.technique, place
    return Technique.APPOINTMENT, None
