"""Where each lead ended and why, for whoever counts results. Only reads."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from baton.store.health import TOUCH_KEYS
from baton.store.tables import HandOff, Intake, Lead, Quarantine


@dataclass(frozen=True, slots=True)
class LeadEnd:
    """A lead, the place where it is, and its newest hand-off if it ever had one.

    Attributes:
        external_id: The lead's id in the file that it came from.
        place: A `Place`.
        reason: Why it is there, for people.
        state: The newest hand-off's `HandOffState`, or None.
        was_introduced: True when that hand-off's introduction went out.
    """

    lead_id: int
    external_id: str | None
    place: str
    reason: str | None
    state: str | None
    was_introduced: bool


def lead_ends(session: Session) -> list[LeadEnd]:
    """Return every lead with its end, in the order in which they were taken in."""
    newest = (
        select(HandOff.lead_id, HandOff.state, HandOff.introduced_at)
        .ext(distinct_on(HandOff.lead_id))
        .order_by(HandOff.lead_id, HandOff.opened_at.desc())
        .subquery()
    )
    rows = session.execute(
        select(
            Lead.id,
            Lead.external_id,
            Lead.place,
            Lead.place_reason,
            newest.c.state,
            newest.c.introduced_at.is_not(None),
        )
        .outerjoin(newest, newest.c.lead_id == Lead.id)
        .order_by(Lead.id)
    )
    return [LeadEnd(*row) for row in rows]


def quarantine_reasons(session: Session) -> list[tuple[str, str, int]]:
    """Return field, reason and count of what is in quarantine now, most frequent first."""
    count = func.count()
    rows = session.execute(
        select(Quarantine.field, Quarantine.reason, count)
        .join(Intake, Intake.id == Quarantine.intake_id)
        .where(Quarantine.resolved_at.is_(None), Intake.key.not_like(TOUCH_KEYS))
        .group_by(Quarantine.field, Quarantine.reason)
        .order_by(count.desc(), Quarantine.field, Quarantine.reason)
    )
    return [(field, reason, number) for field, reason, number in rows]
