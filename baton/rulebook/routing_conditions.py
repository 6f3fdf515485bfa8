"""What a lead must be for a territory or a skill, as SQL over the same facts as every condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from baton.rulebook.agreement import Agreement
from baton.rulebook.facts import vocabulary_of
from baton.rulebook.fragments import named, numeral, quoted
from baton.rulebook.predicates import Predicate, compile_predicate
from baton.rulebook.routing_part import Routing, Territory
from baton.rulebook.rules import Rules, compile_rules
from baton.rulebook.sources import live_facts, times

LANGUAGE = "language"
_GIVEN = (
    "l.id = any (array(select unnest(cast(:lead_ids as bigint[]))))",
    "w.lead_id = any (array(select unnest(cast(:lead_ids as bigint[]))))",
)


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


@dataclass(frozen=True)
class Conditions:
    """The section's conditions, compiled; `rules` has the columns that they read."""

    rules: Rules
    territories: tuple[str, ...]
    skills: tuple[str, ...]

    @cached_property
    def statement(self) -> TextClause:
        """A statement over the leads in `:lead_ids` (bigint[]), with `times` as parameters."""
        verdicts = [
            f"cast(array[{', '.join(parts)}] as boolean[]) as {name}"
            for name, parts in (("fits$", self.territories), ("needs$", self.skills))
        ]
        columns = ["f.lead_id", *verdicts, *(f"f.{named(c.key)}" for c in self.rules.columns)]
        sql = f"with {live_facts(self.rules, *_GIVEN)}\nselect {', '.join(columns)} from f"
        return text(sql)


@lru_cache(maxsize=64)
def compile_routing(agreement: Agreement) -> Conditions:
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
    read = [p for p in (*territories, *skills) if p is not None]
    read += [language] if routing.speaks_language else []
    columns = {column.key: column for predicate in read for column in predicate.reads}
    rules = replace(compile_rules(agreement), columns=tuple(columns.values()))
    return Conditions(rules, tuple(map(_sql, territories)), tuple(map(_sql, skills)))


def _sql(predicate: Predicate | None) -> str:
    return f"({predicate.sql})" if predicate else "true"


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
    compiled = compile_routing(agreement)
    rows = session.execute(
        compiled.statement, {"lead_ids": list(lead_ids), **times(compiled.rules, as_of)}
    )
    keys = [column.key for column in compiled.rules.columns]
    return {
        row["lead_id"]: LeadSeen(
            {key: _plain(row[key]) for key in keys}, tuple(row["fits$"]), tuple(row["needs$"])
        )
        for row in rows.mappings()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def whose(territory: Territory) -> str:
    """Return who may have the territory's leads, for people."""
    return ", ".join((*territory.teams, *territory.reps))


def needs_facts(routing: Routing) -> bool:
    """Return whether anything of the lead matters to who may get it."""
    return bool(routing.territories or routing.skills or routing.speaks_language)
