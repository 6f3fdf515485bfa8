"""Many hand-offs that want the same time at once, as they are booked in the product."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.engine.booking import open_proposal
from baton.engine.effects import Lease
from baton.engine.stage import Asleep, Work
from baton.errors import PermanentError
from baton.rulebook.loading import load_agreement
from baton.runtime import Runtime
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
# A server takes 100 connections by default. A booking needs two: one of them guards its mail (I6).
AT_ONCE = 40
CONNECTIONS = 2 * AT_ONCE + 10


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield how long it takes until everybody has a time.

    Raises:
        PermanentError: The time was given to more or fewer than there are reps, or somebody has
            none.
    """
    bookings = max(FEWEST, int(BOOKINGS * min(1.0, plan.leads / FULL_SIZE)))
    engine = connect(
        create_database(plan.server_url, f"calendar_{uuid.uuid4().hex}"), connections=CONNECTIONS
    )
    try:
        runtime = make_runtime(engine, SetClock(NOW), RULES)
        with plan.doing(f"{bookings} hand-offs with {REPS} AEs are made"):
            works = _hand_offs(runtime, engine, bookings)
        with plan.doing(f"{bookings} bookings at once"):
            seconds = _book_all(works)
        given = _given(engine)
    finally:
        engine.dispose()
    _refuse_doubt(given, bookings)
    yield Figure("calendar.contended_booking_s", seconds, "s", "<= 5")
    yield Figure("calendar.contended_bookings", given.total(), "meetings")


def _hand_offs(runtime: Runtime, engine: Engine, count: int) -> list[Work]:
    """Make the hand-offs, each with its lead, and a worker's right to act for each."""
    migrate(engine)
    loaded = load_agreement(RULES / "agreement.yaml")
    works = []
    with Session(engine) as session, session.begin():
        version = session.get_one(AgreementVersion, agreed(session, loaded.content, at=NOW))
        sdr, reps = make_rep(session), [make_rep(session, "AE") for _ in range(REPS)]
        for rep in reps:
            rep.time_zone, rep.working_hours = "Europe/Berlin", HOURS
        for number in range(count):
            lead = make_lead(session, email=f"lead{number}@buyer{number}.example")
            lead.time_zone = "Europe/Berlin"
            ae = reps[number % REPS]
            hand_off = make_hand_off(session, lead=lead, agreement=version, sdr=sdr, ae=ae)
            token = take_lease(session, hand_off.id)
            works.append(Work(runtime, Lease(hand_off.id, token), "book"))
    return works


def _book_all(works: list[Work]) -> float:
    """Let all begin at once; return the seconds until the last one is done."""

    def book(work: Work) -> bool:
        return isinstance(open_proposal(work), Asleep)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        start = time.perf_counter()
        done = list(pool.map(book, works))
        seconds = time.perf_counter() - start
    if not all(done):
        raise PermanentError(f"{done.count(False)} of {len(done)} got no time")
    return seconds


def _given(engine: Engine) -> Counter[datetime]:
    """Return how many meetings begin at each time; the database lets no rep have two at once."""
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
        spans = session.scalars(select(Meeting.during))
        return Counter(span.lower for span in spans if span.lower)


def _refuse_doubt(given: Counter[datetime], bookings: int) -> None:
    if given.total() != bookings or given[min(given)] != REPS:
        raise PermanentError(
            f"{bookings} wanted one time of {REPS} reps: {given[min(given)]} got it, and "
            f"{given.total()} meetings were made"
        )
