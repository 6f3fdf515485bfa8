"""A person who opted out wants to hear from us again; only their own act says so (B9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind
from baton.domain.lead import LeadStatus, Place
from baton.engine.mailing import SUBSCRIBE
from baton.engine.opting_out import REASON
from baton.messages.composing import tracking_address
from baton.runtime import Runtime
from baton.store.effects import Intent, intend
from baton.store.leads import move_lead
from baton.store.opt_outs import has_opted_out, leads_reached_by, newest_hand_off_of, take_back
from baton.store.tables import Lead


def opt_in(runtime: Runtime, address: str, *, source: str, reason: str) -> bool:
    """Take back the wishes of this mail address, because its owner says so.

    What was withheld stays withheld. A lead that was closed for the wish waits for its check-in,
    due now; the next sweep tells the CRM. A wish of the same person's telephone stands.

    Args:
        runtime: The installation.
        address: Lower case, from which the person wrote.
        source: How it was said.
        reason: Their words.

    Returns:
        Whether there was a wish to take back.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        leads = leads_reached_by(session, address)
        number = take_back(session, address, source=source, reason=reason, at=now)
        if number is None:
            return False
        for lead in leads:
            if not has_opted_out(session, lead.id):
                _come_back(session, lead, number, reason=reason, at=now)
    return True


def _come_back(session: Session, lead: Lead, number: int, *, reason: str, at: datetime) -> None:
    if lead.place == Place.CLOSED and lead.place_reason == REASON:
        move_lead(
            session,
            lead,
            status=LeadStatus.NURTURE,
            place=Place.NURTURE,
            reason="opted in again",
            by="the lead",
            at=at,
            check_in_on=at.date(),
        )
    key = f"lead-{lead.id}:{EffectKind.CRM_OPT_IN}:{number}"
    body = {"channel": "email", "reason": reason}
    intent = Intent(key, EffectKind.CRM_OPT_IN, key, payload=body, lead_id=lead.id)
    intend(session, intent, at=at)


def subscribe_address(runtime: Runtime, lead_id: int) -> str | None:
    """Return where the lead writes to hear from us again; None before any hand-off."""
    with runtime.transaction() as session:
        hand_off_id = newest_hand_off_of(session, lead_id)
    if hand_off_id is None:
        return None
    return tracking_address(runtime.settings.mail_address, f"{SUBSCRIBE}{hand_off_id}")
