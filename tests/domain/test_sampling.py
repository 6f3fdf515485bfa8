"""The sample: drawn again by anyone, and every stratum in it."""

from __future__ import annotations

import random
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.domain.sampling import sample, share_out

SIZES = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 60), min_size=1, max_size=8)


def cases(**sizes: int) -> dict[UUID, str]:
    names = [name for name, size in sizes.items() for _ in range(size)]
    return {UUID(int=number): name for number, name in enumerate(names)}


@given(SIZES, st.integers(0, 300))
def test_places_are_all_dealt_and_each_stratum_has_one(sizes: dict[str, int], places: int) -> None:
    dealt = share_out(sizes, places)
    assert sum(dealt.values()) == min(places, sum(sizes.values()))
    assert all(dealt[name] <= size for name, size in sizes.items())
    if places >= len(sizes):
        assert min(dealt.values()) >= 1
    else:
        assert [dealt[name] for name in sizes] == [1] * places + [0] * (len(sizes) - places)


@given(SIZES, st.integers(1, 300))
def test_a_larger_stratum_never_has_fewer_places(sizes: dict[str, int], places: int) -> None:
    dealt = share_out(sizes, max(places, len(sizes)))
    pairs = [(one, other) for one in sizes for other in sizes if sizes[one] > sizes[other]]
    assert all(dealt[one] >= dealt[other] for one, other in pairs)


@pytest.mark.parametrize(
    ("sizes", "places", "dealt"),
    [
        # Huntington and Hill, worked out by hand: 90 / sqrt(2) = 63.6, 90 / sqrt(6) = 36.7,
        # 90 / sqrt(12) = 26.0, 90 / sqrt(20) = 20.1 against 30 / sqrt(2) = 21.2.
        ({"a": 90, "b": 30, "c": 1}, 6, {"a": 4, "b": 1, "c": 1}),
        ({"a": 90, "b": 30, "c": 1}, 7, {"a": 4, "b": 2, "c": 1}),
        ({"a": 90, "b": 30, "c": 1}, 2, {"a": 1, "b": 1, "c": 0}),
        ({"a": 2, "b": 1}, 99, {"a": 2, "b": 1}),
        ({}, 5, {}),
    ],
)
def test_places_go_by_size(sizes: dict[str, int], places: int, dealt: dict[str, int]) -> None:
    assert share_out(sizes, places) == dealt


def test_the_order_of_the_rows_does_not_matter_and_the_seed_does() -> None:
    strata = cases(large=30, small=2)
    rows = list(strata.items())
    random.Random(1).shuffle(rows)
    drawn = sample(strata, size=8, seed=7)
    assert sample(dict(rows), size=8, seed=7) == drawn
    assert len({tuple(sample(strata, size=8, seed=seed)) for seed in range(5)}) == 5
    assert Counter(strata[case] for case in drawn) == {"large": 7, "small": 1}


def test_a_seed_draws_the_same_for_ever() -> None:
    """Whoever drew with an earlier release can draw again: the numbers are SHA-256's."""
    drawn = sample(cases(large=9, small=3), size=4, seed=2026)
    assert [case.int for case in drawn] == [0, 2, 4, 11]


def test_with_few_places_no_stratum_is_always_left_out() -> None:
    strata = cases(a=50, b=5, c=1)
    seen = Counter(
        strata[case] for seed in range(300) for case in sample(strata, size=1, seed=seed)
    )
    assert sum(seen.values()) == 300
    # One case in 56 is of "c": five in 300 are expected.
    assert seen["c"] >= 1
    assert seen["a"] > seen["b"] > seen["c"]


def test_every_case_of_a_stratum_is_drawn_as_often() -> None:
    strata = cases(a=10, b=2)
    seen = Counter(case for seed in range(2000) for case in sample(strata, size=4, seed=seed))
    of_a = [number for case, number in seen.items() if strata[case] == "a"]
    # Three of ten, in 2,000 draws: 600 each, with a standard deviation of 20.5.
    assert len(of_a) == 10
    assert all(abs(number - 600) < 5 * 20.5 for number in of_a)
