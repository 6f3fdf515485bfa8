"""Nobody is booked whose calendar cannot be read.

Calendars are read outside of any transaction. One that cannot be read puts its hand-offs to sleep
on a wait of the AE's: they are reminded, then their manager is told. The sweep looks again, and
wakes the hand-offs as soon as it can be read.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import datetime

from baton.adapters.calendar.slots import Span
from baton.domain.calendar_address import host_of
from baton.domain.hand_off import WaitKind, WaitState
from baton.engine.deciding import decide_wait
from baton.engine.people import people_of
from baton.engine.rep_calendars import Whose, busy_in
from baton.engine.slots import horizon_of
from baton.engine.stage import Asleep, Work
from baton.engine.waiting import open_promise
from baton.errors import CalendarSilentError, CalendarUnavailableError
from baton.rulebook.agreement import Promise
from baton.runtime import Runtime
from baton.store.tables import HandOff, Rep
from baton.store.waits import latest_wait, open_waits

logger = logging.getLogger(__name__)
# A quarter of an hour mends itself. How long a calendar may be away is nothing to agree on.
PROMISE = Promise(within_minutes=240, remind_after_minutes=(15,), on_expiry="escalate")
READABLE = "readable"


def busy_for(work: Work) -> list[Span] | Asleep:
    """Return when the AE's calendar says that they are busy while a meeting can be proposed.

    If it cannot be read, a wait says so, and the hand-off sleeps on it.
    """
    with work.look() as (session, hand_off):
        ae = people_of(session, hand_off).ae
        assert ae is not None
        whose, ae_id = Whose.of(ae), ae.id
        until = horizon_of(session, hand_off, work.now())
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


def look_again(runtime: Runtime) -> int:
    """Read the calendars that hand-offs sleep on; return how many hand-offs need not any more.

    Each calendar is read once. After a host did not answer, its others are left to the next time;
    one that its host has an answer for, such as that it is not there, says nothing of the others.
    """
    now = runtime.clock.now()
    sleeping: dict[Whose, list[int]] = defaultdict(list)
    until: dict[Whose, datetime] = {}
    with runtime.transaction() as session:
        for wait in open_waits(session, WaitKind.CALENDAR):
            hand_off = session.get_one(HandOff, wait.hand_off_id)
            whose = Whose.of(session.get_one(Rep, hand_off.ae_id))
            sleeping[whose].append(wait.id)
            until[whose] = max(until.get(whose, now), horizon_of(session, hand_off, now))
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
            if isinstance(error, CalendarSilentError):
                silent.add(host)
            continue
        readable += sum(decide_wait(runtime, one, READABLE, by="the sweep") for one in wait_ids)
    return readable
