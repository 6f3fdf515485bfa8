"""Meetings: slots taken without double booking (I7), and who accepted them (I1)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.domain.meeting import Attendance, MeetingState
from baton.errors import SlotTakenError
from baton.store.tables import AttendanceChange, AttendanceRow, HandOff, Meeting

TAKEN = (MeetingState.HELD, MeetingState.PROPOSED, MeetingState.CONFIRMED)


def busy_times(
    session: Session, ae_id: int, *, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the AE's taken slots that touch the window, in order, as aware UTC pairs."""
    window = Range(since, until)
    rows = session.scalars(
        select(Meeting.during)
        .where(Meeting.ae_id == ae_id, Meeting.state.in_(TAKEN), Meeting.during.overlaps(window))
        .order_by(Meeting.during)
    )
    return [(r.lower, r.upper) for r in rows if r.lower and r.upper]


def latest_meeting(session: Session, hand_off_id: uuid.UUID) -> Meeting | None:
    """Return the hand-off's newest proposal, whatever its state."""
    return session.scalar(
        select(Meeting)
        .where(Meeting.hand_off_id == hand_off_id)
        .order_by(Meeting.ordinal.desc())
        .limit(1)
    )


def propose_meeting(
    session: Session,
    hand_off: HandOff,
    *,
    starts_at: datetime,
    ends_at: datetime,
    location: str,
    lead_email: str,
    ae_email: str,
) -> Meeting:
    """Take the slot for the hand-off's AE and ask both sides anew.

    A further proposal keeps the UID and raises the sequence, as RFC 5546 wants of an update.

    Raises:
        SlotTakenError: Another meeting of this AE took the time first (I7).
    """
    assert hand_off.ae_id is not None
    before = latest_meeting(session, hand_off.id)
    if before is not None and before.state in TAKEN:
        before.state = MeetingState.CANCELLED
        session.flush()
    meeting = Meeting(
        hand_off_id=hand_off.id,
        ordinal=before.ordinal + 1 if before else 1,
        ae_id=hand_off.ae_id,
        during=Range(starts_at, ends_at),
        uid=before.uid if before else f"{hand_off.id}@baton",
        sequence=before.sequence + 1 if before else 0,
        state=MeetingState.PROPOSED,
        location=location,
    )
    try:
        with session.begin_nested():
            session.add(meeting)
            session.flush()
    except IntegrityError as error:
        if "no_double_booking" not in str(error.orig):
            raise
        raise SlotTakenError(
            f"Rep {hand_off.ae_id} is in another meeting at {starts_at.isoformat()}; "
            "propose another time."
        ) from error
    for email, side in ((ae_email, "ae"), (lead_email, "lead")):
        session.add(AttendanceRow(meeting_id=meeting.id, email=email, side=side))
    session.flush()
    return meeting


@dataclass(frozen=True, slots=True)
class Reply:
    """An attendee's answer to an invite: `email` says it of meeting `uid` at `sequence`."""

    uid: str
    sequence: int
    email: str
    reply: Attendance


def record_reply(session: Session, reply: Reply, *, sender: str, at: datetime) -> str | None:
    """Record an attendee's reply; refuse one that is forged, stale or from a stranger.

    Args:
        reply: What the calendar reply says.
        sender: The mail's From address; it must be the attendee's.
        at: Aware UTC instant at which it was read.

    Returns:
        None if attendance changed or was the same already, else why it was refused.
    """
    meeting = session.scalar(
        select(Meeting).where(Meeting.uid == reply.uid).order_by(Meeting.ordinal.desc()).limit(1)
    )
    if meeting is None:
        return "no meeting has this UID"
    row = session.get(AttendanceRow, (meeting.id, reply.email), with_for_update=True)
    refused = _why_refused(meeting, row, reply, sender)
    session.add(
        AttendanceChange(
            meeting_id=meeting.id,
            email=reply.email,
            reply=reply.reply,
            sequence=reply.sequence,
            at=at,
            refused=refused,
        )
    )
    if refused is None and row is not None:
        row.reply = reply.reply
        row.sequence = reply.sequence
        row.at = at
    session.flush()
    return refused


def _why_refused(
    meeting: Meeting, row: AttendanceRow | None, reply: Reply, sender: str
) -> str | None:
    if row is None:
        return "the address was not invited"
    if sender != reply.email:
        return "it was not sent by the attendee"
    if reply.sequence < meeting.sequence:
        return f"it answers sequence {reply.sequence}, the invite is at {meeting.sequence}"
    if meeting.state not in TAKEN:
        return f"the meeting is {meeting.state}"
    return None


def attendance_of(session: Session, meeting_id: int) -> dict[str, Attendance]:
    """Return each side's present reply: `{"ae": ..., "lead": ...}`."""
    rows = session.scalars(select(AttendanceRow).where(AttendanceRow.meeting_id == meeting_id))
    return {row.side: Attendance(row.reply) for row in rows}


def meetings_by_rep(session: Session, rep_ids: Sequence[int]) -> dict[int, int]:
    """Return how many hand-offs each AE was ever given; reps with none are there with 0."""
    rows = session.execute(
        select(HandOff.ae_id, func.count())
        .where(HandOff.ae_id.in_(list(rep_ids)))
        .group_by(HandOff.ae_id)
    )
    counts = dict.fromkeys(rep_ids, 0)
    counts.update({ae: n for ae, n in rows if ae is not None})
    return counts
