"""Rates of few cases."""

from __future__ import annotations

import math

import pytest

from baton.domain.rates import Counted, too_few, wilson


@pytest.mark.parametrize(
    ("hits", "cases", "low", "high"),
    [
        # Published examples: Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(hits: int, cases: int, low: float, high: float) -> None:
    assert list(wilson(hits, cases)) == pytest.approx([low, high], abs=5e-5)
    assert list(wilson(cases - hits, cases)) == pytest.approx([1 - high, 1 - low], abs=5e-5)


def test_the_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wilson(0, 0)
    with pytest.raises(ValueError, match=r"\w"):
        wilson(2, 1)
    assert not any(math.isnan(end) for end in wilson(1, 1))


def group(name: str, cases: int, *people: int) -> Counted:
    return Counted(name, cases, 0, frozenset(people))


def test_groups_with_few_cases_or_people_are_not_told() -> None:
    groups = [group("a", 30, 1, 2, 3), group("b", 12, 4), group("c", 4, 5, 6, 7)]
    assert too_few(groups, cases=10) == {"b", "c"}
    assert too_few(groups, cases=0) == set()
    assert too_few(groups, cases=10, people=3) == {"b", "c"}


def test_what_could_be_worked_out_from_the_total_is_not_told_either() -> None:
    """Only "c" is small; with the total and "a" and "b" anyone could subtract it."""
    groups = [group("a", 30, 1, 2, 3), group("b", 12, 4, 5, 6), group("c", 4, 7)]
    assert too_few(groups, cases=10, people=3) == {"b", "c"}
    # Two small ones that are many together stand for themselves.
    groups = [group("a", 30, 1, 2, 3), group("b", 6, 4, 5), group("c", 6, 7)]
    assert too_few(groups, cases=10, people=3) == {"b", "c"}
    assert too_few([group("a", 5, 1)], cases=10, people=3) == {"a"}
    assert too_few([], cases=10) == set()
