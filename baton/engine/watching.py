"""Who takes a meeting out of the calendar has said that they cannot come."""

from __future__ import annotations

import logging
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from baton.adapters.calendar.calendars import Standing, WritableCalendar
from baton.domain.hand_off import HandOffState
from baton.domain.meeting import Attendance, MeetingState
from baton.engine.entries import fingerprint
from baton.engine.rep_calendars import Whose, calendar_of, counted
from baton.engine.withdrawing import settle_withdrawal
from baton.errors import CalendarUnavailableError
from baton.runtime import Runtime
from baton.store.attendance import Reply, record_reply
from baton.store.hand_offs import hand_off_for_update
from baton.store.meetings import entered_meetings
from baton.store.tables import Meeting, Rep

logger = logging.getLogger(__name__)
AT_ONCE = 4
WHO = "the AE's calendar"
WHY = "It was taken out of the AE's calendar."


@dataclass(frozen=True, slots=True)
class _Entered:
    meeting_id: int
    uid: str
    whose: Whose


def see_cancellations(runtime: Runtime) -> int:
    """Look at each meeting ahead in its AE's calendar; one that is off there is off for Baton.

    It then goes on as if the AE had declined it: the lead is no suspect, AE and SDR are told, and
    another time is proposed, or another AE introduced, as agreed on. A calendar that cannot be read
    says nothing, and neither does one that the rep has only since.

    Returns:
        How many were off.
    """
    by_rep: dict[Whose, list[_Entered]] = defaultdict(list)
    for entered in _entered(runtime):
        by_rep[entered.whose].append(entered)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda of_rep: _off_in_one(runtime, of_rep), by_rep.values()))
    return sum(_is_off(runtime, entered) for of_rep in found for entered in of_rep)


def _off_in_one(runtime: Runtime, entered: list[_Entered]) -> list[_Entered]:
    """Return which of the meetings in one calendar are off there; if it says so of all."""
    try:
        return [one for one in entered if _standing(runtime, one) is not Standing.STANDS]
    except CalendarUnavailableError as error:
        logger.warning("%s", error)
        return []


def _entered(runtime: Runtime) -> list[_Entered]:
    found = []
    with runtime.transaction() as session:
        for meeting, payload in entered_meetings(session, at=runtime.clock.now()):
            whose = Whose.of(session.get_one(Rep, meeting.ae_id))
            if fingerprint(whose.address) == payload["calendar"]:
                found.append(_Entered(meeting.id, meeting.uid, whose))
    return found


def _standing(runtime: Runtime, entered: _Entered) -> Standing:
    def ask() -> Standing:
        calendar = calendar_of(runtime, entered.whose)
        assert isinstance(calendar, WritableCalendar)
        return calendar.standing(entered.uid)

    return counted(runtime, entered.whose, ask)


def _is_off(runtime: Runtime, entered: _Entered) -> bool:
    """Take the meeting back as if its AE had declined it, unless it was called off meanwhile.

    No outcome is recorded: nobody has met.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        meeting = session.get_one(Meeting, entered.meeting_id)
        hand_off = hand_off_for_update(session, meeting.hand_off_id)
        session.refresh(meeting)
        if meeting.state != MeetingState.CONFIRMED or hand_off.state != HandOffState.OPEN:
            return False
        ae = entered.whose.email
        said = Reply(meeting.uid, meeting.sequence, ae, Attendance.DECLINED, now)
        if refused := record_reply(session, said, sender=ae, at=now):
            logger.warning("Meeting %s is off in the AE's calendar, but %s.", meeting.id, refused)
            return False
        settle_withdrawal(runtime, session, hand_off, meeting, by=WHO, comment=WHY, at=now)
        return meeting.state == MeetingState.CANCELLED
