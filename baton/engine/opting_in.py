"""A person who opted out wants to hear from us again; only their own act says so (B9)."""

from __future__ import annotations

import hmac
import re
from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind
from baton.domain.lead import LeadStatus, Place
from baton.engine.links import mark_of
from baton.engine.mailing import SUBSCRIBE, lead_crm_intent
from baton.engine.opting_out import REASON
from baton.messages.composing import tracking_address
from baton.runtime import Runtime
from baton.store.effects import intend
from baton.store.leads import move_lead
from baton.store.opt_outs import (
    has_opted_out,
    leads_reached_by,
    mail_address_of,
    take_back,
    times_taken_back,
)
from baton.store.tables import Lead

THE_LEAD = "the lead"


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
                come_back(session, lead, str(number), reason=reason, by=THE_LEAD, at=now)
    return True


def come_back(
    session: Session, lead: Lead, number: str, *, reason: str, by: str, at: datetime
) -> None:
    """Let a lead whom no wish silences any more wait for its check-in, due now; tell the CRM.

    Args:
        session: Its transaction.
        lead: Locked; if it was closed for another reason, it stays closed.
        number: Makes it this occasion's.
        reason: In words.
        by: Who says so.
        at: Now (aware UTC).
    """
    if lead.place == Place.CLOSED and lead.place_reason == REASON:
        move_lead(
            session,
            lead,
            status=LeadStatus.NURTURE,
            place=Place.NURTURE,
            reason="opted in again" if by == THE_LEAD else reason,
            by=by,
            at=at,
            check_in_on=at.date(),
        )
    key = f"lead-{lead.id}:{EffectKind.CRM_OPT_IN}:{number}"
    body = {"channel": "email", "reason": reason}
    intend(session, lead_crm_intent(lead.id, EffectKind.CRM_OPT_IN, key, body), at=at)


def subscribe_address(runtime: Runtime, lead_id: int) -> str | None:
    """Return where the lead writes to hear from us again; None without a mail address.

    It carries a mark that nobody can make up, and is good for the wish that stands now alone: who
    opts in by it, and out again, is given another one.
    """
    with runtime.transaction() as session:
        address = mail_address_of(session, lead_id)
        if address is None:
            return None
        mark = _mark(runtime, lead_id, address, times_taken_back(session, address))
    return tracking_address(runtime.settings.mail_address, f"{SUBSCRIBE}{lead_id}-{mark}")


def lead_of_subscribing(
    runtime: Runtime, session: Session, token: str, *, is_spent: bool = False
) -> int | None:
    """Return the lead who was given this address to opt in; None if nobody was.

    Args:
        runtime: The installation.
        session: The transaction.
        token: The address's plus-part after its prefix.
        is_spent: Whether it may be the address by which the lead opted in last.
    """
    number, _, given = token.partition("-")
    if not re.fullmatch("[0-9]{1,15}", number):
        return None
    lead_id = int(number)
    address = mail_address_of(session, lead_id)
    if address is None:
        return None
    times = times_taken_back(session, address)
    good = {_mark(runtime, lead_id, address, one) for one in (times, times - is_spent)}
    return lead_id if any(hmac.compare_digest(given, mark) for mark in good) else None


def _mark(runtime: Runtime, lead_id: int, address: str, times: int) -> str:
    return mark_of(runtime, "baton.subscribe", f"{lead_id}:{address}:{times}")
