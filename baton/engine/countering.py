"""Another time that an attendee proposes: the AE's is taken, a lead's is offered to the AE.

The meeting stands as it was until then, and no proposal counts as an acceptance (I1).
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from baton.adapters.calendar.port import CalendarReply
from baton.adapters.calendar.replies import speaker
from baton.adapters.calendar.slots import Span, is_worked
from baton.domain.hand_off import EffectKind, HandOffState, WaitKind
from baton.domain.meeting import MeetingState
from baton.domain.rep import Role
from baton.engine.accepting import settle_acceptance
from baton.engine.checking import rep_among
from baton.engine.deciding import wake_hand_off
from baton.engine.inviting import counter_declined_mail, times_of
from baton.engine.mailing import Mail, mail_intent, mail_key
from baton.engine.people import people_of
from baton.engine.waiting import answer_variables
from baton.engine.withdrawing import take_back
from baton.errors import RefusedError
from baton.messages.composing import message_id
from baton.runtime import Runtime
from baton.store.attendance import addressed
from baton.store.counters import (
    CounterState,
    OtherTime,
    open_counters,
    record_counter,
    settle_counter,
)
from baton.store.effects import intend
from baton.store.hand_offs import hand_off_for_update
from baton.store.meetings import busy_times, latest_meeting
from baton.store.tables import AttendanceRow, CounterProposal, HandOff, Meeting
from baton.store.waits import decide, latest_wait

OFFER = "counter-"
_YES = frozenset(
    {"yes", "y", "yep", "yeah", "sure", "ok", "okay", "accept", "accepted", "ja", "oui"}
)
_NO = frozenset({"no", "n", "nope", "decline", "declined", "nein"})


def hear_counter(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    said: CalendarReply,
    *,
    sender: str,
    at: datetime,
) -> bool:
    """Keep a proposed time; take the AE's at once, offer a lead's to the AE.

    One that cannot be (it is past, or the AE is in another meeting then) is declined at once.

    Returns:
        Whether it decided what the hand-off waits for.
    """
    assert said.proposes is not None
    email = said.email or sender
    acts_for = speaker(sender, said) if said.email else sender
    about = addressed(session, uid=said.uid, sequence=said.sequence, email=email, sender=acts_for)
    if about is None or about.meeting.hand_off_id != hand_off.id:
        return False
    made_at = min(said.stamped_at or at, at)
    other = OtherTime(email, said.sequence, *said.proposes, said.comment, made_at)
    impossible = _why_impossible(session, about.meeting, other.starts_at, other.ends_at, at=at)
    refused = about.refused or impossible
    counter = record_counter(session, about.meeting, about.row, other, refused=refused, at=at)
    if counter is None:
        return False
    if about.refused is None and counter.state == CounterState.REFUSED:
        _tell_declined(runtime, session, hand_off, about.meeting, counter, at=at)
    elif counter.state == CounterState.OPEN and counter.side == "ae":
        return _take(runtime, session, hand_off, about.meeting, counter, by=email, at=at)
    elif counter.state == CounterState.OPEN:
        _offer(runtime, session, hand_off, about.meeting, counter, at=at)
    return settle_acceptance(session, hand_off, by=email, at=at)


def answer_counter(runtime: Runtime, hand_off_id: uuid.UUID, *, accepted: bool, by: str) -> None:
    """Record whether the time that the lead proposes suits the AE, and wake the run.

    With a yes both are invited to it; with a no the lead is told, and the old time stands.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: Nobody proposed a time, it cannot be taken any more, or `by` is not the AE
            of the hand-off (or a manager).
    """
    at = runtime.clock.now()
    with runtime.transaction() as session:
        hand_off = hand_off_for_update(session, hand_off_id)
        rep = rep_among(session, by, Role.AE, Role.MANAGER)
        if rep.role == Role.AE and rep.id != hand_off.ae_id:
            raise RefusedError(f"{by} is not the AE of hand-off {hand_off_id}.")
        meeting, counter = _offered(session, hand_off)
        if accepted:
            why = _why_not(session, hand_off, meeting, counter, at=at)
            if why is not None:
                raise RefusedError(f"{counter.starts_at.isoformat()} cannot be taken: {why}.")
            decided = _take(runtime, session, hand_off, meeting, counter, by=by, at=at)
        else:
            decided = _decline(runtime, session, hand_off, meeting, counter, by=by, at=at)
    if decided:
        wake_hand_off(runtime, hand_off_id)


def take_chosen(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    span: Span,
    *,
    by: str,
    at: datetime,
) -> bool:
    """Take a time that suits the AE and that the lead chose, as if the AE had said yes to it.

    Returns:
        Whether it decided what the hand-off waits for.
    """
    email = people_of(session, hand_off).lead_address
    row = session.get(AttendanceRow, (meeting.id, email), with_for_update=True)
    other = OtherTime(email, meeting.sequence, *span, "chosen of the times that were held", at)
    counter = record_counter(session, meeting, row, other, refused=None, at=at)
    if counter is None or counter.state != CounterState.OPEN:
        return False
    return _take(runtime, session, hand_off, meeting, counter, by=by, at=at)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the AE wrote, and in answer to which mails; `by` is the AE's address."""

    references: tuple[str, ...]
    text: str
    by: str


