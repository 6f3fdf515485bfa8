"""The one place where a lead's status, place and owner change, with their history (I2, I5)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from baton.domain.lead import LeadStatus, Place
from baton.errors import NotFoundError
from baton.store.tables import Lead, LeadChange, OwnerChange, StatusChange


def known_lead(session: Session, lead_id: int) -> Lead:
    """Return the lead.

    Raises:
        NotFoundError: No such lead.
    """
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise NotFoundError(f"There is no lead {lead_id}.")
    return lead


def lead_for_update(session: Session, lead_id: int) -> Lead:
    """Return the lead, locked until the transaction ends.

    Raises:
        NotFoundError: No such lead.
    """
    lead = session.scalar(
        select(Lead)
        .where(Lead.id == lead_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if lead is None:
        raise NotFoundError(f"There is no lead {lead_id}.")
    return lead


def move_lead(
    session: Session,
    lead: Lead,
    *,
    status: LeadStatus,
    place: Place,
    reason: str,
    by: str,
    at: datetime,
    hand_off_id: uuid.UUID | None = None,
    check_in_on: date | None = None,
    owner_id: int | None = None,
) -> None:
    """Change status, place and owner together; the database's guards hold I1, I2, I3 and I5.

    Args:
        check_in_on: Required for `Place.NURTURE`; cleared for every other place.
        owner_id: The new owner; None keeps the present one.
        at: Aware UTC instant of the change.
    """
    session.add(
        StatusChange(
            lead_id=lead.id,
            hand_off_id=hand_off_id,
            from_status=lead.status,
            to_status=status,
            from_place=lead.place,
            to_place=place,
            reason=reason,
            by=by,
            at=at,
        )
    )
    if owner_id is not None and owner_id != lead.owner_id:
        session.add(
            OwnerChange(
                lead_id=lead.id,
                hand_off_id=hand_off_id,
                from_id=lead.owner_id,
                to_id=owner_id,
                by=by,
                at=at,
            )
        )
        lead.owner_id = owner_id
    lead.status = status
    lead.place = place
    lead.place_reason = reason
    lead.check_in_on = check_in_on if place is Place.NURTURE else None
    session.flush()


def wait_again(
    session: Session,
    lead: Lead,
    *,
    reason: str,
    by: str,
    at: datetime,
    hand_off_id: uuid.UUID | None = None,
) -> None:
    """Let the lead wait for qualification again, as the lead that it is now.

    Who waits is judged once it changed since it was judged last, so it counts as changed.
    """
    move_lead(
        session,
        lead,
        status=LeadStatus(lead.status),
        place=Place.WAITING,
        reason=reason,
        by=by,
        at=at,
        hand_off_id=hand_off_id,
    )
    lead.changed_at = at


def keep_reason(session: Session, lead: Lead, reason: str | None) -> None:
    """Let the lead, moved back, be where it is for the reason that it had there before."""
    lead.place_reason = reason
    session.flush()


def change_lead(
    session: Session, lead: Lead, changes: dict[str, Any], *, by: str, at: datetime
) -> None:
    """Set columns of the lead and keep what they were; a value that is the same changes nothing."""
    differing = {name: new for name, new in changes.items() if getattr(lead, name) != new}
    if not differing:
        return
    session.add(
        LeadChange(
            lead_id=lead.id,
            at=at,
            by=by,
            changes={name: [getattr(lead, name), new] for name, new in differing.items()},
        )
    )
    for name, new in differing.items():
        setattr(lead, name, new)
    lead.changed_at = at
    session.flush()


def status_before(session: Session, hand_off_id: uuid.UUID, status: LeadStatus) -> LeadStatus:
    """Return what the lead was before this hand-off last gave it the status; new if it did not."""
    before = session.scalar(
        select(StatusChange.from_status)
        .where(
            StatusChange.hand_off_id == hand_off_id,
            StatusChange.to_status == status,
            StatusChange.from_status != status,
        )
        .order_by(StatusChange.id.desc())
        .limit(1)
    )
    return LeadStatus(before or LeadStatus.NEW)


def times_given(session: Session, hand_off_id: uuid.UUID, status: LeadStatus) -> int:
    """Return how often this hand-off gave its lead the status."""
    count = session.scalar(
        select(func.count()).where(
            StatusChange.hand_off_id == hand_off_id,
            StatusChange.to_status == status,
            StatusChange.from_status != status,
        )
    )
    return count or 0
