"""The group's figures, one module each."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure
from benchmarks.mail import classifying, releasing
from benchmarks.plan import Plan


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield the group's figures."""
    yield from classifying.figures(plan)
    yield from releasing.figures(plan)
