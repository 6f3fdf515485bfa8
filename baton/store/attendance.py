"""Who answered an invite, and how (I1): by RFC 5546 the newest answer to the present invite."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.meeting import Attendance
from baton.store.counters import withdraw_counters
from baton.store.meetings import TAKEN
from baton.store.tables import AttendanceChange, AttendanceRow, Meeting

# Of two answers made in the same second, in any order of arrival: who also said no has said no.
_NEVER = datetime.min.replace(tzinfo=UTC)
_CAUTION = (
    Attendance.NEEDS_ACTION,
    Attendance.ACCEPTED,
    Attendance.TENTATIVE,
    Attendance.DECLINED,
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An attendee's answer to an invite: `email` says it of meeting `uid` at `sequence`.

    `stamped_at` is the aware UTC instant at which it was made (DTSTAMP); None if it does not say.
    """

    uid: str
    sequence: int
    email: str
    reply: Attendance
    stamped_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Addressed:
    """What a calendar object that came in is about, and why it may not change it, if so."""

    meeting: Meeting
    row: AttendanceRow | None
    refused: str | None


def addressed(
    session: Session, *, uid: str, sequence: int, email: str, sender: str
) -> Addressed | None:
    """Return the meeting and the attendee's row, locked; None if no meeting has this UID.

    Refused is what does not come from an invited attendee, for the present sequence, of a meeting
    that stands.
    """
    meeting = session.scalar(
        select(Meeting).where(Meeting.uid == uid).order_by(Meeting.ordinal.desc()).limit(1)
    )
    if meeting is None:
        return None
    row = session.get(AttendanceRow, (meeting.id, email), with_for_update=True)
    return Addressed(meeting, row, _why_refused(meeting, row, sequence, is_own=sender == email))


def _why_refused(
    meeting: Meeting, row: AttendanceRow | None, sequence: int, *, is_own: bool
) -> str | None:
    if row is None:
        return "the address was not invited"
    if not is_own:
        return "it was not sent by the attendee"
    if sequence != meeting.sequence:
        never = "" if sequence < meeting.sequence else ", which was never sent"
        return f"it answers sequence {sequence}{never}, the invite is at {meeting.sequence}"
    if meeting.state not in TAKEN:
        return f"the meeting is {meeting.state}"
    return None


def record_reply(session: Session, reply: Reply, *, sender: str, at: datetime) -> str | None:
    """Record an attendee's reply; refuse one that is forged, stale, outdated or a stranger's.

    Of the answers to one sequence the one that was made last counts, in whatever order they
    come. An answer also takes back what the attendee proposed before.

    Args:
        session: The transaction.
        reply: What the calendar reply says.
        sender: For whom the mail speaks: its From address, or the attendee's if that may act.
        at: Aware UTC instant at which it was read; nothing was made later than that.

    Returns:
        None if attendance changed or was the same already, else why it was refused.
    """
    found = addressed(
        session, uid=reply.uid, sequence=reply.sequence, email=reply.email, sender=sender
    )
    if found is None:
        return "no meeting has this UID"
    made_at = min(reply.stamped_at or at, at)
    row, refused = found.row, found.refused
    if refused is None and row is not None and _rank(row) > (made_at, _caution(reply.reply)):
        refused = "the attendee answered otherwise later"
    session.add(
        AttendanceChange(
            meeting_id=found.meeting.id,
            email=reply.email,
            reply=reply.reply,
            sequence=reply.sequence,
            at=at,
            refused=refused,
            stamped_at=made_at,
        )
    )
    if refused is None and row is not None:
        row.reply = reply.reply
        row.sequence = reply.sequence
        row.at = at
        row.stamped_at = made_at
        withdraw_counters(session, found.meeting.id, reply.email, made_before=made_at, at=at)
    session.flush()
    return refused


def _rank(row: AttendanceRow) -> tuple[datetime, int]:
    made_at = row.stamped_at or row.at
    return (made_at, _caution(row.reply)) if made_at else (_NEVER, 0)


def _caution(reply: str) -> int:
    return _CAUTION.index(Attendance(reply))


def attendance_of(session: Session, meeting_id: int) -> dict[str, Attendance]:
    """Return each side's present reply: `{"ae": ..., "lead": ...}`."""
    rows = session.scalars(select(AttendanceRow).where(AttendanceRow.meeting_id == meeting_id))
    return {row.side: Attendance(row.reply) for row in rows}
