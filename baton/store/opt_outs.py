"""Wishes not to be contacted (I4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.store.tables import HandOff, Lead, OptOut


def record_opt_out(
    session: Session, address: str, *, channel: str, source: str, reason: str, at: datetime
) -> bool:
    """Record the wish; return whether it is new. Releases to the address wait for this."""
    return (
        session.scalar(
            insert(OptOut)
            .values(address=address, channel=channel, source=source, reason=reason, at=at)
            .on_conflict_do_nothing()
            .returning(OptOut.id)
        )
        is not None
    )


def leads_reached_by(session: Session, address: str) -> list[Lead]:
    """Return every lead with this mail address or E.164 number, locked, oldest first."""
    return list(
        session.scalars(
            select(Lead)
            .where(or_(Lead.email == address, Lead.phone_e164 == address))
            .order_by(Lead.id)
            .with_for_update()
        )
    )


def open_hand_off_of(session: Session, lead_id: int) -> HandOff | None:
    """Return the lead's open hand-off, locked."""
    return session.scalar(
        select(HandOff).where(HandOff.lead_id == lead_id, HandOff.state == "open").with_for_update()
    )
