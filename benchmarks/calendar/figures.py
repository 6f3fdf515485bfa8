"""The group's figures, one module each."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.calendar import booking, searching
from benchmarks.figure import Figure
from benchmarks.plan import Plan


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield the group's figures."""
    yield from searching.figures(plan)
    yield from booking.figures(plan)
