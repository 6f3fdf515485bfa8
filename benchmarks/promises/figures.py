"""Due times are right to the minute, and quick."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from baton.adapters.calendar.public_holidays import holiday_namer
from baton.domain.business_time import calendar_of, due
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan
from benchmarks.promises.cases import Case, cases
from benchmarks.promises.oracle import due_minute_by_minute

CASES = 10_000
FEWEST = 100
SHOWN = 3


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield how many due times differ, and how many a second there are."""
    invented = list(cases(max(FEWEST, CASES * plan.leads // FULL_SIZE)))
    with plan.doing(f"Promises: {len(invented):,} due times"):
        start = time.perf_counter()
        found = [due_of(case) for case in invented]
        seconds = time.perf_counter() - start
    with plan.doing("Promises: the same, minute by minute"):
        wrong = [
            case
            for case, at in zip(invented, found, strict=True)
            if at != due_minute_by_minute(case)
        ]
    for case in wrong[:SHOWN]:
        plan.console.print(f"differs: {case}, {due_of(case)}", markup=False)
    yield Figure("promises.cases", len(invented), "due times")
    yield Figure("promises.due_vs_oracle", len(wrong), "differences", "<= 0")
    yield Figure("promises.due_per_s", len(invented) / seconds, "1/s", ">= 1000")


def due_of(case: Case) -> datetime:
    """Return the due time as Baton works it out."""
    namer = holiday_namer(case.country)
    calendar = calendar_of(ZoneInfo(case.zone), case.hours, namer, case.away)
    return due(case.since, case.minutes, calendar).due_at
