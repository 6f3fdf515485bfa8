"""Calling a meeting off when its hand-off is cancelled."""

from __future__ import annotations

from sqlalchemy.orm import Session

from baton.domain.meeting import MeetingState
from baton.engine.inviting import cancellation_mail
from baton.engine.people import people_of
from baton.runtime import Runtime
from baton.store.effects import intend
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff


def call_off(runtime: Runtime, session: Session, hand_off: HandOff) -> None:
    """Intend the cancellation of an invite that stands; the sweep sends it."""
    meeting = latest_meeting(session, hand_off.id)
    if meeting is None or meeting.state not in (MeetingState.PROPOSED, MeetingState.CONFIRMED):
        return
    people = people_of(session, hand_off)
    intend(session, cancellation_mail(runtime, hand_off, people, meeting), at=runtime.clock.now())
