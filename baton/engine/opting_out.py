"""A wish not to be contacted is respected at once, everywhere (B9, I4)."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, HandOffState
from baton.domain.lead import LeadStatus, Place
from baton.engine.calling_off import call_off
from baton.engine.checking import checked_address
from baton.engine.deciding import wake_hand_off
from baton.engine.effects import carry_out
from baton.engine.mailing import lead_crm_intent
from baton.engine.people import is_rep
from baton.errors import InputError, NotFoundError, TransientError
from baton.runtime import Runtime
from baton.store.effects import intend, withhold_all
from baton.store.hand_offs import Ending, close_hand_off
from baton.store.leads import move_lead
from baton.store.opt_outs import (
    ends_by_itself,
    is_told,
    leads_reached_by,
    lock_hand_offs_reached_by,
    mail_address_of,
    open_hand_off_of,
    record_opt_out,
    times_taken_back,
)
from baton.store.tables import Lead

REASON = "opted out"


def opt_out(
    runtime: Runtime, address: str, *, channel: str, source: str, reason: str = ""
) -> list[uuid.UUID]:
    """Respect a wish not to be contacted, at once (I4).

    Everything not yet released to the address is withheld, the lead's open hand-off is closed
    and the CRM is told. A hand-off whose AE has said what the meeting came to ends as they said.

    Args:
        address: Mail address or phone number, normalised here.
        channel: "email", "phone" or "all".

    Returns:
        The hand-offs that it closed.

    Raises:
        InputError: It is neither a mail address nor a phone number, or it is a rep's: that would
            stop every hand-off of theirs, and close leads that wish nothing of the kind.
    """
    known = checked_address(address, runtime.settings.default_country)
    now = runtime.clock.now()
    closed: list[uuid.UUID] = []
    keys: list[str] = []
    with runtime.transaction() as session:
        if is_rep(session, known):
            raise InputError("That is the address of one of our own people; give the lead's.")
        lock_hand_offs_reached_by(session, known)
        leads = leads_reached_by(session, known)
        record_opt_out(session, known, channel=channel, source=source, reason=reason, at=now)
        withhold_all(session, known, at=now)
        again = times_taken_back(session, known)
        for lead in leads:
            hand_off_id = _close(runtime, session, lead, by=f"opt-out by {source}", at=now)
            closed += [hand_off_id] if hand_off_id else []
            key = f"lead-{lead.id}:{EffectKind.CRM_OPT_OUT}:{channel}"
            key += f":{again}" if again else ""
            body = {"channel": channel, "reason": reason}
            intend(session, lead_crm_intent(lead.id, EffectKind.CRM_OPT_OUT, key, body), at=now)
            keys.append(key)
        is_told(session, known, channel, at=now)
    _tell_crm(runtime, keys)
    for hand_off_id in closed:
        wake_hand_off(runtime, hand_off_id)
    return closed


def opt_out_lead(
    runtime: Runtime, lead_id: int, *, source: str, reason: str = ""
) -> list[uuid.UUID]:
    """Opt a lead out of mail, whoever says so by a link or an address that only they were sent.

    Returns:
        The hand-offs that it closed.

    Raises:
        NotFoundError: There is no such lead, or it has no mail address.
        InputError: The address is a rep's.
    """
    with runtime.transaction() as session:
        address = mail_address_of(session, lead_id)
    if address is None:
        raise NotFoundError(f"There is no lead {lead_id} with a mail address.")
    return opt_out(runtime, address, channel="email", source=source, reason=reason)


def _close(
    runtime: Runtime, session: Session, lead: Lead, *, by: str, at: datetime
) -> uuid.UUID | None:
    """End the lead's open hand-off, or close the lead where it is; a won customer stays.

    Where the AE has said already what the meeting came to, that is what happens.
    """
    hand_off = open_hand_off_of(session, lead.id)
    if hand_off is not None and ends_by_itself(session, hand_off):
        return None
    if hand_off is not None:
        ending = Ending(HandOffState.CLOSED, REASON, Place.CLOSED, status=LeadStatus.DISQUALIFIED)
        call_off(runtime, session, hand_off, lead_opted_out=True)
        close_hand_off(session, hand_off, ending, by=by, at=at)
        return hand_off.id
    if lead.place in (Place.WAITING, Place.NURTURE):
        move_lead(
            session,
            lead,
            status=LeadStatus.DISQUALIFIED,
            place=Place.CLOSED,
            reason=REASON,
            by=by,
            at=at,
        )
    return None


def _tell_crm(runtime: Runtime, keys: list[str]) -> None:
    for key in keys:
        try:
            carry_out(runtime, key)
        except TransientError:
            # The wish holds already; the sweep tells the CRM when it is back.
            continue
