"""Longer and longer pauses, never all at the same moment; by the database's clock."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, Interval, func
from sqlalchemy.orm import InstrumentedAttribute


def pause(
    times: ColumnElement[int] | InstrumentedAttribute[int] | int,
    *,
    first_seconds: int,
    longest_seconds: int,
) -> ColumnElement[timedelta]:
    """Return how long to wait after the nth failure: double each time, give or take a quarter.

    Args:
        times: How often it failed, from 1.
        first_seconds: The pause after the first failure.
        longest_seconds: No pause is longer, but for the quarter.
    """
    doubled = func.least(longest_seconds, first_seconds * func.power(2, func.least(times, 30) - 1))
    seconds = doubled * (0.75 + func.random() / 2)
    return func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
