"""Back to nurture: every lead that returns has a date on which sales looks again (B8, I3)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from baton.domain.hand_off import HandOffState
from baton.domain.lead import LeadStatus, Place
from baton.engine.stage import Work
from baton.store.hand_offs import Ending
from baton.store.opt_outs import has_opted_out
from baton.store.tables import HandOff


def to_nurture(
    work: Work,
    session: Session,
    hand_off: HandOff,
    state: HandOffState,
    reason: str,
    *,
    status: LeadStatus | None = None,
    days: int | None = None,
) -> Ending:
    """Return the ending that nurtures the lead until its check-in date.

    A lead that has opted out is not nurtured: it is closed.

    Args:
        work: The stage's work.
        session: Its transaction.
        hand_off: The hand-off that ends.
        state: `NOT_QUALIFIED` before a meeting, `RETURNED` after one.
        reason: For people.
        status: The lead's status; nurture unless given.
        days: Days until the check-in; the agreement's for leads that do not qualify unless given.
    """
    if has_opted_out(session, hand_off.lead_id):
        return Ending(state, reason, Place.CLOSED, status=LeadStatus.DISQUALIFIED)
    wanted = days or work.agreement(session, hand_off).nurture.not_qualified_days
    return Ending(
        state=state,
        reason=reason,
        place=Place.NURTURE,
        status=status or LeadStatus.NURTURE,
        check_in_on=(work.now() + timedelta(days=wanted)).date(),
    )
