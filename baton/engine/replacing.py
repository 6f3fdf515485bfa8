"""Another AE takes over from one who declined or broke a promise, if the teams agreed on that."""

from __future__ import annotations

from sqlalchemy.orm import Session

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance
from baton.engine.assigning import give_to_another
from baton.engine.calling_off import call_off_replaced
from baton.engine.introducing import introduction_intents
from baton.engine.people import people_of
from baton.engine.stage import Work
from baton.store.attendance import attendance_of
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff, Meeting
from baton.store.waits import latest_wait

REPLACED = "replaced"
"""What an acceptance comes to when its AE broke a promise and another one is to take over."""


def introduce_other_ae(work: Work) -> None:
    """Introduce another AE to the lead, if the one before is to go and another one is agreed on.

    It is done once: what a crash interrupts goes on with the AE who was chosen. Without another
    AE the same one is asked again.
    """
    with work.transaction() as (session, hand_off):
        meeting = latest_meeting(session, hand_off.id)
        if meeting is None:
            return
        is_to_go = meeting.ae_id == hand_off.ae_id and _is_to_go(work, session, hand_off, meeting)
        if is_to_go and give_to_another(session, hand_off, at=work.now()) is not None:
            call_off_replaced(work.runtime, session, hand_off)
        if meeting.ae_id == hand_off.ae_id:
            return
        again, people = f"-{meeting.ordinal + 1}", people_of(session, hand_off)
        intents = introduction_intents(work, session, hand_off, people, again=again)
    work.perform(intents)


def _is_to_go(work: Work, session: Session, hand_off: HandOff, meeting: Meeting) -> bool:
    wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
    if wait is not None and wait.decision == REPLACED:
        return True
    agreed = work.agreement(session, hand_off).techniques.appointment.on_ae_decline
    said = attendance_of(session, meeting.id)
    return agreed == "another_ae" and said.get("ae") is Attendance.DECLINED
