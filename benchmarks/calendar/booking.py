"""Many hand-offs that want the same time at once, as they are booked in the product.

A worker process per core books, each with as many at once and as many connections as by default.
It runs already: before all begin, each has booked one with an AE of its own, which is not counted.
"""

from __future__ import annotations

import os
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.engine.booking import settle_proposal
from baton.engine.effects import Lease
from baton.engine.stage import Asleep, Work
from baton.errors import PermanentError
from baton.rulebook.loading import load_agreement
from baton.runtime import connections_for
from baton.settings import Settings
from baton.store.database import connect, create_database, migrate
from baton.store.hand_offs import take_lease
from baton.store.tables import AgreementVersion, Meeting
from baton.testing.agreeing import agreed
from baton.testing.runtime import make_runtime
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan
from tests.factories import make_hand_off, make_lead, make_rep

RULES = Path(__file__).parents[2] / "rules"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOURS = {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
BOOKINGS = 200
FEWEST = 20
REPS = 10


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield how long it takes until everybody has a time.

    Raises:
        PermanentError: The time was given to more or fewer than there are reps, or somebody has
            none.
    """
    bookings = max(FEWEST, int(BOOKINGS * min(1.0, plan.leads / FULL_SIZE)))
    url = create_database(plan.server_url, f"calendar_{uuid.uuid4().hex}")
    engine = connect(url)
    try:
        with plan.doing(f"{bookings} hand-offs with {REPS} AEs are made"):
            leases, before = _hand_offs(engine, bookings)
        with plan.doing(f"{bookings} bookings at once"):
            seconds = _book_all(url, leases, before)
        given = _given(engine, before)
    finally:
        engine.dispose()
    _refuse_doubt(given, bookings)
    yield Figure("calendar.contended_booking_s", seconds, "s", "<= 5")
    yield Figure("calendar.contended_bookings", given.total(), "meetings")


def _hand_offs(engine: Engine, count: int) -> tuple[list[Lease], list[Lease]]:
    """Make the hand-offs, each with its lead, and return a worker's right to act for each.

    The second are those that the workers book before: one for each, with an AE of its own.
    """
    migrate(engine)
    loaded = load_agreement(RULES / "agreement.yaml")
    leases = []
    with Session(engine) as session, session.begin():
        version = session.get_one(AgreementVersion, agreed(session, loaded.content, at=NOW))
        workers = os.cpu_count() or 1
        sdr, reps = make_rep(session), [make_rep(session, "AE") for _ in range(REPS)]
        others = [make_rep(session, "AE") for _ in range(workers)]
        for rep in (*reps, *others):
            rep.time_zone, rep.working_hours = "Europe/Berlin", HOURS
        aes = [*others, *(reps[number % REPS] for number in range(count))]
        for number, ae in enumerate(aes):
            lead = make_lead(session, email=f"lead{number}@buyer{number}.example")
            lead.time_zone = "Europe/Berlin"
            hand_off = make_hand_off(session, lead=lead, agreement=version, sdr=sdr, ae=ae)
            leases.append(Lease(hand_off.id, take_lease(session, hand_off.id)))
    return leases[workers:], leases[:workers]


def _book_all(url: str, leases: list[Lease], before: list[Lease]) -> float:
    """Let all begin at once; return the seconds until the last one is done."""
    context = get_context("spawn")
    workers = len(before)
    start = context.Barrier(workers)
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin_worker, initargs=(start,)
    ) as pool:
        shares = [leases[number::workers] for number in range(workers)]
        spans = list(pool.map(_book, [url] * workers, shares, before))
    return max(end for _, end in spans) - min(begin for begin, _ in spans)


_start: Barrier


def _begin_worker(start: Barrier) -> None:
    global _start  # noqa: PLW0603 (how a process of a pool is given a barrier)
    _start = start


def _book(url: str, leases: list[Lease], before: Lease) -> tuple[float, float]:
    """Book in this process; return when it began and ended, by the machine's clock.

    `before` is booked first and not timed.

    Raises:
        PermanentError: Somebody got no time.
    """
    limit = Settings(_env_file=None).worker_limit
    engine = connect(url, connections=connections_for(limit))
    runtime = make_runtime(engine, SetClock(NOW), RULES)

    def book(lease: Lease) -> bool:
        return isinstance(settle_proposal(Work(runtime, lease, "book")), Asleep)

    with ThreadPoolExecutor(limit) as pool:
        is_ready = book(before)
        _start.wait()
        begin = time.monotonic()
        done = list(pool.map(book, leases))
        end = time.monotonic()
    engine.dispose()
    if not (is_ready and all(done)):
        raise PermanentError(f"{done.count(False)} of {len(done)} got no time")
    return begin, end


def _given(engine: Engine, before: list[Lease]) -> Counter[datetime]:
    """Return how many meetings begin at each time, without those that were booked before.

    Raises:
        PermanentError: A rep has two at once; the database should not have let it.
    """
    with Session(engine) as session:
        if session.scalar(
            select(text("true")).select_from(
                text(
                    "meeting a join meeting b on a.ae_id = b.ae_id and a.id < b.id"
                    " and a.during && b.during"
                )
            )
        ):
            raise PermanentError("a rep is in two meetings at once")
        uncounted = [lease.hand_off_id for lease in before]
        spans = session.scalars(select(Meeting.during).where(Meeting.hand_off_id.not_in(uncounted)))
        return Counter(span.lower for span in spans if span.lower)


def _refuse_doubt(given: Counter[datetime], bookings: int) -> None:
    if given.total() != bookings or given[min(given)] != REPS:
        raise PermanentError(
            f"{bookings} wanted one time of {REPS} reps: {given[min(given)]} got it, and "
            f"{given.total()} meetings were made"
        )
