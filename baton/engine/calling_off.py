"""Calling a meeting off when its hand-off is cancelled, or when the lead opts out."""

from __future__ import annotations

from sqlalchemy.orm import Session

from baton.domain.meeting import MeetingState
from baton.engine.entries import intend_removal
from baton.engine.inviting import cancellation_mail, opted_out_mail
from baton.engine.people import people_of
from baton.runtime import Runtime
from baton.store.effects import intend
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff

STANDING = (MeetingState.PROPOSED, MeetingState.CONFIRMED)


def call_off(
    runtime: Runtime, session: Session, hand_off: HandOff, *, lead_opted_out: bool = False
) -> None:
    """Intend the cancellation of an invite that stands; the sweep sends it.

    Both sides are told, but a lead that opted out hears nothing any more (I4).
    """
    intend_removal(runtime, session, hand_off)
    meeting = latest_meeting(session, hand_off.id)
    if meeting is None or meeting.state not in STANDING:
        return
    people = people_of(session, hand_off)
    written = opted_out_mail if lead_opted_out else cancellation_mail
    intend(session, written(runtime, hand_off, people, meeting), at=runtime.clock.now())
