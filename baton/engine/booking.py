"""Proposing a time, hearing both sides, confirming (I1, I7).

Shared by `book` and by `await_outcome`, which needs a new date when a meeting was moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from baton.adapters.calendar.slots import Span
from baton.domain.hand_off import EffectKind, EffectState, HandOffState, WaitKind, WaitState
from baton.domain.lead import LeadStatus, Place
from baton.domain.meeting import Attendance, MeetingState
from baton.engine.calendars import busy_for
from baton.engine.calling_off import call_off
from baton.engine.entries import intend_entry, intend_removal
from baton.engine.introducing import UNREACHABLE
from baton.engine.inviting import invite_mail, request_of
from baton.engine.mailing import Mail, crm_intent, mail_intent, mail_key
from baton.engine.nurturing import to_nurture
from baton.engine.people import People, people_of
from baton.engine.reaching import is_given_up, reach_elsewhere
from baton.engine.replacing import REPLACED, introduce_other_ae
from baton.engine.slots import free_times
from baton.engine.stage import Asleep, Finished, Step, Work
from baton.engine.waiting import ACCEPT, open_promise
from baton.errors import SlotTakenError
from baton.store.attendance import attendance_of
from baton.store.connections import calls_of
from baton.store.counters import accepted_counter, close_counters
from baton.store.effects import DEAD, Intent, intend
from baton.store.hand_offs import Ending
from baton.store.holds import let_go, take_turns
from baton.store.leads import lead_for_update, move_lead, times_given
from baton.store.meetings import latest_meeting, propose_meeting
from baton.store.tables import HandOff, Meeting, Wait
from baton.store.waits import count_decided, decide, latest_wait


def settle_proposal(work: Work) -> Step:
    """Bring the newest proposal on: confirm what both accepted, propose again what was declined."""
    newest = _newest(work)
    if newest is None:
        return _propose_next(work)
    if newest.decision is None:
        return _send_invite(work, newest)
    if newest.decision == "accepted":
        return confirm(work)
    if newest.decision in {"declined", "countered", REPLACED}:
        return propose_again(work, is_owed=newest.decision == REPLACED)
    if newest.decision == "refused":
        return _reach(work)
    return _gave_up(work, newest.decision)


@dataclass(frozen=True, slots=True)
class _Proposed:
    """A proposal: the key of its invite's effect, and the wait for both sides' answers.

    `decision` is what they came to; None while it is open.
    """

    key: str
    wait_id: int
    decision: str | None

    @classmethod
    def of(cls, hand_off: HandOff, meeting: Meeting, wait: Wait) -> _Proposed:
        key = mail_key(hand_off, EffectKind.INVITE, str(meeting.ordinal))
        return cls(key, wait.id, wait.decision if wait.state != WaitState.OPEN else None)


def _newest(work: Work) -> _Proposed | None:
    """Return the newest proposal, or None if none was made."""
    with work.look() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
        if wait is None:
            return None
        meeting = latest_meeting(session, hand_off.id)
        assert meeting is not None
        return _Proposed.of(hand_off, meeting, wait)


def _reach(work: Work) -> Step:
    """Go on at another address after the proposal came back, or end if there is none."""
    if is_given_up(work):
        with work.transaction() as (session, hand_off):
            return _end_without_meeting(work, session, hand_off, UNREACHABLE)
    return reach_elsewhere(work) or propose_again(work)


def confirm(work: Work) -> Step:
    """Confirm the meeting; the lead is a suspect from now on (A5).

    Who took an acceptance back before that is asked for another time (I1), and so are both if
    another one was agreed on.
    """
    with work.transaction() as (session, hand_off):
        meeting = latest_meeting(session, hand_off.id)
        assert meeting is not None
        said = attendance_of(session, meeting.id)
        still_accepted = (
            all(reply is Attendance.ACCEPTED for reply in said.values())
            and accepted_counter(session, meeting.id) is None
        )
        if meeting.state == MeetingState.PROPOSED and still_accepted:
            meeting.state = MeetingState.CONFIRMED
            session.flush()
        is_confirmed = meeting.state == MeetingState.CONFIRMED
        if is_confirmed:
            make_suspect(work, session, hand_off, "introduced, answered and accepted by both")
            _enter(work, session, hand_off, meeting)
        known = _known_as_suspect(session, hand_off)
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


def _known_as_suspect(session: Session, hand_off: HandOff) -> Intent:
    # Who declined a confirmed meeting and accepts another one becomes a suspect again.
    times = times_given(session, hand_off.id, LeadStatus.SUSPECT)
    key = "suspect" if times <= 1 else f"suspect-{times}"
    return crm_intent(hand_off, EffectKind.CRM_STATUS, key, {"status": LeadStatus.SUSPECT})


def make_suspect(work: Work, session: Session, hand_off: HandOff, reason: str) -> None:
    """Let the CRM's status say *suspect*, if it does not; the database wants the proof (I1)."""
    lead = lead_for_update(session, hand_off.lead_id)
    if lead.status == LeadStatus.SUSPECT:
        return
    move_lead(
        session,
        lead,
        status=LeadStatus.SUSPECT,
        place=Place.HAND_OFF,
        reason=reason,
        by=f"stage {work.stage}",
        at=work.now(),
        hand_off_id=hand_off.id,
    )


