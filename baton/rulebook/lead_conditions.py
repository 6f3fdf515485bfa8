"""Whether leads meet groups of agreed conditions, and the facts read for it, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from baton.rulebook.agreement import Agreement
from baton.rulebook.fragments import named
from baton.rulebook.predicates import Predicate
from baton.rulebook.rules import Rules, compile_rules
from baton.rulebook.sources import GIVEN, live_facts


@dataclass(frozen=True, slots=True)
class Seen:
    """What conditions saw of a lead.

    Attributes:
        facts: The facts that they read, by name.
        verdicts: Whether the lead meets each, in the order of each group; None is unknown.
    """

    facts: Mapping[str, Any]
    verdicts: tuple[tuple[bool | None, ...], ...]


@dataclass(frozen=True)
class LeadConditions:
    """Groups of conditions as SQL; `rules` has the columns that they read."""

    rules: Rules
    groups: tuple[tuple[str, ...], ...]

    @classmethod
    def of(
        cls,
        agreement: Agreement,
        *groups: Sequence[Predicate | None],
        also: Sequence[Predicate] = (),
    ) -> LeadConditions:
        """Return the groups to be seen together.

        Args:
            agreement: The conditions are its own.
            groups: Compiled conditions; None is always met.
            also: What these read is seen as well.
        """
        read = [condition for group in groups for condition in group if condition is not None]
        columns = {column.key: column for predicate in (*read, *also) for column in predicate.reads}
        rules = replace(compile_rules(agreement), columns=tuple(columns.values()))
        return cls(rules, tuple(tuple(map(_sql, group)) for group in groups))

    def see(
        self, session: Session, lead_ids: Sequence[int], *, as_of: datetime, **given: Any
    ) -> dict[int, Seen]:
        """Return what is seen of the leads, by id; one that does not exist is left out.

        Args:
            session: Only read from.
            lead_ids: Which.
            as_of: Aware UTC instant to which touches are counted.
            given: The parameters that the conditions name themselves.
        """
        parameters = {"lead_ids": list(lead_ids), "as_of": as_of, **given}
        rows = session.execute(self._statement, parameters).mappings()
        keys = [column.key for column in self.rules.columns]
        return {
            row["lead_id"]: Seen(
                {key: _plain(row[key]) for key in keys},
                tuple(tuple(row[f"met${place}"]) for place in range(len(self.groups))),
            )
            for row in rows
        }

    @cached_property
    def _statement(self) -> TextClause:
        verdicts = [
            f"cast(array[{', '.join(group)}] as boolean[]) as met${place}"
            for place, group in enumerate(self.groups)
        ]
        columns = ["f.lead_id", *verdicts, *(f"f.{named(c.key)}" for c in self.rules.columns)]
        facts = live_facts(self.rules, *GIVEN, with_did=False)
        return text(f"with {facts}\nselect {', '.join(columns)} from f")


def _sql(condition: Predicate | None) -> str:
    return f"({condition.sql})" if condition else "true"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value
