"""When something will next be due: the instants at which time alone changes what must be done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, Integer, cast, func, select, union_all
from sqlalchemy.orm import Session

from baton.domain.hand_off import HandOffState, WaitState
from baton.domain.meeting import MeetingState
from baton.store.tables import HandOff, Meeting, Wait


def next_instant(session: Session, after: datetime) -> datetime | None:
    """Return the first instant after `after` at which time alone changes what must be done.

    It looks at open hand-offs only: when a wait begins to be owed, is to be reminded or is
    overdue, when a step without a wait is overdue, when a meeting is over.

    Args:
        after: Aware UTC instant; what is due at it or before does not count.

    Returns:
        Aware UTC instant, or None if nothing is due any more.
    """
    # PostgreSQL finds a JSON array's element by an integer, not by a bigint.
    position = cast(Wait.reminded, Integer)
    reminder = cast(Wait.remind_at[position].astext, DateTime(timezone=True))
    is_open = Wait.state == WaitState.OPEN
    meeting_end = func.upper(Meeting.during)
    instants = union_all(
        select(Wait.not_before.label("at")).where(is_open),
        select(reminder).where(is_open),
        select(Wait.due_at).where(is_open),
        select(HandOff.due_at).where(HandOff.state == HandOffState.OPEN),
        select(meeting_end).where(
            Meeting.state.in_([MeetingState.PROPOSED, MeetingState.CONFIRMED])
        ),
    ).subquery()
    found: datetime | None = session.scalar(
        select(func.min(instants.c.at)).where(instants.c.at > after)
    )
    return found