def propose_again(work: Work, *, is_owed: bool = False) -> Step:
    """Propose the time that was agreed on, else the next one if the agreement allows one more.

    One that is owed is proposed however many were.
    """
    with work.transaction() as (session, hand_off):
        before = latest_meeting(session, hand_off.id)
        agreed = accepted_counter(session, before.id) if before is not None else None
        allowed = work.agreement(session, hand_off).techniques.appointment.max_proposals
        declined = before.ordinal - _uncounted(session, hand_off) if before is not None else 0
        is_free = is_owed or agreed is not None
        if before is not None and not is_free and declined >= allowed:
            reason = f"{declined} proposed times were declined"
            return _end_without_meeting(work, session, hand_off, reason)
        first = (agreed.starts_at, agreed.ends_at) if agreed is not None else None
        people = people_of(session, hand_off)
        moved = _take(work, session, hand_off, people, [first]) if first is not None else None
    if moved is None:
        introduce_other_ae(work)
        return _propose_next(work)
    return _send_invite(work, moved)


def _uncounted(session: Session, hand_off: HandOff) -> int:
    """Return how many meetings nobody declined: proposals that never came, and calls."""
    refused = count_decided(session, hand_off.id, WaitKind.ACCEPTANCE, "refused")
    return refused + calls_of(session, hand_off.id)


def _propose_next(work: Work) -> Step:
    busy = busy_for(work)
    if isinstance(busy, Asleep):
        return busy
    with work.transaction() as (session, hand_off):
        proposed = _propose(work, session, hand_off, busy)
        if proposed is None:
            return _no_slot(work, session, hand_off)
    return _send_invite(work, proposed)


def _gave_up(work: Work, decision: str) -> Step:
    """End the hand-off when nobody answered in time."""
    reasons = {"give_up": "the invite was not accepted by both in time"}
    with work.transaction() as (session, hand_off):
        return _end_without_meeting(work, session, hand_off, reasons.get(decision, decision))


def _propose(
    work: Work, session: Session, hand_off: HandOff, busy: Sequence[Span]
) -> _Proposed | None:
    """Take the first free slot; None if there is none.

    `busy` is what the AE's calendar says, read before this transaction.
    """
    people = people_of(session, hand_off)
    assert people.ae is not None
    take_turns(session, people.ae.id)
    times = free_times(session, hand_off, people, busy, now=work.now())
    return _take(work, session, hand_off, people, times)


def _take(
    work: Work, session: Session, hand_off: HandOff, people: People, spans: Sequence[Span]
) -> _Proposed | None:
    """Take the first of these times that is free, write the invite, open the wait.

    Returns:
        The proposal; None if all times are taken by other meetings (I7).
    """
    assert people.ae is not None
    appointment = work.agreement(session, hand_off).techniques.appointment
    before = latest_meeting(session, hand_off.id)
    for starts_at, ends_at in spans:
        try:
            meeting = propose_meeting(
                session,
                hand_off,
                starts_at=starts_at,
                ends_at=ends_at,
                location=appointment.location,
                lead_email=people.lead_address,
                ae_email=people.ae.email,
                before=before,
            )
        except SlotTakenError:
            continue
        if before is not None:
            let_go(session, hand_off.id)
            intend_removal(work.runtime, session, hand_off)
            close_counters(session, before.id, "the meeting got another time", at=work.now())
        intend(session, invite_mail(work, hand_off, people, meeting), at=work.now())
        wait = open_promise(
            work,
            session,
            hand_off,
            WaitKind.ACCEPTANCE,
            subject=ACCEPT,
            responsible_id=people.ae.id,
        )
        return _Proposed.of(hand_off, meeting, wait)
    return None


def _no_slot(work: Work, session: Session, hand_off: HandOff) -> Step:
    reason = "no time within the agreed horizon suits both sides"
    return _end_without_meeting(work, session, hand_off, reason)


def _end_without_meeting(work: Work, session: Session, hand_off: HandOff, reason: str) -> Step:
    call_off(work.runtime, session, hand_off)
    ending = to_nurture(work, session, hand_off, HandOffState.NOT_QUALIFIED, reason)
    _tell_sdr(work, session, hand_off, ending)
    return work.end(session, hand_off, ending)


def _tell_sdr(work: Work, session: Session, hand_off: HandOff, ending: Ending) -> None:
    people = people_of(session, hand_off)
    variables = {"reason": ending.reason, "check_in_on": ending.check_in_on}
    told = Mail(
        EffectKind.NOTICE,
        "no-meeting",
        "no_meeting",
        {**people.variables(), **variables},
        to=[(people.sdr.name, people.sdr.email)],
    )
    intend(session, mail_intent(work.runtime, hand_off, told), at=work.now())


def _send_invite(work: Work, proposed: _Proposed) -> Step:
    done = work.carry_out(proposed.key)
    if done.state is EffectState.FAILED or done.error == DEAD:
        with work.transaction() as (session, _):
            wait = session.get_one(Wait, proposed.wait_id, with_for_update=True)
            decide(wait, "refused", by="the mail server", at=work.now())
    return Asleep(proposed.wait_id)
