"""Other times that attendees propose (COUNTER, RFC 5546), and what became of them.

None is an answer to the invite: the meeting stands as it was until one is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.store.tables import AttendanceRow, CounterProposal, Meeting


class CounterState(StrEnum):
    """What became of a proposed time."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OtherTime:
    """What an attendee proposes; instants are aware UTC, `stamped_at` is when it was made."""

    email: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    comment: str
    stamped_at: datetime


def record_counter(
    session: Session,
    meeting: Meeting,
    row: AttendanceRow | None,
    other: OtherTime,
    *,
    refused: str | None,
    at: datetime,
) -> CounterProposal | None:
    """Keep a proposed time; it is open unless it is refused or there is something newer.

    The newest of an attendee counts, in whatever order they come: an answer that was made later
    takes it back, and so does a later proposal.

    Args:
        session: The transaction, which has locked the attendee's row.
        meeting: The newest proposal of the hand-off.
        row: The attendee's; None if the address was not invited.
        other: What is proposed.
        refused: Why it cannot be taken, if so.
        at: Aware UTC instant at which it was read.

    Returns:
        The row as it was stored, or None if the same one is there already.
    """
    earlier = _of(session, meeting.id, other.email)
    if any(_same(one, other) for one in earlier):
        return None
    known = [one for one in earlier if one.state != CounterState.REFUSED]
    if refused is None and row is not None and _is_outdated(row, known, other):
        state, why = CounterState.SUPERSEDED, "the attendee wrote otherwise later"
    else:
        state = CounterState.OPEN if refused is None else CounterState.REFUSED
        why = refused or ""
    if state is CounterState.OPEN:
        _close(known, CounterState.SUPERSEDED, "the attendee proposed another time", at=at)
        session.flush()
    kept = CounterProposal(
        meeting_id=meeting.id,
        email=other.email,
        side=row.side if row is not None else "nobody",
        starts_at=other.starts_at,
        ends_at=other.ends_at,
        comment=other.comment.replace("\x00", ""),
        sequence=other.sequence,
        stamped_at=other.stamped_at,
        at=at,
        state=state,
        why=why,
        decided_at=None if state is CounterState.OPEN else at,
    )
    session.add(kept)
    session.flush()
    return kept


def _same(one: CounterProposal, other: OtherTime) -> bool:
    return (one.sequence, one.starts_at, one.ends_at, one.stamped_at) == (
        other.sequence,
        other.starts_at,
        other.ends_at,
        other.stamped_at,
    )


def _is_outdated(row: AttendanceRow, known: Iterable[CounterProposal], other: OtherTime) -> bool:
    if row.stamped_at is not None and row.stamped_at > other.stamped_at:
        return True
    made = (other.stamped_at, other.starts_at, other.ends_at)
    return any((one.stamped_at, one.starts_at, one.ends_at) > made for one in known)


def open_counters(session: Session, meeting_id: int) -> Sequence[CounterProposal]:
    """Return the proposed times of this meeting that wait for an answer, oldest first."""
    return session.scalars(
        select(CounterProposal)
        .where(CounterProposal.meeting_id == meeting_id, CounterProposal.state == CounterState.OPEN)
        .order_by(CounterProposal.stamped_at, CounterProposal.id)
    ).all()


def accepted_counter(session: Session, meeting_id: int) -> CounterProposal | None:
    """Return the proposed time that replaces this meeting's, if one was accepted."""
    return session.scalar(
        select(CounterProposal)
        .where(
            CounterProposal.meeting_id == meeting_id,
            CounterProposal.state == CounterState.ACCEPTED,
        )
        .order_by(CounterProposal.id.desc())
        .limit(1)
    )


def settle_counter(
    counter: CounterProposal, state: CounterState, *, by: str, at: datetime, why: str = ""
) -> None:
    """Say what became of an open one; the first word stands."""
    if counter.state == CounterState.OPEN:
        counter.state = state
        counter.decided_by = by
        counter.decided_at = at
        counter.why = why


def withdraw_counters(
    session: Session, meeting_id: int, email: str, *, made_before: datetime, at: datetime
) -> None:
    """Close what the attendee proposed before the instant (aware UTC) of a later answer."""
    older = [one for one in _of(session, meeting_id, email) if one.stamped_at < made_before]
    _close(older, CounterState.SUPERSEDED, "the attendee answered the invite later", at=at)


def close_counters(session: Session, meeting_id: int, why: str, *, at: datetime) -> None:
    """Close what is open: the meeting got another time, or is off."""
    _close(open_counters(session, meeting_id), CounterState.SUPERSEDED, why, at=at)


def _of(session: Session, meeting_id: int, email: str) -> Sequence[CounterProposal]:
    return session.scalars(
        select(CounterProposal).where(
            CounterProposal.meeting_id == meeting_id, CounterProposal.email == email
        )
    ).all()


def _close(
    counters: Iterable[CounterProposal], state: CounterState, why: str, *, at: datetime
) -> None:
    for counter in counters:
        settle_counter(counter, state, by="baton", at=at, why=why)
