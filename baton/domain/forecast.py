"""How many more will come: daily numbers of the past, put forth with their uncertainty. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FEWEST_DAYS = 20
"""Working days of history below which nothing is said."""
INTERVAL_RATIO = 0.8
"""How often the truth lies in an interval, if the coming days are like the past ones."""
_NO_DAYS = 1e-9


@dataclass(frozen=True, slots=True)
class Rate:
    """How many come on a working day, and how sure that is.

    Attributes:
        days: Working days of history; a day on which half of us work counts half.
        total: What came on them.
        dispersion: Variance of the daily numbers over that of pure chance; 1 or more.
    """

    days: float
    total: int
    dispersion: float


@dataclass(frozen=True, slots=True)
class Prospect:
    """What some more working days bring: `low` to `high` holds it in 80 % of cases."""

    low: int
    expected: float
    high: int


def rate_of(history: Sequence[tuple[float, int]]) -> Rate | None:
    """Return the rate of past days; None if there are too few of them to tell.

    Args:
        history: Of each working day how much of one it is (above 0, up to 1), and what came.
    """
    if len(history) < FEWEST_DAYS:
        return None
    days, total = sum(part for part, _ in history), sum(came for _, came in history)
    a_day = total / days
    # Pearson's statistic: by pure chance alone it is about 1 a day.
    spread = sum((came - a_day * part) ** 2 / part for part, came in history)
    dispersion = spread / a_day / (len(history) - 1) if total else 1.0
    return Rate(days, total, max(1.0, dispersion))


def prospect(rate: Rate, days: float) -> Prospect:
    """Return what the next working days bring; 0 days bring nothing.

    A gamma-Poisson forecast (Jeffreys' prior): the rate is not known exactly, and days differ by
    chance; both are in the interval. Its variance is raised by the dispersion that was seen.
    """
    if days < _NO_DAYS:
        return Prospect(0, 0.0, 0)
    coming = _coming(rate, days)
    tail = (1 - INTERVAL_RATIO) / 2
    low, high = (int(coming.ppf(share)) for share in (tail, 1 - tail))
    return Prospect(low, float(coming.mean()), high)


def chance_of(rate: Rate, days: float, at_least: int) -> float:
    """Return how probable it is that the next working days bring at least so many, 0 to 1."""
    if at_least <= 0:
        return 1.0
    return float(_coming(rate, days).sf(at_least - 1)) if days >= _NO_DAYS else 0.0


def _coming(rate: Rate, days: float) -> Any:
    from scipy.stats import nbinom  # noqa: PLC0415 (takes seconds, which only a forecast is worth)

    mean = (rate.total + 0.5) / rate.days * days
    excess = rate.dispersion * (1 + days / rate.days)
    return nbinom(mean / (excess - 1), 1 / excess)
