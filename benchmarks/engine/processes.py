"""Processes of an installation: started as users start them, measured from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import psutil

from baton.errors import EngineUnavailableError
from benchmarks.engine.installation import Installation

STEP_SECONDS = 0.05
END_SECONDS = 90
MEGABYTE = 1e6


@contextmanager
def process(
    made: Installation, name: str, arguments: Sequence[str], **variables: str
) -> Iterator[psutil.Process]:
    """Run `python -m ...` as a process of the installation while the block runs.

    Its output is in `<name>.log` in the installation's folder. It is ended by SIGTERM.
    """
    with (made.home / f"{name}.log").open("wb") as log:
        started = subprocess.Popen(  # noqa: S603 (our own interpreter)
            [sys.executable, "-m", *arguments],
            cwd=made.home,
            env={**made.environment, "PYTHONWARNINGS": "ignore", **variables},
            stdout=log,
            stderr=log,
        )
    try:
        yield psutil.Process(started.pid)
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
        try:
            started.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextmanager
def baton_up(made: Installation) -> Iterator[psutil.Process]:
    """Run `baton up` while the block runs, which begins once everything answers."""
    with process(made, "up", ["baton.cli.main", "up"]) as up:
        log = made.home / "up.log"
        await_true(lambda: "Baton is up" in log.read_text(encoding="utf-8"), "baton up", up, 120)
        yield up


def await_true(
    holds: Callable[[], bool], what: str, awaited: psutil.Process | None, seconds: float
) -> float:
    """Return how long it took until it held.

    Raises:
        EngineUnavailableError: It did not within `seconds`, or the process ended before.
    """
    start = time.perf_counter()
    while not holds():
        if awaited is not None and _is_over(awaited):
            raise EngineUnavailableError(f"{what}: its process ended.")
        if time.perf_counter() - start > seconds:
            raise EngineUnavailableError(f"{what}: nothing after {seconds:g} seconds.")
        time.sleep(STEP_SECONDS)
    return time.perf_counter() - start


def _is_over(one: psutil.Process) -> bool:
    return not one.is_running() or one.status() == psutil.STATUS_ZOMBIE


def resident_mb(one: psutil.Process) -> float:
    """Return the memory that the process holds now, in 10^6 bytes."""
    return float(one.memory_info().rss) / MEGABYTE


def processor_seconds(roots: Sequence[psutil.Process]) -> float:
    """Return the processor time of these processes and of all that they ever started.

    Raises:
        EngineUnavailableError: One of them has ended.
    """
    total = 0.0
    for root in roots:
        if _is_over(root):
            raise EngineUnavailableError("A process that was to be measured has ended.")
        for one in (root, *root.children(recursive=True)):
            times = one.cpu_times()
            # What ended meanwhile is in its parent's account of its children.
            total += times.user + times.system + times.children_user + times.children_system
    return total
