"""Segments a second: the in-process worker, Prefect's process worker, and no worker at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import psutil
from sqlalchemy import text

from baton.engine.actions import start_hand_off
from baton.engine.runs import DEPLOYMENT, api_url
from benchmarks.engine.installation import Installation
from benchmarks.engine.processes import await_true, process

OURS = ("baton", "baton")
STOCK = ("stock", "process")


@contextmanager
def serving(made: Installation) -> Iterator[psutil.Process]:
    """Run a Prefect server with our deployments and no worker while the block runs."""
    with process(made, "serving", ["benchmarks.engine.serving"]) as server:
        log = made.home / "serving.log"
        await_true(lambda: "serving\n" in log.read_text(encoding="utf-8"), "Prefect", server, 120)
        yield server


@contextmanager
def worker(made: Installation, pool: str, type_: str, *options: str) -> Iterator[psutil.Process]:
    """Run `prefect worker start` on the pool while the block runs."""
    name = f"worker-{type_}"
    arguments = ["prefect", "worker", "start", "--pool", pool, "--type", type_, *options]
    variables = {
        "PREFECT_API_URL": api_url(made.settings),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    with process(made, name, arguments, **variables) as started:
        log = made.home / f"{name}.log"
        await_true(lambda: "started!" in log.read_text(encoding="utf-8"), name, started, 60)
        yield started


def segments_per_second(made: Installation, pool: str, leads: Sequence[int]) -> float:
    """Return how many first segments a second the pool's worker ends, from launch to sleep.

    The runs wait in a paused pool; time begins when it is not paused any more.
    """
    send_runs_to(made, pool)
    set_paused(made, pool, True)
    before = asleep(made)
    for lead in leads:
        start_hand_off(made.runtime, lead, by="the benchmark")
    set_paused(made, pool, False)
    wanted = before + len(leads)
    seconds = await_true(lambda: asleep(made) >= wanted, f"{len(leads)} segments", None, 900)
    return len(leads) / seconds


def direct_per_second(made: Installation, leads: Sequence[int]) -> float:
    """Return how many first segments a second a loop without a worker ends."""
    send_runs_to(made, OURS[0])
    set_paused(made, OURS[0], True)
    ids = [start_hand_off(made.runtime, lead, by="the benchmark") for lead in leads]
    with made.runtime.database.connect() as connection:
        runs = connection.execute(
            text("select flow_run_id from hand_off where id = any(:ids)"), {"ids": ids}
        ).scalars()
        given = "".join(f"{run}\n" for run in runs)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.engine.direct"],
        cwd=made.home,
        env={**made.environment, "PYTHONWARNINGS": "ignore"},
        input=given,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    set_paused(made, OURS[0], False)
    return (len(leads) - 1) / float(done.stdout.split()[-1])


def asleep(made: Installation) -> int:
    """Return how many flow runs sleep."""
    with made.prefect.connect() as connection:
        found = connection.execute(
            text("select count(*) from flow_run where state_type = 'PAUSED'")
        ).scalar_one()
        return int(found)


def send_runs_to(made: Installation, pool: str) -> None:
    """Let the hand-offs' flow runs go to this pool from now on."""
    with _prefect(made) as api:
        found = api.get(f"/deployments/name/{DEPLOYMENT}").raise_for_status().json()
        api.patch(f"/deployments/{found['id']}", json={"work_pool_name": pool}).raise_for_status()


def set_paused(made: Installation, pool: str, paused: bool) -> None:
    """Pause the pool, or let it go on."""
    with _prefect(made) as api:
        api.patch(f"/work_pools/{pool}", json={"is_paused": paused}).raise_for_status()


def _prefect(made: Installation) -> httpx.Client:
    return httpx.Client(base_url=api_url(made.settings), timeout=30)
