"""A meeting that both had accepted comes off: its time is free, the lead is no suspect (I1, I7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, WaitKind
from baton.domain.lead import LeadStatus, Place
from baton.domain.meeting import Attendance, MeetingState
from baton.engine.entries import intend_removal
from baton.engine.inviting import times_of
from baton.engine.mailing import Mail, crm_intent, mail_intent
from baton.engine.people import people_of
from baton.runtime import Runtime
from baton.store.attendance import attendance_of
from baton.store.effects import intend
from baton.store.leads import lead_for_update, move_lead, status_before
from baton.store.tables import HandOff, Meeting
from baton.store.waits import decide, latest_wait


def settle_withdrawal(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    *,
    by: str,
    comment: str,
    at: datetime,
) -> bool:
    """Take a confirmed meeting back if a side has declined it before it began; tell AE and SDR.

    The stage then proposes another time, which moves the meeting in both calendars, or ends the
    hand-off, which calls it off there. What is declined after the meeting began changes nothing:
    its outcome says what came of it.

    Returns:
        Whether this decided the open wait, so that the run has to be woken.
    """
    starts_at = times_of(meeting)[0]
    said = attendance_of(session, meeting.id)
    declined = sorted(side for side, reply in said.items() if reply is Attendance.DECLINED)
    if not declined or at >= starts_at:
        return False
    people = people_of(session, hand_off)
    assert people.ae is not None
    who = people.ae.name if declined == ["ae"] else people.lead_name
    told = Mail(
        EffectKind.NOTICE,
        f"declined-{meeting.ordinal}",
        "meeting_declined",
        {**people.variables(), "who": who, "starts_at": starts_at, "comment": comment or None},
        to=[(people.ae.name, people.ae.email), (people.sdr.name, people.sdr.email)],
    )
    intend(session, mail_intent(runtime, hand_off, told), at=at)
    reason = (
        "the AE declined the meeting" if declined == ["ae"] else "the lead declined the meeting"
    )
    detail = {"declined": declined}
    return take_back(
        runtime,
        session,
        hand_off,
        meeting,
        said="declined",
        detail=detail,
        reason=reason,
        by=by,
        at=at,
    )


def take_back(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    *,
    said: str,
    detail: dict[str, Any],
    reason: str,
    by: str,
    at: datetime,
) -> bool:
    """Free the time of a confirmed meeting, in the AE's calendar too.

    Nobody waits for its outcome any more.

    Returns:
        Whether this decided the wait for the outcome; False if it is not open (yet).
    """
    meeting.state = MeetingState.CANCELLED
    session.flush()
    intend_removal(runtime, session, hand_off)
    _no_suspect(session, hand_off, meeting, reason=reason, by=by, at=at)
    wait = latest_wait(session, hand_off.id, WaitKind.OUTCOME)
    if wait is None:
        return False
    session.refresh(wait, with_for_update={"key_share": True})
    return decide(wait, said, by=by, at=at, detail=detail)


def _no_suspect(
    session: Session, hand_off: HandOff, meeting: Meeting, *, reason: str, by: str, at: datetime
) -> None:
    lead = lead_for_update(session, hand_off.lead_id)
    if lead.status != LeadStatus.SUSPECT:
        return
    status = status_before(session, hand_off.id, LeadStatus.SUSPECT)
    move_lead(
        session,
        lead,
        status=status,
        place=Place.HAND_OFF,
        reason=reason,
        by=by,
        at=at,
        hand_off_id=hand_off.id,
    )
    key = f"no-suspect-{meeting.ordinal}"
    intend(session, crm_intent(hand_off, EffectKind.CRM_STATUS, key, {"status": status}), at=at)
