"""What leads did, and what reps did to reach them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.store.tables import Attempt, Touch


def touches_of(session: Session, lead_id: int, *, limit: int = 30) -> Sequence[Touch]:
    """Return the lead's newest touches, newest first."""
    return session.scalars(
        select(Touch).where(Touch.lead_id == lead_id).order_by(Touch.at.desc()).limit(limit)
    ).all()


def record_touch(
    session: Session, lead_id: int, *, kind: str, at: datetime, detail: str = ""
) -> bool:
    """Record something the lead did; return whether it is new."""
    return (
        session.scalar(
            insert(Touch)
            .values(lead_id=lead_id, kind=kind, at=at, detail=detail)
            .on_conflict_do_nothing()
            .returning(Touch.id)
        )
        is not None
    )


def record_attempt(
    session: Session,
    *,
    lead_id: int,
    hand_off_id: uuid.UUID | None,
    rep_id: int,
    channel: str,
    at: datetime,
    note: str,
    source_key: str,
) -> bool:
    """Record something a rep did to reach the lead (D6); return whether it is new."""
    return (
        session.scalar(
            insert(Attempt)
            .values(
                lead_id=lead_id,
                hand_off_id=hand_off_id,
                rep_id=rep_id,
                channel=channel,
                at=at,
                note=note,
                source_key=source_key,
            )
            .on_conflict_do_nothing()
            .returning(Attempt.id)
        )
        is not None
    )
