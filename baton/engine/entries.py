"""A confirmed meeting stands in the AE's calendar, if Baton may write it; else nowhere there.

An entry is an effect that no stage waits for: the sweep writes it. What it writes is what is true
at that moment: the meeting, or nothing once it is off. Which of two comes first does not matter.
"""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from baton.adapters.calendar.calendars import WritableCalendar
from baton.adapters.calendar.entries import entry_of
from baton.domain.calendar_address import CALDAV, calendar_parts
from baton.domain.hand_off import EffectKind
from baton.domain.meeting import MeetingState
from baton.engine.rep_calendars import Whose, calendar_of
from baton.errors import CalendarUnavailableError
from baton.runtime import Runtime
from baton.store.effects import Intent, effect_by_key, intend
from baton.store.meetings import latest_meeting
from baton.store.reps import rep_by_email
from baton.store.tables import Effect, HandOff, Meeting, Rep

STANDING = (MeetingState.CONFIRMED, MeetingState.OVER)


def _key(hand_off: HandOff, ordinal: int, what: str) -> str:
    return f"{hand_off.id}:{EffectKind.CALENDAR_ENTRY}:{ordinal}-{what}"


def intend_entry(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff,
    meeting: Meeting,
    *,
    ae: Rep,
    request: bytes,
) -> None:
    """Intend that the meeting comes into the AE's calendar, if that can be written.

    Args:
        request: The invite that everybody accepted, an iTIP REQUEST.
    """
    if ae.calendar is None or calendar_parts(ae.calendar).scheme not in CALDAV:
        return
    entry = _intent(hand_off, meeting, ae, "on", entry_of(request))
    intend(session, entry, at=runtime.clock.now())


def intend_removal(
    runtime: Runtime, session: Session, hand_off: HandOff, meeting: Meeting, ae: Rep
) -> None:
    """Intend that the meeting goes from the AE's calendar, if it ever was to come into it."""
    keys = [_key(hand_off, number, "on") for number in range(1, meeting.ordinal + 1)]
    if any(effect_by_key(session, key) is not None for key in keys):
        off = _intent(hand_off, meeting, ae, "off", None)
        intend(session, off, at=runtime.clock.now())


def _intent(
    hand_off: HandOff, meeting: Meeting, ae: Rep, what: str, content: bytes | None
) -> Intent:
    return Intent(
        key=_key(hand_off, meeting.ordinal, what),
        kind=EffectKind.CALENDAR_ENTRY,
        provider_id=meeting.uid,
        payload={"rep": ae.email, "calendar": fingerprint(ae.calendar)},
        content=content,
        hand_off_id=hand_off.id,
        lead_id=hand_off.lead_id,
    )


def fingerprint(address: str | None) -> str:
    """Return what tells one calendar from another without saying where it is."""
    return hashlib.sha256((address or "").encode()).hexdigest()[:16]


def write_entry(runtime: Runtime, effect: Effect) -> None:
    """Write the entry, or take it away if the meeting does not stand (any more).

    Raises:
        CalendarUnavailableError: Not done, or nobody knows; doing it again is safe.
    """
    with runtime.transaction() as session:
        assert effect.hand_off_id is not None
        meeting = latest_meeting(session, effect.hand_off_id)
        stands = meeting is not None and meeting.state in STANDING
        rep = rep_by_email(session, effect.payload["rep"])
        whose = None if rep is None else Whose.of(rep)
    if whose is None or fingerprint(whose.address) != effect.payload["calendar"]:
        # The rep left, or has another calendar now: there is nothing to write into.
        return
    calendar = calendar_of(runtime, whose)
    if not isinstance(calendar, WritableCalendar):
        raise CalendarUnavailableError(f"The calendar of {whose.email} cannot be written.")
    if not stands:
        calendar.remove(effect.provider_id)
    elif effect.content is not None:
        calendar.put(effect.provider_id, effect.content)