def answered_offer(
    runtime: Runtime, session: Session, hand_off: HandOff, answer: Answer, *, at: datetime
) -> bool:
    """Take the AE's mailed yes or no to a time that the lead proposes.

    Only an answer to the very mail that offers it counts, and only if its first line says nothing
    but yes or no; anything else is for people to read. A yes to a time that is taken meanwhile is
    a no.

    Returns:
        Whether it decided what the hand-off waits for.
    """
    suits = _yes_or_no(answer.text)
    meeting = latest_meeting(session, hand_off.id)
    if suits is None or meeting is None or hand_off.state != HandOffState.OPEN:
        return False
    domain = runtime.settings.mail_address.rpartition("@")[2]
    for counter in open_counters(session, meeting.id):
        offer = mail_key(hand_off, EffectKind.NOTICE, f"{OFFER}{counter.id}")
        if message_id(offer, domain) in answer.references:
            why = _why_not(session, hand_off, meeting, counter, at=at)
            if suits and why is None:
                return _take(runtime, session, hand_off, meeting, counter, by=answer.by, at=at)
            return _decline(runtime, session, hand_off, meeting, counter, by=answer.by, at=at)
    return False


def _yes_or_no(text: str) -> bool | None:
    first = next((line for line in text.splitlines() if line.strip()), "")
    word = re.sub(r"[\W_]+", " ", first).strip().lower()
    return True if word in _YES else False if word in _NO else None


def _offered(session: Session, hand_off: HandOff) -> tuple[Meeting, CounterProposal]:
    meeting = latest_meeting(session, hand_off.id)
    offered = open_counters(session, meeting.id) if meeting is not None else ()
    if meeting is None or not offered or hand_off.state != HandOffState.OPEN:
        doing = f"it waits to {hand_off.next_step}" if hand_off.next_step else "it is over"
        raise RefusedError(f"No other time is proposed for hand-off {hand_off.id}: {doing}.")
    return meeting, offered[-1]


def _why_not(
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    counter: CounterProposal,
    *,
    at: datetime,
) -> str | None:
    wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
    is_given_up = wait is not None and wait.decision in {"give_up", "refused"}
    if meeting.state == MeetingState.PROPOSED and is_given_up:
        return "the invite was given up already"
    return _why_impossible(session, meeting, counter.starts_at, counter.ends_at, at=at)


def _why_impossible(
    session: Session, meeting: Meeting, starts_at: datetime, ends_at: datetime, *, at: datetime
) -> str | None:
    if starts_at <= at:
        return "that time has passed"
    own = times_of(meeting)
    taken = busy_times(session, meeting.ae_id, since=starts_at, until=ends_at)
    if any(span != own for span in taken):
        return "the AE is in another meeting then"
    return None


def _take(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    counter: CounterProposal,
    *,
    by: str,
    at: datetime,
) -> bool:
    settle_counter(counter, CounterState.ACCEPTED, by=by, at=at)
    session.flush()
    detail = {"counter": counter.id}
    if meeting.state == MeetingState.CONFIRMED:
        reason = "the meeting is moved"
        return take_back(
            runtime,
            session,
            hand_off,
            meeting,
            said="countered",
            detail=detail,
            reason=reason,
            by=by,
            at=at,
        )
    wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
    if wait is None:
        return False
    session.refresh(wait, with_for_update={"key_share": True})
    return decide(wait, "countered", by=by, at=at, detail=detail)


def _decline(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    counter: CounterProposal,
    *,
    by: str,
    at: datetime,
) -> bool:
    settle_counter(counter, CounterState.DECLINED, by=by, at=at)
    session.flush()
    _tell_declined(runtime, session, hand_off, meeting, counter, at=at)
    return settle_acceptance(session, hand_off, by=by, at=at)


def _tell_declined(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    counter: CounterProposal,
    *,
    at: datetime,
) -> None:
    people = people_of(session, hand_off)
    mail = counter_declined_mail(runtime, hand_off, people, meeting, counter)
    intend(session, mail, at=at)


def _offer(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    counter: CounterProposal,
    *,
    at: datetime,
) -> None:
    people = people_of(session, hand_off)
    assert people.ae is not None
    hours, name = people.ae.working_hours, people.ae.time_zone
    variables = {
        **people.variables(),
        "starts_at": times_of(meeting)[0],
        "proposed_at": counter.starts_at,
        "comment": counter.comment or None,
        "is_in_hours": is_worked(counter.starts_at, counter.ends_at, zone_name=name, hours=hours),
        **answer_variables(runtime, hand_off, "counter"),
    }
    to = [(people.ae.name, people.ae.email)]
    mail = Mail(EffectKind.NOTICE, f"{OFFER}{counter.id}", "counter_offered", variables, to=to)
    intend(session, mail_intent(runtime, hand_off, mail), at=at)
