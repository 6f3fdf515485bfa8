"""Which technique a lead fits, as SQL over the same facts as every condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from baton.domain.technique import Technique
from baton.rulebook.agreement import Agreement, FactType
from baton.rulebook.facts import Fact, Vocabulary, vocabulary_of
from baton.rulebook.fragments import named
from baton.rulebook.predicates import compile_predicate
from baton.rulebook.rules import Rules, compile_rules
from baton.rulebook.sources import live_facts, times

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
_ONE = (
    "l.id = any (array(select cast(:lead_id as bigint)))",
    "w.lead_id = any (array(select cast(:lead_id as bigint)))",
)


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


@dataclass(frozen=True, slots=True)
class Fitting:
    """What the rules saw of a lead.

    Attributes:
        facts: The facts that they read, by name.
        fits: Whether the lead fits each, in the agreement's order; None is unknown.
    """

    facts: Mapping[str, Any]
    fits: tuple[bool | None, ...]


def technique_vocabulary(agreement: Agreement) -> Vocabulary:
    """Return what the conditions of techniques may name."""
    plain = vocabulary_of(agreement, with_scores=False)
    return replace(plain, facts=plain.facts | {fact.name: fact for fact in SITUATION})


@lru_cache(maxsize=64)
def _compiled(agreement: Agreement) -> tuple[Rules, TextClause]:
    vocabulary = technique_vocabulary(agreement)
    found = [compile_predicate(rule.when, vocabulary) for rule in agreement.techniques.rules]
    columns = {column.key: column for predicate in found for column in predicate.reads}
    rules = replace(compile_rules(agreement), columns=tuple(columns.values()))
    verdicts = ", ".join(f"({predicate.sql})" for predicate in found)
    read = ", ".join(f"f.{named(key)}" for key in columns)
    return rules, text(
        f"with {live_facts(rules, *_ONE)}\n"
        f'select cast(array[{verdicts}] as boolean[]) as "fits$", {read} from f'
    )


def fitting(
    session: Session, agreement: Agreement, lead_id: int, situation: Situation, *, as_of: datetime
) -> Fitting:
    """Return which of the agreement's techniques the lead fits.

    Args:
        session: Only read from.
        agreement: It has rules of techniques.
        lead_id: The lead.
        situation: What is true of the moment.
        as_of: Aware UTC instant to which touches are counted.
    """
    rules, statement = _compiled(agreement)
    row = session.execute(
        statement,
        {
            "lead_id": lead_id,
            "total_score": situation.total_score,
            "is_hot": situation.is_hot,
            "rep_free_now": situation.rep_free_now,
            **times(rules, as_of),
        },
    ).mappings()
    seen = row.one()
    facts = {column.key: _plain(seen[column.key]) for column in rules.columns}
    return Fitting(facts, tuple(seen["fits$"]))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


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
