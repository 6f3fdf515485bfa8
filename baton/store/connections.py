"""Calls that are reserved, and that AE and lead reached each other (I1, I7)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from baton.domain.meeting import MeetingKind, MeetingState
from baton.store.meetings import latest_meeting
from baton.store.tables import Connection, HandOff, Meeting

# How long what was said without a reserved time counts as having taken.
BRIEF = timedelta(minutes=1)


def reserve_call(
    session: Session, hand_off: HandOff, *, starts_at: datetime, ends_at: datetime
) -> Meeting:
    """Take the time for a call of the hand-off's AE (I7); nobody is invited to it.

    Whoever calls it has made sure that the time is free, and that nobody else takes it meanwhile.
    """
    return _add(session, hand_off, Range(starts_at, ends_at), MeetingState.HELD)


def reserved_call(session: Session, hand_off_id: uuid.UUID) -> Meeting | None:
    """Return the call that is reserved for the hand-off, if there is one."""
    meeting = latest_meeting(session, hand_off_id)
    if meeting is None or meeting.kind != MeetingKind.CALL or meeting.state != MeetingState.HELD:
        return None
    return meeting


def free_call(session: Session, hand_off_id: uuid.UUID) -> None:
    """Give the reserved time back, if there is one."""
    meeting = reserved_call(session, hand_off_id)
    if meeting is not None:
        meeting.state = MeetingState.CANCELLED
        session.flush()


def record_connection(
    session: Session, hand_off: HandOff, *, by: str, note: str, at: datetime
) -> Connection:
    """Record that AE and lead reached each other; the database refuses what is no proof (I1).

    The reserved time stays the AE's if it has begun; else it is given back.

    Args:
        session: The transaction.
        hand_off: Locked; it goes over by another technique than an appointment.
        by: Who says so: a rep's mail address, or "mail".
        note: In their words; may be empty.
        at: Aware UTC.
    """
    meeting = reserved_call(session, hand_off.id)
    if meeting is not None and meeting.during.lower is not None and meeting.during.lower <= at:
        meeting.state = MeetingState.CONFIRMED
    else:
        free_call(session, hand_off.id)
        meeting = _add(session, hand_off, Range(at, at + BRIEF), MeetingState.OVER)
    connection = Connection(
        hand_off_id=hand_off.id,
        meeting_id=meeting.id,
        technique=hand_off.technique,
        at=at,
        said_by=by,
        note=note.strip(),
    )
    session.add(connection)
    session.flush()
    return connection


def connection_of(session: Session, hand_off_id: uuid.UUID) -> Connection | None:
    """Return that the hand-off's AE and lead reached each other, the last time; None if never."""
    return session.scalar(
        select(Connection)
        .where(Connection.hand_off_id == hand_off_id)
        .order_by(Connection.id.desc())
        .limit(1)
    )


def calls_of(session: Session, hand_off_id: uuid.UUID) -> int:
    """Return how many calls were reserved or made in the hand-off."""
    found = session.scalar(
        select(func.count()).where(
            Meeting.hand_off_id == hand_off_id, Meeting.kind == MeetingKind.CALL
        )
    )
    return found or 0


def _add(
    session: Session, hand_off: HandOff, during: Range[datetime], state: MeetingState
) -> Meeting:
    before = latest_meeting(session, hand_off.id)
    ordinal = before.ordinal + 1 if before else 1
    meeting = Meeting(
        hand_off_id=hand_off.id,
        ordinal=ordinal,
        ae_id=hand_off.ae_id,
        during=during,
        uid=f"{hand_off.id}-call-{ordinal}@baton",
        state=state,
        kind=MeetingKind.CALL,
    )
    session.add(meeting)
    session.flush()
    return meeting
