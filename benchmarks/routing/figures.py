"""The group's figures, one module each, on one database."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.plan import Plan
from benchmarks.routing import assigning, simulating
from benchmarks.routing.ground import ground


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield the group's figures."""
    with ground(plan) as prepared:
        # The past comes first: assignments at AS_OF are not in its period.
        yield from simulating.figures(plan, prepared)
        yield from assigning.figures(plan, prepared)
