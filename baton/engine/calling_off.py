"""Calling a meeting off: its hand-off is cancelled, the lead opts out, or another AE takes over."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState
from baton.domain.meeting import MeetingState
from baton.engine.entries import intend_removal
from baton.engine.inviting import cancellation_mail, opted_out_mail, replaced_mail, times_of
from baton.engine.mailing import mail_key
from baton.engine.people import people_of
from baton.runtime import Runtime
from baton.store.connections import reserved_call
from baton.store.effects import effect_by_key, intend
from baton.store.meetings import meetings_of
from baton.store.tables import HandOff, Meeting, Rep

SENT = (EffectState.IN_FLIGHT, EffectState.DONE)


def call_off(
    runtime: Runtime, session: Session, hand_off: HandOff, *, lead_opted_out: bool = False
) -> None:
    """Intend the cancellation of an invite that stands in calendars, or of a call that was planned.

    The sweep sends it. Whoever accepted it would else keep the time, which is free for others again
    (I7). Both sides are told, unless the meeting has begun; a lead that opted out hears nothing any
    more (I4), its AE is told in any case.
    """
    intend_removal(runtime, session, hand_off)
    meeting = reserved_call(session, hand_off.id) or _in_calendars(session, hand_off)
    if meeting is None or meeting.state == MeetingState.OVER:
        return
    has_begun = times_of(meeting)[0] <= runtime.clock.now()
    is_replaced = meeting.ae_id != hand_off.ae_id
    if is_replaced if lead_opted_out else has_begun:
        return
    people = people_of(session, hand_off)
    written = opted_out_mail if lead_opted_out else cancellation_mail
    intend(session, written(runtime, hand_off, people, meeting), at=runtime.clock.now())


def call_off_freed(runtime: Runtime, session: Session, hand_off: HandOff) -> None:
    """Call off what stands in calendars although its time is free for others already (I7).

    The invite to the next time would move it there, but that one does not go out now.
    """
    meeting = _in_calendars(session, hand_off)
    if meeting is not None and meeting.state == MeetingState.CANCELLED:
        call_off(runtime, session, hand_off)


def call_off_replaced(runtime: Runtime, session: Session, hand_off: HandOff) -> None:
    """Take the AE before, whose invite has gone out, out of the meeting; the sweep sends it.

    Call it once another AE has the hand-off. The lead is not told: the invite to the next time
    moves the meeting there.
    """
    intend_removal(runtime, session, hand_off)
    meeting = _in_calendars(session, hand_off)
    if meeting is None or meeting.ae_id == hand_off.ae_id:
        return
    if times_of(meeting)[0] <= runtime.clock.now():
        return
    people = replace(people_of(session, hand_off), ae=session.get_one(Rep, meeting.ae_id))
    intend(session, replaced_mail(runtime, hand_off, people, meeting), at=runtime.clock.now())


def _in_calendars(session: Session, hand_off: HandOff) -> Meeting | None:
    """Return the newest meeting whose invite has gone out or is on its way.

    A newer one whose invite was refused, or not sent yet, is in nobody's calendar.
    """
    for meeting in meetings_of(session, hand_off.id):
        key = mail_key(hand_off, EffectKind.INVITE, str(meeting.ordinal))
        invite = effect_by_key(session, key)
        if invite is not None and invite.state in SENT:
            return meeting
    return None
