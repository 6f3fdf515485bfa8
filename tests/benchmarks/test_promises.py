from __future__ import annotations

from rich.console import Console

from benchmarks.groups import figures_of
from benchmarks.plan import Plan


def test_due_times_are_compared_and_timed() -> None:
    plan = Plan("unused", 1_000, keeps_data=False, console=Console(stderr=True))
    figures = {figure.name: figure for figure in figures_of("promises", plan)}
    assert figures["promises.cases"].value == 100
    assert (figures["promises.due_vs_oracle"].value, figures["promises.due_vs_oracle"].target) == (
        0,
        "<= 0",
    )
    assert figures["promises.due_per_s"].target == ">= 1000"
