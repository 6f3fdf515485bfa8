"""The engine's figures: each on an installation of its own, with processes as users start them."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice

import psutil

from benchmarks.engine import memory, speed, throughput, waiting, waking
from benchmarks.engine.copies import copy_hand_offs, copy_runs
from benchmarks.engine.installation import Installation, installation
from benchmarks.engine.processes import baton_up
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan

TURNS = 3
WARM_UP = 8
OURS, STOCK = throughput.OURS, throughput.STOCK


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured.

    Attributes:
        segments: First segments of the in-process worker and of the loop, each turn.
        stock_segments: Those of Prefect's process worker, which takes ten times as long.
        posted: Leads for the speed to lead, one a second.
        woken: Leads who answer a question, one a second.
        idle: Hand-offs that wait while nothing happens.
        idle_seconds: How long nothing happens.
        swept: Hand-offs that wait when they are swept and listed.
        sleepers: Hand-offs that are woken in turn for the memory.
        warm_up: Segments before its first measuring.
        memory_segments: Segments between the two, at most.
        memory_seconds: How long they may take.
    """

    segments: int = 60
    stock_segments: int = 8
    posted: int = 120
    woken: int = 30
    idle: int = 30_000
    idle_seconds: float = 60
    swept: int = 100_000
    sleepers: int = 40
    warm_up: int = 500
    memory_segments: int = 10_000
    memory_seconds: float = 240

    @classmethod
    def of(cls, plan: Plan) -> Sizes:
        """Return the full sizes, or smaller ones for a smaller plan."""
        share = min(1.0, plan.leads / FULL_SIZE)
        if share == 1.0:
            return cls()
        return cls(
            segments=max(4, int(60 * share)),
            stock_segments=2,
            posted=max(4, int(120 * share)),
            woken=max(4, int(30 * share)),
            idle=max(50, int(30_000 * share)),
            idle_seconds=max(5.0, 60 * share),
            swept=max(100, int(100_000 * share)),
            sleepers=4,
            warm_up=max(8, int(500 * share)),
            memory_segments=max(16, int(10_000 * share)),
            memory_seconds=max(20.0, 240 * share),
        )


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield the group's figures, and how busy the machine was before them."""
    sizes = Sizes.of(plan)
    yield Figure("engine.load_before", os.getloadavg()[0], "processes")
    yield from _segments(plan, sizes)
    yield from _speed(plan, sizes)
    yield from _waiting(plan, sizes)


def _segments(plan: Plan, sizes: Sizes) -> Iterator[Figure]:
    """The loop and our worker take turns, the best turn of each counts; then Prefect's worker."""
    turns = [sizes.segments] * (2 * TURNS)
    with ExitStack() as stack:
        with plan.doing("An installation, and a Prefect server"):
            count = sum(turns) + WARM_UP + sizes.stock_segments + sizes.sleepers
            here = stack.enter_context(installation(count))
            stack.enter_context(throughput.serving(here))
        ids = iter(here.lead_ids())
        with throughput.worker(here, *OURS) as worker:
            throughput.segments_per_second(here, OURS[0], list(islice(ids, WARM_UP)))
            ours, direct = _turns(plan, here, [list(islice(ids, turn)) for turn in turns])
            yield from _memory(plan, sizes, here, worker, list(islice(ids, sizes.sleepers)))
        with (
            plan.doing(f"{sizes.stock_segments} first segments by Prefect's process worker"),
            throughput.worker(here, *STOCK, "--limit", str(psutil.cpu_count() or 1)),
        ):
            stock = throughput.segments_per_second(here, STOCK[0], list(ids))
    yield Figure("engine.worker_vs_process", ours / stock, "x", ">= 10")
    yield Figure("engine.worker_vs_direct", ours / direct, "x", ">= 0.7")
    yield Figure("engine.worker_per_s", ours, "segments/s")
    yield Figure("engine.direct_per_s", direct, "segments/s")
    yield Figure("engine.process_per_s", stock, "segments/s")


def _turns(plan: Plan, here: Installation, leads: list[list[int]]) -> tuple[float, float]:
    """Return the best of our worker and of the loop, in segments a second."""
    ours: list[float] = []
    direct: list[float] = []
    for turn in range(TURNS):
        said = f"Turn {turn + 1} of {TURNS}: {len(leads[turn])} first segments"
        with plan.doing(f"{said} in a loop"):
            direct.append(throughput.direct_per_second(here, leads[turn]))
        with plan.doing(f"{said} by our worker"):
            ours.append(throughput.segments_per_second(here, OURS[0], leads[TURNS + turn]))
    return max(ours), max(direct)


def _memory(
    plan: Plan, sizes: Sizes, here: Installation, worker: psutil.Process, leads: list[int]
) -> Iterator[Figure]:
    with plan.doing(f"Waking {len(leads)} hand-offs again and again"):
        grown = memory.growth(
            here,
            worker,
            leads,
            warm_up=sizes.warm_up,
            segments=sizes.memory_segments,
            seconds=sizes.memory_seconds,
        )
    yield Figure("engine.memory_growth_mb", grown.megabytes, "MB", "<= 20")
    yield Figure("engine.memory_segments", grown.segments, "segments")


def _speed(plan: Plan, sizes: Sizes) -> Iterator[Figure]:
    introduced = speed.WARM_UP + sizes.posted
    companies = introduced + sizes.woken
    with installation(0, companies=companies) as here, baton_up(here):
        with plan.doing(f"{sizes.posted} leads, one a second, until they are introduced"):
            seconds = speed.seconds_to_lead(here, sizes.posted)
        with plan.doing(f"{sizes.woken} answers, one a second, until their hand-offs go on"):
            woken = waking.seconds_to_wake(here, range(introduced, companies))
    yield Figure("engine.speed_to_lead_p50_s", statistics.median(seconds), "s", "<= 3")
    yield Figure("engine.speed_to_lead_p95_s", speed.p95(seconds), "s", "<= 8")
    yield Figure("engine.wake_p50_s", statistics.median(woken), "s", "<= 3")


def _waiting(plan: Plan, sizes: Sizes) -> Iterator[Figure]:
    with installation(0, companies=1) as here:
        with plan.doing("A hand-off that waits"):
            example = waiting.example(here)
        with plan.doing(f"Copying it, for {sizes.idle:,} that wait"):
            copy_hand_offs(here.runtime.database, example, range(1, sizes.idle))
            copy_runs(here.prefect, example, range(1, sizes.idle))
        with plan.doing(f"{sizes.idle_seconds:g} seconds in which nothing happens"):
            share = waiting.idle_core_share(here, sizes.idle_seconds)
        yield Figure("engine.idle_core_share_30k", share, "cores", "<= 0.10")
        with plan.doing(f"Copying it, for {sizes.swept:,} that wait"):
            copy_hand_offs(here.runtime.database, example, range(sizes.idle, sizes.swept))
        with throughput.serving(here), plan.doing(f"Sweeping them {TURNS} times"):
            swept = [waiting.sweep_seconds(here) for _ in range(TURNS)]
        yield Figure("engine.sweep_100k_s", statistics.median(swept), "s", "<= 2")
        with plan.doing(f"Asking for the status {TURNS} times"):
            status = [waiting.status_seconds(here.runtime) for _ in range(TURNS)]
        yield Figure("engine.status_100k_s", statistics.median(status), "s", "<= 1")
