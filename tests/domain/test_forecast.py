"""The forecast: what its interval promises is what simulated months keep."""

from __future__ import annotations

import numpy as np
import pytest

from baton.domain.forecast import FEWEST_DAYS, Prospect, Rate, chance_of, prospect, rate_of

PAST, AHEAD = 40, 12


def test_a_few_days_tell_nothing() -> None:
    assert rate_of([]) is None
    assert rate_of([(1.0, 3)] * (FEWEST_DAYS - 1)) is None
    assert rate_of([(1.0, 3)] * FEWEST_DAYS) == Rate(FEWEST_DAYS, 3 * FEWEST_DAYS, 1.0)


def test_days_on_which_half_of_us_work_count_half() -> None:
    assert rate_of([(1.0, 4), (0.5, 2)] * 10) == Rate(15.0, 60, 1.0)


def test_no_days_bring_nothing_and_a_promise_that_is_kept_stays_kept() -> None:
    rate = Rate(40, 80, 1.0)
    assert prospect(rate, 0) == Prospect(0, 0.0, 0)
    assert (chance_of(rate, 0, 1), chance_of(rate, 0, 0), chance_of(rate, 5, -3)) == (0, 1, 1)


def test_a_past_without_any_does_not_say_that_there_will_be_none() -> None:
    rate = rate_of([(1.0, 0)] * 40)
    assert rate is not None
    assert 0 < chance_of(rate, 20, 1) < 0.5


@pytest.mark.parametrize(("a_day", "dispersion"), [(2.5, 1.0), (2.5, 4.0), (0.4, 1.0), (60, 9.0)])
def test_the_interval_holds_what_comes_as_often_as_it_says(a_day: float, dispersion: float) -> None:
    chance = np.random.default_rng(7)
    rounds = 400
    target = round(a_day * AHEAD)
    inside = kept = 0
    told = 0.0
    for _ in range(rounds):
        days = _daily(chance, a_day, dispersion)
        rate = rate_of([(1.0, came) for came in days[:PAST]])
        assert rate is not None
        came = sum(days[PAST:])
        found = prospect(rate, AHEAD)
        inside += found.low <= came <= found.high
        kept += came >= target
        told += chance_of(rate, AHEAD, target)
    # 80 %, and more for small numbers, of which no interval holds exactly 80 %.
    assert 0.76 <= inside / rounds <= 0.9
    assert told / rounds == pytest.approx(kept / rounds, abs=0.06)


def _daily(chance: np.random.Generator, a_day: float, dispersion: float) -> list[int]:
    """Daily numbers whose variance is `dispersion` times their mean."""
    size = PAST + AHEAD
    if dispersion == 1:
        return [int(came) for came in chance.poisson(a_day, size)]
    drawn = chance.negative_binomial(a_day / (dispersion - 1), 1 / dispersion, size)
    return [int(came) for came in drawn]
