"""The full run, in a process of its own: so its memory is the run's and nobody else's."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from baton.store.database import connect
from benchmarks.rulebook import product

_STATUS = Path("/proc/self/status")


@dataclass(frozen=True, slots=True)
class FullRun:
    """How long all leads took, and the most memory that the process held (in 10^6 bytes)."""

    seconds: float
    peak_mb: float


def run_apart(database_url: str, leads: int, as_of: datetime) -> FullRun:
    """Judge all leads in a fresh process; return what it took.

    Time begins when the process is connected and has read the agreement; memory is everything
    that it ever held, the interpreter and imports included. PostgreSQL's processes are not in it.
    """
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        return pool.submit(_run, database_url, leads, as_of).result()


def _run(database_url: str, leads: int, as_of: datetime) -> FullRun:
    engine = connect(database_url)
    product.read_agreement(engine)
    start = time.perf_counter()
    product.judge_everyone(engine, leads, as_of=as_of)
    seconds = time.perf_counter() - start
    engine.dispose()
    return FullRun(seconds, peak_mb())


def peak_mb() -> float:
    """Return the most memory that this process held so far, in 10^6 bytes."""
    if _STATUS.exists():
        # getrusage() counts what the parent held when it started this process; this does not.
        (line,) = (x for x in _STATUS.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
