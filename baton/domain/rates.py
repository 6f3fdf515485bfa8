"""Rates of few cases: with their uncertainty, and not told where they would point at somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Counted:
    """Cases of one kind.

    Attributes:
        name: What they have in common.
        cases: How many.
        hits: How many of them were as asked.
        people: Whose they were, by id.
    """

    name: str
    cases: int
    hits: int
    people: frozenset[int] = frozenset()


def wilson(hits: int, cases: int) -> tuple[float, float]:
    """Return Wilson's score interval of a rate, at 95 % confidence: two ratios from 0 to 1.

    Raises:
        ValueError: There is no case, or more hits than cases.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 (takes a second)

    interval = binomtest(hits, cases).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)


def too_few(groups: Sequence[Counted], *, cases: int, people: int = 0) -> set[str]:
    """Return the names of the groups whose rate is not told.

    These are the groups with fewer cases or people. If even all of them together have fewer,
    whoever knows the total could subtract the others; then the smallest other group is kept back
    as well.

    Args:
        groups: Every case is in one of them.
        cases: How many a group must have.
        people: How many different people a group's cases must be of.
    """

    def is_small(*some: Counted) -> bool:
        of = frozenset[int]().union(*(group.people for group in some))
        return sum(group.cases for group in some) < cases or len(of) < people

    shown = sorted(groups, key=lambda group: (-group.cases, group.name))
    hidden = [group for group in shown if is_small(group)]
    shown = [group for group in shown if group not in hidden]
    while hidden and shown and is_small(*hidden):
        hidden.append(shown.pop())
    return {group.name for group in hidden}
