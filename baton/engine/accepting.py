"""When both sides' answers and the AE's own are enough to decide the wait for them (I1)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.hand_off import HandOffState, WaitKind, WaitState
from baton.domain.meeting import Attendance
from baton.engine.waiting import ACCEPT, SAY
from baton.store.attendance import attendance_of
from baton.store.counters import open_counters
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff, Wait
from baton.store.waits import decide, latest_wait


def settle_acceptance(session: Session, hand_off: HandOff, *, by: str, at: datetime) -> bool:
    """Decide the open acceptance if both sides and the AE's answer say enough (I1).

    While somebody proposes another time, nothing counts as accepted by both. The wait says what
    is owed now, so that reminders say it too.

    Returns:
        Whether this call decided it.
    """
    wait = locked(session, latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE))
    meeting = latest_meeting(session, hand_off.id)
    if wait is None or meeting is None or not is_open(hand_off, wait):
        return False
    proposed = open_counters(session, meeting.id)
    wait.subject = hand_off.next_step = SAY if proposed else ACCEPT
    said = attendance_of(session, meeting.id)
    declined = [side for side, reply in said.items() if reply is Attendance.DECLINED]
    if declined:
        return decide(wait, "declined", by=by, at=at, detail={"declined": declined})
    accepted = all(reply is Attendance.ACCEPTED for reply in said.values())
    if accepted and hand_off.ae_engaged_at is not None and not proposed:
        return decide(wait, "accepted", by=by, at=at)
    return False


def locked(session: Session, wait: Wait | None) -> Wait | None:
    """Return the wait as it is now: the sweep may have expired it meanwhile; the first stands."""
    if wait is not None:
        session.refresh(wait, with_for_update={"key_share": True})
    return wait


def is_open(hand_off: HandOff, wait: Wait) -> bool:
    """Return whether an answer can still decide: neither the wait nor its hand-off is over."""
    return hand_off.state == HandOffState.OPEN and wait.state == WaitState.OPEN
