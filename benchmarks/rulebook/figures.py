"""The rulebook's figures: each side is measured in one run, on the same database and leads."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Generator, Iterator
from datetime import timedelta
from functools import partial

from sqlalchemy import text

from baton.errors import PermanentError
from benchmarks.figure import Figure
from benchmarks.plan import Plan
from benchmarks.rulebook import handwritten, product, row_engine
from benchmarks.rulebook.full_run import FullRun, run_apart
from benchmarks.rulebook.population import AS_OF
from benchmarks.rulebook.prepared import Ground, ground

TURNS = 4
CHANGED_RATIO = 0.01
CHANGED_KINDS = ("page_view", "email_click", "webinar", "pricing_page", "reply")
SINGLE_LEADS = 200
BACKTEST_LEADS = 100_000
ROW_ENGINE_LEADS = 20_000
NIGHTS = tuple(AS_OF + timedelta(days=days) for days in range(1, 8))
# Each step has its own instant, so that a period can be told by it.
SINGLE_AT = NIGHTS[-1] + timedelta(hours=1)
BACKTEST_AT = NIGHTS[-1] + timedelta(hours=2)


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield the group's figures."""
    with ground(plan) as here:
        full = yield from _full(plan, here)
        yield from _incremental(plan, here, full)
        yield from _single(plan, here)
        yield from _backtest(plan, here)
        yield from _row_engine(plan, here, full)


def _full(plan: Plan, here: Ground) -> Generator[Figure, None, FullRun]:
    """Judge everyone, in turns with the hand-written query; the best turn of each counts."""
    by_hand: list[float] = []
    runs: list[FullRun] = []
    for turn in range(1, TURNS + 1):
        _settle(here)
        with plan.doing(f"Turn {turn} of {TURNS}: the hand-written query"):
            by_hand.append(_seconds(partial(handwritten.decide, here.engine, as_of=AS_OF)))
        product.forget(here.engine)
        _settle(here)
        with plan.doing(f"Turn {turn} of {TURNS}: Baton judges {plan.leads:,} leads"):
            runs.append(run_apart(here.url, plan.leads, AS_OF))
    with plan.doing("Comparing their decisions, lead by lead"):
        handwritten.refuse_difference(here.engine, product.DECISIONS, as_of=AS_OF)
    best = min(runs, key=lambda run: run.seconds)
    yield Figure("rulebook.full_vs_handwritten", best.seconds / min(by_hand), "x", "<= 1.5")
    yield Figure("rulebook.full_peak_mb", max(run.peak_mb for run in runs), "MB", "<= 300")
    yield Figure("rulebook.full_s", best.seconds, "s")
    yield Figure("rulebook.handwritten_s", min(by_hand), "s")
    return best


def _incremental(plan: Plan, here: Ground, full: FullRun) -> Iterator[Figure]:
    """One lead in a hundred does something, day after day; each night judges what is due."""
    product.finish_batch(here.engine, as_of=AS_OF)
    product.read_agreement(here.engine)
    nights: list[tuple[float, int]] = []
    for number, night in enumerate(NIGHTS, 1):
        changed = _spread(plan.leads, int(plan.leads * CHANGED_RATIO), first=number)
        product.add_touches(
            here.engine, changed, kinds=CHANGED_KINDS, at=night - timedelta(hours=8)
        )
        product.clean_up(here.engine)
        _settle(here)
        with plan.doing(f"Night {number} of {len(NIGHTS)}: {len(changed):,} leads did something"):
            start = time.perf_counter()
            judged = product.judge_due(here.engine, as_of=night)
            nights.append((time.perf_counter() - start, judged))
    with plan.doing("Comparing the decisions of all leads, lead by lead"):
        handwritten.refuse_difference(here.engine, product.DECISIONS, as_of=NIGHTS[-1])
    seconds, judged = min(nights)
    yield Figure("rulebook.incremental_share", seconds / full.seconds, "x", "<= 0.05")
    yield Figure("rulebook.incremental_s", seconds, "s")
    yield Figure("rulebook.incremental_leads", judged, "leads")


def _single(plan: Plan, here: Ground) -> Iterator[Figure]:
    with plan.doing(f"{SINGLE_LEADS} leads, one at a time"):
        times = [
            _seconds(partial(product.judge_one, *here.by, lead, as_of=SINGLE_AT))
            for lead in _spread(plan.leads, SINGLE_LEADS)
        ]
    yield Figure("rulebook.single_lead_ms", statistics.median(times) * 1000, "ms", "<= 10")


def _backtest(plan: Plan, here: Ground) -> Iterator[Figure]:
    leads = _spread(plan.leads, BACKTEST_LEADS)
    _settle(here)
    with plan.doing(f"The live evaluation of {len(leads):,} leads, stored"):
        live = _seconds(partial(product.judge_some, *here.by, leads, as_of=BACKTEST_AT))
    _settle(here)
    until = BACKTEST_AT + timedelta(minutes=1)
    with plan.doing("The backtest of their decisions"):
        start = time.perf_counter()
        same = product.backtest(here.engine, here.agreement, since=BACKTEST_AT, until=until)
        seconds = time.perf_counter() - start
    if not len(leads) == same.decisions == same.equal:
        raise PermanentError(
            f"the backtest judged {same.decisions:,} of {len(leads):,} decisions again and "
            f"{same.equal:,} came out the same; under the version that decided, all must"
        )
    yield Figure("rulebook.backtest_s", seconds, "s", "<= 30")
    yield Figure("rulebook.backtest_vs_evaluation", seconds / live, "x", "<= 3")
    yield Figure("rulebook.evaluation_s", live, "s")


def _row_engine(plan: Plan, here: Ground, full: FullRun) -> Iterator[Figure]:
    leads = _spread(plan.leads, ROW_ENGINE_LEADS)
    with plan.doing(f"The row-by-row engine judges {len(leads):,} leads"):
        speed = row_engine.leads_per_second(
            list(product.evaluate_some(*here.by, leads, as_of=AS_OF))
        )
    ours = plan.leads / full.seconds
    yield Figure("rulebook.vs_row_engine", ours / speed, "x", ">= 20")
    yield Figure("rulebook.full_leads_per_s", ours, "leads/s")
    yield Figure("rulebook.row_engine_leads_per_s", speed, "leads/s")


def _spread(leads: int, wanted: int, *, first: int = 1) -> list[int]:
    """Return so many lead ids, or all there are, evenly over the table."""
    return list(range(first, leads + 1, max(1, leads // wanted)))[:wanted]


def _seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _settle(here: Ground) -> None:
    """Have the server write out what earlier steps left, so that no step pays for another."""
    with here.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("checkpoint"))
