"""The groups of benchmarks: each is one module with a function `figures`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module

from benchmarks.figure import Figure
from benchmarks.plan import Plan

# What `--only` calls a group, and how the names of its figures begin: the module that measures it.
GROUPS = {
    "rulebook": "benchmarks.rulebook.figures",
    "engine": "benchmarks.engine.figures",
    "mail": "benchmarks.mail.figures",
    "routing": "benchmarks.routing.figures",
    "calendar": "benchmarks.calendar.figures",
    "promises": "benchmarks.promises.figures",
    "matching": "benchmarks.matching.figures",
}


def figures_of(group: str, plan: Plan) -> list[Figure]:
    """Return what the group measured, in its own order.

    Raises:
        ValueError: A figure is not named after its group.
    """
    measure: Callable[[Plan], Iterable[Figure]] = import_module(GROUPS[group]).figures
    measured = list(measure(plan))
    strangers = [figure.name for figure in measured if not figure.name.startswith(f"{group}.")]
    if strangers:
        raise ValueError(f"the group {group} measured {', '.join(strangers)}")
    return measured
