"""When an AE is busy, by the calendar that their row names; a calendar in trouble books nobody.

Calendars are read outside of any transaction. One that cannot be read puts its hand-offs to sleep
on a wait of the AE's: they are reminded, then their manager is told. The sweep looks again, and
wakes the hand-offs as soon as it can be read.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from baton.adapters.calendar.calendars import Calendar
from baton.adapters.calendar.opening import Passwords, open_calendar
from baton.adapters.calendar.slots import Span
from baton.domain.calendar_address import host_of
from baton.domain.hand_off import WaitKind, WaitState
from baton.engine.deciding import decide_wait
from baton.engine.people import people_of
from baton.engine.stage import Asleep, Work
from baton.engine.waiting import open_promise
from baton.errors import CalendarUnavailableError, InputError, SettingsError
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Promise
from baton.runtime import Runtime
from baton.store.neighbours import answered, calendar_neighbour, did_not_answer, may_be_called
from baton.store.reps import reps
from baton.store.tables import HandOff, Rep
from baton.store.waits import latest_wait, open_waits

logger = logging.getLogger(__name__)
# A quarter of an hour mends itself. How long a calendar may be away is nothing to agree on.
PROMISE = Promise(within_minutes=240, remind_after_minutes=(15,), on_expiry="escalate")
READABLE = "readable"
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Whose:
    """A rep and the calendar that their row names; the address may be a secret."""

    email: str
    time_zone: str
    address: str | None

    @classmethod
    def of(cls, rep: Rep) -> Whose:
        """Return what is needed to read this rep's calendar."""
        return cls(rep.email, rep.time_zone, rep.calendar)


def calendar_of(runtime: Runtime, whose: Whose) -> Calendar:
    """Return the rep's calendar; nothing is asked before it is read.

    Raises:
        CalendarUnavailableError: Its address or its password cannot be used.
    """
    settings = runtime.settings
    usual, by_place = settings.calendar_password, settings.calendar_passwords
    passwords = Passwords(
        usual.get_secret_value() if usual else None,
        {place: secret.get_secret_value() for place, secret in by_place.items()},
    )
    try:
        return open_calendar(
            whose.address, email=whose.email, time_zone=whose.time_zone, passwords=passwords
        )
    except (InputError, SettingsError) as error:
        said = f"The calendar of {whose.email} cannot be opened: {error}"
        raise CalendarUnavailableError(said) from error


def busy_in(runtime: Runtime, whose: Whose, since: datetime, until: datetime) -> list[Span]:
    """Return when the rep's calendar says that they are busy, in order, aware UTC.

    Never call it inside a transaction. A calendar that failed some times in a row is left alone
    for a while, by every process.

    Raises:
        CalendarUnavailableError: It cannot be read, or is left alone.
    """
    name = calendar_neighbour(whose.email)

    def read() -> list[Span]:
        calendar = calendar_of(runtime, whose)
        return calendar.busy(since, until)

    return [] if whose.address is None else _counted(runtime, name, read)


def _counted(runtime: Runtime, name: str, read: Callable[[], list[Span]]) -> list[Span]:
    with runtime.transaction() as session:
        may = may_be_called(session, name)
    if not may:
        raise CalendarUnavailableError(
            f"The {name} could not be read several times and is left alone for now; "
            "'baton doctor' says since when and why. Baton tries again by itself."
        )
    try:
        spans = read()
    except CalendarUnavailableError as error:
        with runtime.transaction() as session:
            did_not_answer(session, name, str(error))
        raise
    with runtime.transaction() as session:
        answered(session, name)
    return spans


def busy_for(work: Work) -> list[Span] | Asleep:
    """Return when the AE's calendar says that they are busy while a meeting can be proposed.

    If it cannot be read, a wait says so, and the hand-off sleeps on it.
    """
    with work.transaction() as (session, hand_off):
        ae = people_of(session, hand_off).ae
        assert ae is not None
        whose, ae_id = Whose.of(ae), ae.id
        until = _horizon(session, hand_off, work.now())
    try:
        return busy_in(work.runtime, whose, work.now(), until)
    except CalendarUnavailableError as error:
        logger.warning("Hand-off %s cannot be booked yet: %s", work.hand_off_id, error)
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.CALENDAR)
        if wait is None or wait.state != WaitState.OPEN:
            wait = open_promise(
                work,
                session,
                hand_off,
                WaitKind.CALENDAR,
                subject=f"see that Baton can read the calendar of {whose.email}",
                responsible_id=ae_id,
                promise=PROMISE,
            )
        return Asleep(wait.id)


def _horizon(session: Session, hand_off: HandOff, now: datetime) -> datetime:
    appointment = agreement_of(session, hand_off.agreement_id).techniques.appointment
    return now + timedelta(days=appointment.horizon_days + 1)


def look_again(runtime: Runtime) -> int:
    """Read the calendars that hand-offs sleep on; return how many hand-offs need not any more.

    Each calendar is read once. After a host did not answer, its others are left to the next time.
    """
    now = runtime.clock.now()
    sleeping: dict[Whose, list[int]] = defaultdict(list)
    until: dict[Whose, datetime] = {}
    with runtime.transaction() as session:
        for wait in open_waits(session, WaitKind.CALENDAR):
            hand_off = session.get_one(HandOff, wait.hand_off_id)
            whose = Whose.of(session.get_one(Rep, hand_off.ae_id))
            sleeping[whose].append(wait.id)
            until[whose] = max(until.get(whose, now), _horizon(session, hand_off, now))
    silent: set[str] = set()
    readable = 0
    for whose, wait_ids in sleeping.items():
        host = host_of(whose.address)
        if host in silent:
            continue
        try:
            busy_in(runtime, whose, now, until[whose])
        except CalendarUnavailableError as error:
            logger.warning("%s", error)
            silent.add(host)
            continue
        readable += sum(decide_wait(runtime, one, READABLE, by="the sweep") for one in wait_ids)
    return readable


def read_all(runtime: Runtime) -> tuple[int, list[str]]:
    """Read the calendar of every active rep who has one, some at once, whatever failed before.

    Returns:
        How many there are, and what is wrong with each that cannot be read.
    """
    now = runtime.clock.now()

    def trouble_with(whose: Whose) -> str | None:
        try:
            calendar_of(runtime, whose).busy(now, now + timedelta(days=30))
        except CalendarUnavailableError as error:
            return str(error)
        return None

    with runtime.transaction() as session:
        everybody = [Whose.of(rep) for rep in reps(session)]
    having = [whose for whose in everybody if whose.address is not None]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        troubles = list(pool.map(trouble_with, having))
    return len(having), [said for said in troubles if said is not None]
