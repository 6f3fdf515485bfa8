"""Whether the worker's memory stays flat over many segments."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from sqlalchemy import text

from baton.engine.actions import start_hand_off
from baton.engine.runs import wake
from benchmarks.engine.installation import Installation
from benchmarks.engine.processes import await_true, resident_mb
from benchmarks.engine.throughput import OURS, asleep, send_runs_to

ASLEEP_SECONDS = 300
STEP_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Growth:
    """How much memory a worker took on, in 10^6 bytes, and over how many segments."""

    megabytes: float
    segments: int


def growth(
    made: Installation,
    worker: psutil.Process,
    leads: Sequence[int],
    *,
    warm_up: int,
    segments: int,
    seconds: float,
) -> Growth:
    """Return how the worker's memory grew over so many segments, or as many as the time allows.

    A segment is a run that is woken before anybody decided: it takes the lease, reads what is
    done, finds its wait open and sleeps again.
    """
    send_runs_to(made, OURS[0])
    before = asleep(made)
    hand_offs = [start_hand_off(made.runtime, lead, by="the benchmark") for lead in leads]
    await_true(
        lambda: asleep(made) >= before + len(leads), "hand-offs to wake", worker, ASLEEP_SECONDS
    )
    with made.runtime.database.connect() as connection:
        runs = connection.execute(
            text("select flow_run_id from hand_off where id = any(:ids)"), {"ids": hand_offs}
        ).scalars()
        sleepers = list(runs)
    _wake(made, sleepers, warm_up, ASLEEP_SECONDS)
    start = resident_mb(worker)
    woken = _wake(made, sleepers, segments, seconds)
    return Growth(resident_mb(worker) - start, woken)


def _wake(made: Installation, runs: Sequence[str], segments: int, seconds: float) -> int:
    """Wake runs whenever they sleep; return how many times one was woken."""
    woken, give_up_at = 0, time.monotonic() + seconds
    while woken < segments and time.monotonic() < give_up_at:
        for run in _asleep_of(made, runs):
            woken += wake(made.settings, run, None)
        time.sleep(STEP_SECONDS)
    await_true(
        lambda: len(_asleep_of(made, runs)) == len(runs), "the last segments", None, ASLEEP_SECONDS
    )
    return woken


def _asleep_of(made: Installation, runs: Sequence[str]) -> list[str]:
    with made.prefect.connect() as connection:
        found = connection.execute(
            text("""
                select id::text from flow_run
                where state_type = 'PAUSED' and id = any(cast(:runs as uuid[]))
            """),
            {"runs": list(runs)},
        )
        return list(found.scalars())
