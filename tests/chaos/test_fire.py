"""The fire, small; `make chaos` sets the large one.

What guards hold is shown by taking each away: then the fire finds violations. That takes minutes,
so only `make chaos HOT=1` does it.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.chaos.evidence import Violation
from benchmarks.chaos.fire import Options, kindle
from benchmarks.chaos.judge import judge, lasting
from benchmarks.chaos.report import gather, ledger
from benchmarks.chaos.weather import Weather

LEADS = 5
SMALL = Options(seed=4, count=LEADS, workers=2, gates=(), step=timedelta(hours=12))
at_length = pytest.mark.skipif(
    os.environ.get("BATON_CHAOS") != "all", reason="takes minutes; make chaos HOT=1 runs it"
)


def burn(options: Options, home: Path) -> tuple[list[Violation], Counter[str]]:
    """Return what the fire broke, and what happened in it."""
    with kindle(options, home, print) as fire:
        Weather(fire).last()
        fire.crew.end()
        evidence = gather(fire)
        counts = Counter(dict(ledger(evidence)))
        counts["killed"] = fire.crew.killed_at.total() + fire.crew.random_kills
        counts["restarts"] = fire.postgres.restarts
        found = judge(evidence)
        return lasting(found) if fire.is_cut_short else found, counts


def test_a_small_fire_breaks_no_promise(tmp_path: Path) -> None:
    violations, counts = burn(SMALL, tmp_path)
    assert violations == []
    assert counts["leads imported"] == LEADS
    assert counts["  introduction"] > 0
    assert counts["killed"] > 0


@at_length
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("guard", "rule", "leads"),
    [
        ("lease", "I6", 40),
        ("in-doubt", "I6", 24),
        ("opt-out", "I4", 60),
        ("exclusion", "I7", 60),
    ],
)
def test_without_a_guard_the_fire_finds_violations(
    tmp_path: Path, guard: str, rule: str, leads: int
) -> None:
    violations, _ = burn(
        Options(seed=1, count=leads, gates=(), without=(guard,), is_over_at_first=True), tmp_path
    )
    assert rule in {violation.rule for violation in violations}
