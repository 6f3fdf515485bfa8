from __future__ import annotations

from rich.console import Console

from benchmarks.groups import figures_of
from benchmarks.plan import Plan


def test_leads_are_given_to_aes_and_timed(server_url: str) -> None:
    plan = Plan(server_url, 1_000, keeps_data=False, console=Console(stderr=True))
    figures = {figure.name: figure for figure in figures_of("routing", plan)}
    assert figures["routing.assign_p95_ms"].target == "<= 15"
    assert figures["routing.assign_p95_ms"].value > 0
    of_all = figures["routing.assign_p95_of_all_ms"].value
    assert of_all >= figures["routing.assign_median_ms"].value > 0
    assert figures["routing.simulate_50k_s"].target == "<= 60"
    assert figures["routing.simulate_writes"].value == 0
    assert 0 < figures["routing.simulate_moved_ratio"].value < 1
    assert figures["routing.assigned_ratio"].value > 0.9
