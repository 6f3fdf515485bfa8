"""What a lead must be for a territory or a skill, as SQL over the same facts as every condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from baton.rulebook.agreement import Agreement
from baton.rulebook.facts import vocabulary_of
from baton.rulebook.fragments import numeral, quoted
from baton.rulebook.lead_conditions import LeadConditions
from baton.rulebook.predicates import compile_predicate
from baton.rulebook.routing_part import Routing, Territory

LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class LeadSeen:
    """A lead as the routing saw it.

    Attributes:
        facts: The facts that its conditions read, by name.
        territories: Whether the lead fits each, in the agreement's order; None is unknown.
        skills: Whether the lead needs each, in the agreement's order; None is unknown.
    """

    facts: Mapping[str, Any]
    territories: tuple[bool | None, ...]
    skills: tuple[bool | None, ...]


@lru_cache(maxsize=64)
def compile_routing(agreement: Agreement) -> LeadConditions:
    """Return the routing's conditions as SQL.

    Raises:
        PredicateError: A condition cannot be used; loading a file says where.
    """
    routing = agreement.routing
    assert routing is not None
    vocabulary = vocabulary_of(agreement, with_scores=False)
    territories = [
        compile_predicate(condition, vocabulary) if condition else None
        for condition in map(condition_of, routing.territories)
    ]
    skills = [compile_predicate(rule.when, vocabulary) for rule in routing.skills]
    language = compile_predicate(f"{LANGUAGE} is not null", vocabulary)
    also = [language] if routing.speaks_language else []
    return LeadConditions.of(agreement, territories, skills, also=also)


def condition_of(territory: Territory) -> str:
    """Return the territory's condition with its lists written out; empty if it has none."""
    parts = [f"({territory.when})"] if territory.when else []
    if territory.countries:
        parts.append(f"country in ({_listed(territory.countries)})")
    if territory.employees is not None:
        low, high = territory.employees.at_least, territory.employees.at_most
        parts += [f"employees >= {numeral(low)}"] if low is not None else []
        parts += [f"employees <= {numeral(high)}"] if high is not None else []
    if territory.languages:
        parts.append(f"lower(language) in ({_listed(territory.languages)})")
    return " and ".join(parts)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(quoted(value) for value in values)


def see_leads(
    session: Session, agreement: Agreement, lead_ids: Sequence[int], *, as_of: datetime
) -> dict[int, LeadSeen]:
    """Return the leads as the agreement's routing sees them, by id.

    Args:
        session: Only read from.
        agreement: It has a section `routing`.
        lead_ids: Which; one that does not exist is left out.
        as_of: Aware UTC instant to which touches are counted.
    """
    seen = compile_routing(agreement).see(session, lead_ids, as_of=as_of)
    return {lead_id: LeadSeen(one.facts, *one.verdicts) for lead_id, one in seen.items()}


def whose(territory: Territory) -> str:
    """Return who may have the territory's leads, for people."""
    return ", ".join((*territory.teams, *territory.reps))


def needs_facts(routing: Routing) -> bool:
    """Return whether anything of the lead matters to who may get it."""
    return bool(routing.territories or routing.skills or routing.speaks_language)
