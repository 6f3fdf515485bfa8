"""What the AE says after the meeting (I2, I3)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from baton.domain.meeting import OutcomeKind
from baton.domain.verdict import Verdict
from baton.store.tables import HandOff, Meeting, Outcome, Rep


def record_outcome(
    session: Session,
    meeting: Meeting,
    *,
    rep_id: int,
    kind: OutcomeKind,
    verdicts: Mapping[str, str],
    feedback: str,
    at: datetime,
    tolerated: Collection[str] = (),
) -> Outcome:
    """Insert the outcome of a meeting; the database refuses a rejection without feedback (I3).

    Args:
        session: The transaction.
        meeting: The meeting.
        rep_id: Who says it.
        kind: What they say.
        verdicts: What they say of each criterion, by its id.
        feedback: In their own words.
        at: Now (aware UTC).
        tolerated: Criteria that no lead is turned away for when the outcome is `MET`: enough
            others of their group are met.
    """
    unmet = {name for name, said in verdicts.items() if said == Verdict.UNMET}
    if kind is OutcomeKind.MET:
        unmet -= set(tolerated)
    outcome = Outcome(
        hand_off_id=meeting.hand_off_id,
        meeting_id=meeting.id,
        rep_id=rep_id,
        kind=kind,
        verdicts=dict(verdicts),
        unmet=sorted(unmet),
        feedback=feedback.strip(),
        at=at,
    )
    session.add(outcome)
    session.flush()
    return outcome


def latest_outcome(session: Session, hand_off_id: uuid.UUID) -> Outcome | None:
    """Return the newest outcome of the hand-off."""
    return session.scalar(
        select(Outcome)
        .where(Outcome.hand_off_id == hand_off_id)
        .order_by(Outcome.id.desc())
        .limit(1)
    )


def no_shows(session: Session, hand_off_id: uuid.UUID) -> int:
    """Return to how many meetings of the hand-off the lead did not come."""
    count = session.scalar(
        select(func.count()).where(
            Outcome.hand_off_id == hand_off_id, Outcome.kind == OutcomeKind.NO_SHOW
        )
    )
    return count or 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """A hand-off of the lead that is over.

    Attributes:
        hand_off: The hand-off.
        ae_name: Who had it; None if nobody was assigned.
        outcome: What the AE said last; None if no meeting came about.
    """

    hand_off: HandOff
    ae_name: str | None
    outcome: Outcome | None


def earlier_hand_offs(session: Session, hand_off: HandOff, *, limit: int = 5) -> list[Earlier]:
    """Return the lead's hand-offs before this one that are over, newest first."""
    found = session.execute(
        select(HandOff, Rep.name)
        .outerjoin(Rep, Rep.id == HandOff.ae_id)
        .where(
            HandOff.lead_id == hand_off.lead_id,
            HandOff.id != hand_off.id,
            HandOff.closed_at.is_not(None),
        )
        .order_by(HandOff.closed_at.desc())
        .limit(limit)
    )
    return [Earlier(one, name, latest_outcome(session, one.id)) for one, name in found]
