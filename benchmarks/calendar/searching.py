"""How long it takes to find the free times of one AE, and those of a whole team."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from baton.adapters.calendar.slots import Span, propose_slots
from baton.errors import PermanentError
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan

DAYS = 30
BLOCKS = 500
TEAM = 50
SEARCHES = 400
FEWEST = 20
SEED = 20_260_302
# The clocks change in both zones within these days, on different ones.
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOURS = {day: ["08:30", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield the 95th percentiles, each search with busy times of its own.

    Raises:
        PermanentError: Nothing was found, so that the times say nothing.
    """
    searches = max(FEWEST, int(SEARCHES * min(1.0, plan.leads / FULL_SIZE)))
    dice = random.Random(SEED)  # noqa: S311 (no secret is drawn)
    crowd = [_busy(dice) for _ in range(TEAM)]
    with plan.doing(f"{searches:,} searches for one AE, then for a team of {TEAM}"):
        one = _p95_ms([partial(_search, crowd[n % TEAM : n % TEAM + 1]) for n in range(searches)])
        team = _p95_ms([partial(_search, crowd) for _ in range(max(FEWEST, searches // 10))])
    yield Figure("calendar.slots_one_p95_ms", one, "ms", "<= 20")
    yield Figure("calendar.slots_team_p95_ms", team, "ms", "<= 300")


def _busy(dice: random.Random) -> list[Span]:
    """Return as many blocks of a quarter of an hour to two hours, overlapping, in no order."""
    spans = []
    for _ in range(BLOCKS):
        start = NOW + timedelta(minutes=15 * dice.randrange(DAYS * 24 * 4))
        length = dice.choices((15, 30, 60, 120), weights=(40, 40, 15, 5))[0]
        spans.append((start, start + timedelta(minutes=length)))
    return spans


def _search(calendars: Sequence[Sequence[Span]]) -> int:
    """Find every time of everybody; return how many there are."""
    found: set[tuple[datetime, int]] = set()
    for rep, busy in enumerate(calendars):
        slots = propose_slots(
            now=NOW,
            ae_zone="Europe/Berlin",
            ae_hours=HOURS,
            ae_country="DE",
            lead_zone="America/New_York",
            lead_country="US",
            busy=busy,
            minutes=30,
            lead_time_minutes=240,
            buffer_minutes=5,
            horizon_days=DAYS,
        )
        found.update((at, rep) for at in slots)
    return len(found)


def _p95_ms(searches: Sequence[Callable[[], int]]) -> float:
    # What is worked out once a process, such as holidays, is not a search's.
    searches[0]()
    took = []
    for search in searches:
        start = time.perf_counter()
        found = search()
        took.append(1000 * (time.perf_counter() - start))
        if not found:
            raise PermanentError("a search found no time at all, so there is nothing to compare")
    return statistics.quantiles(took, n=20)[-1]
