"""Proposing a time, hearing both sides, confirming (I1, I7).

Shared by `book` and by `await_outcome`, which needs a new date when a meeting was moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from baton.adapters.calendar.slots import Span, propose_slots
from baton.domain.hand_off import EffectKind, EffectState, HandOffState, WaitKind, WaitState
from baton.domain.lead import LeadStatus, Place
from baton.domain.meeting import Attendance, MeetingState
from baton.engine.calendars import busy_for
from baton.engine.calling_off import call_off
from baton.engine.entries import intend_entry, intend_removal
from baton.engine.inviting import invite_mail, request_of, times_of
from baton.engine.mailing import crm_intent, mail_key
from baton.engine.nurturing import to_nurture
from baton.engine.people import people_of
from baton.engine.stage import Asleep, Finished, Step, Work
from baton.engine.waiting import open_promise
from baton.errors import SlotTakenError
from baton.store.attendance import attendance_of
from baton.store.effects import effect_by_key, intend
from baton.store.leads import lead_for_update, move_lead
from baton.store.meetings import busy_times, latest_meeting, propose_meeting
from baton.store.tables import HandOff, Meeting, Wait
from baton.store.waits import decide, latest_wait


def proposal_decision(work: Work) -> str | None:
    """Return what the newest proposal came to, or None while it is open or was never made."""
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
        return wait.decision if wait is not None and wait.state != WaitState.OPEN else None


def confirm(work: Work) -> Step:
    """Confirm the meeting; the lead is a suspect from now on (A5).

    Who took an acceptance back before that is asked for another time (I1).
    """
    with work.transaction() as (session, hand_off):
        meeting = latest_meeting(session, hand_off.id)
        assert meeting is not None
        said = attendance_of(session, meeting.id)
        still_accepted = all(reply is Attendance.ACCEPTED for reply in said.values())
        if meeting.state == MeetingState.PROPOSED and still_accepted:
            meeting.state = MeetingState.CONFIRMED
            session.flush()
        is_confirmed = meeting.state == MeetingState.CONFIRMED
        if is_confirmed:
            _make_suspect(work, session, hand_off)
            _enter(work, session, hand_off, meeting)
        known = crm_intent(
            hand_off, EffectKind.CRM_STATUS, "suspect", {"status": LeadStatus.SUSPECT}
        )
        meeting_id = meeting.id
    if not is_confirmed:
        return propose_again(work)
    work.perform([known])
    return Finished({"meeting": meeting_id})


def _enter(work: Work, session: Session, hand_off: HandOff, meeting: Meeting) -> None:
    people = people_of(session, hand_off)
    assert people.ae is not None
    request = request_of(work.runtime, hand_off, people, meeting)
    intend_entry(work.runtime, session, hand_off, meeting, ae=people.ae, request=request)


def _make_suspect(work: Work, session: Session, hand_off: HandOff) -> None:
    lead = lead_for_update(session, hand_off.lead_id)
    if lead.status == LeadStatus.SUSPECT:
        return
    move_lead(
        session,
        lead,
        status=LeadStatus.SUSPECT,
        place=Place.HAND_OFF,
        reason="introduced, answered and accepted by both",
        by=f"stage {work.stage}",
        at=work.now(),
        hand_off_id=hand_off.id,
    )


def propose_again(work: Work) -> Step:
    """Propose the next time, unless as many were declined as the agreement allows."""
    with work.transaction() as (session, hand_off):
        before = latest_meeting(session, hand_off.id)
        allowed = work.agreement(session, hand_off).techniques.appointment.max_proposals
        if before is not None and before.ordinal >= allowed:
            reason = f"{before.ordinal} proposed times were declined"
            return _end_without_meeting(work, session, hand_off, reason)
    busy = busy_for(work)
    if isinstance(busy, Asleep):
        return busy
    with work.transaction() as (session, hand_off):
        wait = _propose(work, session, hand_off, busy)
        if wait is None:
            return _no_slot(work, session, hand_off)
    return _send_invite(work)


def gave_up(work: Work) -> Step | None:
    """End the hand-off when nobody answered in time or the invite was refused; else None."""
    decision = proposal_decision(work)
    if decision is None:
        return None
    reasons = {
        "give_up": "the invite was not accepted by both in time",
        "refused": "the lead's mail server refused our mail",
    }
    with work.transaction() as (session, hand_off):
        return _end_without_meeting(work, session, hand_off, reasons.get(decision, decision))


def open_proposal(work: Work) -> Step:
    """Propose the first time, or make sure that the open proposal's invite went out."""
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
    if wait is None:
        busy = busy_for(work)
        if isinstance(busy, Asleep):
            return busy
        with work.transaction() as (session, hand_off):
            if _propose(work, session, hand_off, busy) is None:
                return _no_slot(work, session, hand_off)
    return _send_invite(work)


