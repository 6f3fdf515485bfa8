"""What people decide about messages that nobody could place; CLI and API come here (I10)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy.orm import Session

from baton.domain.meeting import InboundDecision
from baton.engine.checking import checked_address
from baton.engine.deciding import wake_hand_off
from baton.engine.hearing import hear_answer
from baton.engine.opting_out import opt_out
from baton.errors import InputError, RefusedError
from baton.intake.cleaning import read_row
from baton.intake.importing import columns_of
from baton.intake.reading import RawRow
from baton.intake.records import LeadRecord
from baton.intake.taking import Seen, take
from baton.runtime import Runtime
from baton.store.hand_offs import hand_off_for_update
from baton.store.intake import holders_by_email
from baton.store.looks import message_to_settle, settle
from baton.store.tables import InboundMessage, Lead

REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class Applied:
    """What followed from a decision: hand-offs that an opt-out closed, a lead that was taken in."""

    decision: InboundDecision
    closed: tuple[uuid.UUID, ...] = ()
    lead_id: int | None = None


def settle_message(
    runtime: Runtime,
    number: int,
    decision: InboundDecision,
    *,
    by: str,
    reason: str = "",
    hand_off_id: uuid.UUID | None = None,
    address: str | None = None,
) -> Applied:
    """Record and apply what a person says that a message is; it leaves the list.

    Args:
        runtime: The installation.
        number: The message's, as the list shows it.
        decision: `LEAD` or `AE`: that side answers in the hand-off. `OPT_OUT`: the address wishes
            not to be contacted. `CONTACT`: the address becomes a lead of the same company.
        by: Who decides.
        reason: Why, for the record.
        hand_off_id: Which one is answered; without it the one that the message seems to belong to.
        address: For `OPT_OUT`, without it the sender's; for `CONTACT`, without it the one that the
            message names, if it names one.

    Raises:
        NotFoundError: No such message or hand-off.
        RefusedError: Nobody must look at the message, somebody has, or the hand-off has no AE.
        InputError: The hand-off or the address is missing, or cannot be used.
    """
    if decision is InboundDecision.OPT_OUT:
        return _opt_out(runtime, number, by=by, reason=reason, address=address)
    wakes: uuid.UUID | None = None
    lead_id: int | None = None
    at = runtime.clock.now()
    with runtime.transaction() as session:
        row = message_to_settle(session, number)
        if decision in {InboundDecision.LEAD, InboundDecision.AE}:
            answered = hand_off_id or row.hand_off_id
            if answered is None:
                raise InputError("Say which hand-off is answered; the message does not say it.")
            hand_off = hand_off_for_update(session, answered)
            row.hand_off_id, row.lead_id = hand_off.id, hand_off.lead_id
            key = row.message_id or f"message-{row.id}"
            if hear_answer(session, hand_off, decision, key=key, at=at):
                wakes = hand_off.id
        elif decision is InboundDecision.CONTACT:
            lead_id = _take_contact(runtime, session, row, address)
        settle(session, row, decision, by=by, reason=reason, at=at)
    if wakes is not None:
        wake_hand_off(runtime, wakes)
    return Applied(decision, lead_id=lead_id)


def _opt_out(
    runtime: Runtime, number: int, *, by: str, reason: str, address: str | None
) -> Applied:
    with runtime.transaction() as session:
        wanted = address or message_to_settle(session, number).sender
    if wanted is None:
        raise InputError("Say whose wish it is: the message has no sender.")
    # Before the decision is kept: a crash between the two repeats it, and twice is once.
    closed = opt_out(runtime, wanted, channel="email", source="mail", reason=reason or f"says {by}")
    with runtime.transaction() as session:
        row = message_to_settle(session, number)
        decision = InboundDecision.OPT_OUT
        settle(session, row, decision, by=by, reason=reason, at=runtime.clock.now())
    return Applied(InboundDecision.OPT_OUT, closed=tuple(closed))


def _take_contact(
    runtime: Runtime, session: Session, row: InboundMessage, address: str | None
) -> int:
    named = {one["email"]: one["name"] for one in row.named}
    if address is None and len(named) != 1:
        raise InputError("Say which address becomes a lead; the message does not name just one.")
    email = checked_address(address or next(iter(named)), runtime.settings.default_country)
    if "@" not in email:
        raise InputError("That is a phone number; give a mail address.")
    by = session.get(Lead, row.lead_id) if row.lead_id else None
    cells = {
        "email": email,
        "name": named.get(email, ""),
        "company": (by.company if by else None) or "",
        "country": (by.country if by else None) or "",
        "origin": REFERRAL,
        "notes": f"Named by lead {by.id}." if by else "Named in a mail.",
    }
    columns = columns_of(tuple(cells), REFERRAL, runtime.settings.default_country)
    read = read_row(RawRow(1, list(cells.values())), columns)
    if not isinstance(read, LeadRecord):
        refusal = read.refusal
        raise RefusedError(f"{refusal.field} '{refusal.value}' {refusal.reason}")
    take(session, [read], columns, at=runtime.clock.now(), seen=Seen())
    return holders_by_email(session, [email])[email].lead_id
