"""Meetings: slots taken without double booking (I7)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState
from baton.domain.meeting import MeetingKind, MeetingState
from baton.errors import SlotTakenError
from baton.store.tables import AttendanceRow, Effect, HandOff, Meeting

TAKEN = (MeetingState.HELD, MeetingState.PROPOSED, MeetingState.CONFIRMED)
_LATEST = (
    select(Meeting)
    .where(Meeting.hand_off_id == bindparam("of"))
    .order_by(Meeting.ordinal.desc())
    .limit(1)
)


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


def meetings_of(session: Session, hand_off_id: uuid.UUID) -> Sequence[Meeting]:
    """Return the hand-off's proposals, whatever their state, newest first."""
    return session.scalars(
        select(Meeting).where(Meeting.hand_off_id == hand_off_id).order_by(Meeting.ordinal.desc())
    ).all()


def latest_meeting(session: Session, hand_off_id: uuid.UUID) -> Meeting | None:
    """Return the hand-off's newest proposal, whatever its state."""
    return session.scalar(_LATEST, {"of": hand_off_id})


def proposed_times(session: Session, hand_off_id: uuid.UUID) -> list[tuple[datetime, datetime]]:
    """Return every time that the hand-off's people were asked for, as aware UTC pairs."""
    rows = session.scalars(
        select(Meeting.during).where(Meeting.hand_off_id == hand_off_id).order_by(Meeting.ordinal)
    )
    return [(r.lower, r.upper) for r in rows if r.lower and r.upper]


def propose_meeting(
    session: Session,
    hand_off: HandOff,
    *,
    starts_at: datetime,
    ends_at: datetime,
    location: str,
    lead_email: str,
    ae_email: str,
    before: Meeting | None,
) -> Meeting:
    """Take the slot for the hand-off's AE and ask both sides anew.

    A further proposal keeps the UID and raises the sequence, as RFC 5546 wants of an update.

    Args:
        session: The transaction.
        hand_off: It has an AE.
        starts_at: Aware UTC.
        ends_at: Aware UTC.
        location: Where, or a link.
        lead_email: Whom the lead's side is asked at.
        ae_email: Whom the AE's side is asked at.
        before: The hand-off's newest proposal until now (`latest_meeting`); None for the first.

    Raises:
        SlotTakenError: Another meeting of this AE took the time first (I7).
    """
    assert hand_off.ae_id is not None
    if before is not None and before.state in TAKEN:
        before.state = MeetingState.CANCELLED
        session.flush()
    was_invited = before is not None and before.kind == MeetingKind.APPOINTMENT
    taking = insert(Meeting).values(
        hand_off_id=hand_off.id,
        ordinal=before.ordinal + 1 if before else 1,
        ae_id=hand_off.ae_id,
        during=Range(starts_at, ends_at),
        uid=before.uid if before and was_invited else f"{hand_off.id}@baton",
        sequence=before.sequence + 1 if before and was_invited else 0,
        state=MeetingState.PROPOSED,
        location=location,
    )
    # It waits for whoever is about to take the same time, as any constraint does.
    free_only = taking.on_conflict_do_nothing(constraint="no_double_booking")
    meeting: Meeting | None = session.scalar(free_only.returning(Meeting))
    if meeting is None:
        raise SlotTakenError(
            f"Rep {hand_off.ae_id} is in another meeting at {starts_at.isoformat()}; "
            "propose another time."
        )
    for email, side in ((ae_email, "ae"), (lead_email, "lead")):
        session.add(AttendanceRow(meeting_id=meeting.id, email=email, side=side))
    session.flush()
    return meeting


def entered_meetings(session: Session, *, at: datetime) -> list[tuple[Meeting, dict[str, Any]]]:
    """Return the confirmed meetings ahead that were put into their AE's calendar.

    Each comes with the payload of the effect that put it there, the soonest first.
    """
    put = func.concat(Meeting.hand_off_id, f":{EffectKind.CALENDAR_ENTRY}:", Meeting.ordinal, "-on")
    rows = session.execute(
        select(Meeting, Effect.payload)
        .join(Effect, Effect.key == put)
        .where(
            Meeting.state == MeetingState.CONFIRMED,
            func.lower(Meeting.during) > at,
            Effect.state == EffectState.DONE,
        )
        .order_by(func.lower(Meeting.during))
    )
    return [(meeting, payload) for meeting, payload in rows]


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