def _propose(work: Work, session: Session, hand_off: HandOff, busy: Sequence[Span]) -> Wait | None:
    """Take the first free slot, write the invite, open the wait; None if there is no slot.

    `busy` is what the AE's calendar says, read before this transaction.
    """
    people = people_of(session, hand_off)
    assert people.ae is not None
    appointment = work.agreement(session, hand_off).techniques.appointment
    length = timedelta(minutes=appointment.meeting_minutes)
    for starts_at in _slots(work, session, hand_off, busy):
        try:
            meeting = propose_meeting(
                session,
                hand_off,
                starts_at=starts_at,
                ends_at=starts_at + length,
                location=appointment.location,
                lead_email=people.lead_address,
                ae_email=people.ae.email,
            )
        except SlotTakenError:
            continue
        intend_removal(work.runtime, session, hand_off)
        intend(session, invite_mail(work, hand_off, people, meeting), at=work.now())
        return open_promise(
            work,
            session,
            hand_off,
            WaitKind.ACCEPTANCE,
            subject="accept the invite and answer the introduction",
            responsible_id=people.ae.id,
        )
    return None


def _slots(work: Work, session: Session, hand_off: HandOff, busy: Sequence[Span]) -> list[datetime]:
    """Return free starts for AE and lead, after every time that was proposed before."""
    people = people_of(session, hand_off)
    assert people.ae is not None
    appointment = work.agreement(session, hand_off).techniques.appointment
    now, before = work.now(), latest_meeting(session, hand_off.id)
    horizon = now + timedelta(days=appointment.horizon_days + 1)
    slots = propose_slots(
        now=now,
        ae_zone=people.ae.time_zone,
        ae_hours=people.ae.working_hours,
        ae_country=people.ae.country,
        lead_zone=people.lead.time_zone or people.ae.time_zone,
        lead_country=people.lead.country,
        busy=[*busy, *busy_times(session, people.ae.id, since=now, until=horizon)],
        minutes=appointment.meeting_minutes,
        lead_time_minutes=appointment.lead_time_minutes,
        buffer_minutes=appointment.buffer_minutes,
        horizon_days=appointment.horizon_days,
    )
    tried = before.during.upper if before is not None else None
    return [at for at in slots if tried is None or at >= tried]


def _no_slot(work: Work, session: Session, hand_off: HandOff) -> Step:
    reason = "no time within the agreed horizon suits both sides"
    return _end_without_meeting(work, session, hand_off, reason)


def _end_without_meeting(work: Work, session: Session, hand_off: HandOff, reason: str) -> Step:
    """End the hand-off before its meeting, and call off an invite that is still ahead.

    Whoever accepted it would else keep the time, which is free for others again (I7).
    """
    meeting = latest_meeting(session, hand_off.id)
    if meeting is not None and times_of(meeting)[0] > work.now():
        invite = effect_by_key(session, mail_key(hand_off, EffectKind.INVITE, str(meeting.ordinal)))
        if invite is not None and invite.state in (EffectState.IN_FLIGHT, EffectState.DONE):
            call_off(work.runtime, session, hand_off)
    intend_removal(work.runtime, session, hand_off)
    ending = to_nurture(work, session, hand_off, HandOffState.NOT_QUALIFIED, reason)
    return work.end(session, hand_off, ending)


def _send_invite(work: Work) -> Step:
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
        meeting = latest_meeting(session, hand_off.id)
        assert wait is not None
        assert meeting is not None
        key = mail_key(hand_off, EffectKind.INVITE, str(meeting.ordinal))
        wait_id = wait.id
    if work.carry_out(key).state is EffectState.FAILED:
        with work.transaction() as (session, _):
            wait = session.get_one(Wait, wait_id, with_for_update=True)
            decide(wait, "refused", by="the mail server", at=work.now())
    return Asleep(wait_id)
