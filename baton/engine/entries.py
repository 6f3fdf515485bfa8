"""A confirmed meeting stands in the AE's calendar, if Baton may write it; else nowhere there.

An entry is an effect that no stage waits for: the sweep writes it. What it writes is what is true
at that moment: the meeting, or nothing once it is off. Two of a hand-off are not written at once
(`acting_alone`), and which of them comes first does not matter.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.adapters.calendar.calendars import WritableCalendar
from baton.adapters.calendar.entries import entry_of
from baton.domain.calendar_address import WRITABLE, calendar_parts
from baton.domain.hand_off import EffectKind
from baton.domain.meeting import MeetingState
from baton.engine.rep_calendars import Whose, calendar_of
from baton.errors import RefusedError
from baton.runtime import Runtime
from baton.store.effects import Intent, intend
from baton.store.meetings import latest_meeting
from baton.store.reps import rep_by_email
from baton.store.tables import Effect, HandOff, Meeting, Rep

STANDING = (MeetingState.CONFIRMED, MeetingState.OVER)


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
    if ae.calendar is None or calendar_parts(ae.calendar).scheme not in WRITABLE:
        return
    payload = {
        "rep": ae.email,
        "calendar": fingerprint(ae.calendar),
        "ordinal": meeting.ordinal,
    }
    entry = _intent(hand_off, "on", meeting.uid, payload, entry_of(request))
    intend(session, entry, at=runtime.clock.now())


def intend_removal(runtime: Runtime, session: Session, hand_off: HandOff) -> None:
    """Intend that the hand-off's meeting goes from the calendar it was last to come into, if any.

    Call it in the transaction that takes the meeting off.
    """
    last = session.scalar(
        select(Effect)
        .where(
            Effect.hand_off_id == hand_off.id,
            Effect.kind == EffectKind.CALENDAR_ENTRY,
            Effect.content.is_not(None),
        )
        .order_by(Effect.id.desc())
        .limit(1)
    )
    if last is not None:
        off = _intent(hand_off, "off", last.provider_id, last.payload, None)
        intend(session, off, at=runtime.clock.now())


def _intent(
    hand_off: HandOff, what: str, uid: str, payload: dict[str, Any], content: bytes | None
) -> Intent:
    return Intent(
        key=f"{hand_off.id}:{EffectKind.CALENDAR_ENTRY}:{payload['ordinal']}-{what}",
        kind=EffectKind.CALENDAR_ENTRY,
        provider_id=uid,
        payload=payload,
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
        RefusedError: The rep has another calendar by now, or none.
    """
    with runtime.transaction() as session:
        assert effect.hand_off_id is not None
        meeting = latest_meeting(session, effect.hand_off_id)
        rep = rep_by_email(session, effect.payload["rep"])
        stands = meeting is not None and meeting.state in STANDING
        if rep is not None and meeting is not None and meeting.ae_id != rep.id:
            # Another AE took over, and it stands in their calendar.
            stands = False
        is_its_own = meeting is not None and meeting.ordinal == effect.payload["ordinal"]
        whose = None if rep is None else Whose.of(rep)
    if stands and not (is_its_own and effect.content):
        # The meeting was moved since, and has an entry of its own.
        return
    calendar = _same_calendar(runtime, whose, effect)
    if stands:
        assert effect.content is not None
        calendar.put(effect.provider_id, effect.content)
    else:
        calendar.remove(effect.provider_id)


def _same_calendar(runtime: Runtime, whose: Whose | None, effect: Effect) -> WritableCalendar:
    """Return the calendar that was meant, for one that the rep has since knows nothing of it."""
    if whose is None or fingerprint(whose.address) != effect.payload["calendar"]:
        raise RefusedError(
            f"{effect.payload['rep']} has another calendar now, or none; see by hand "
            "to the meeting's entry ('baton effects resolve' settles this one)."
        )
    calendar = calendar_of(runtime, whose)
    assert isinstance(calendar, WritableCalendar)
    return calendar
