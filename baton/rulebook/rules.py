"""One agreement with its conditions compiled: what the statement and its readers go by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from baton.rulebook.agreement import Agreement
from baton.rulebook.columns import Column, Count, answered_column
from baton.rulebook.facts import vocabulary_of
from baton.rulebook.lasting import Conditions, Turns, turns_of
from baton.rulebook.predicates import Predicate, compile_predicate


@dataclass(frozen=True, slots=True)
class Rules:
    """One agreement with its conditions compiled; all in the agreement's order.

    Attributes:
        agreement: What it was compiled from.
        columns: The facts that it reads, each once.
        fit: Each fit rule's condition.
        marketing: The condition of a marketing-qualified lead.
        criteria: Each criterion's condition.
        turns: What can turn a qualification as time goes by.
    """

    agreement: Agreement
    columns: tuple[Column, ...]
    fit: tuple[Predicate, ...]
    marketing: Predicate
    criteria: tuple[Predicate, ...]
    turns: Turns

    @property
    def facts(self) -> dict[str, str]:
        """Name and SQL type of each fact that a judgement keeps, in order."""
        return {column.key: column.sql_type for column in self.columns}


def counts_of(columns: tuple[Column, ...]) -> tuple[Count, ...]:
    """Return what the touches must give for these columns, each once."""
    return tuple(dict.fromkeys(c.count for c in columns if c.count is not None))


@lru_cache(maxsize=64)
def compile_rules(agreement: Agreement) -> Rules:
    """Return the agreement with its conditions compiled.

    Raises:
        PredicateError: A condition cannot be used; loading a file says where.
    """
    before = vocabulary_of(agreement, with_scores=False)
    after = vocabulary_of(agreement, with_scores=True)
    fit = tuple(compile_predicate(rule.when, before) for rule in agreement.scoring.fit)
    criteria = tuple(compile_predicate(c.met_when, after) for c in agreement.sales_qualified)
    marketing = compile_predicate(agreement.marketing_qualified.met_when, after)
    answers = tuple(answered_column(c.id) for c in agreement.sales_qualified)
    predicates = (*fit, marketing, *criteria)
    read = {
        column.key: column
        for column in (
            *(c for predicate in predicates for c in predicate.reads),
            *answers,
        )
    }
    columns = tuple(read.values())
    grouped = {member for group in agreement.sales_qualified_groups for member in group.of}
    decisive = [
        (place, criterion.required, condition)
        for place, (criterion, condition) in enumerate(
            zip(agreement.sales_qualified, criteria, strict=True)
        )
        if criterion.required or criterion.id in grouped
    ]
    turns = turns_of(agreement.scoring, Conditions(fit, decisive))
    return Rules(agreement, columns, fit, marketing, criteria, turns)
