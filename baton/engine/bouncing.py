"""What follows when a mail comes back for good: no more go there, the SDR is asked for another."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from baton.adapters.mail.incoming import IncomingMail
from baton.domain.hand_off import EffectKind, HandOffState, WaitKind, WaitState
from baton.domain.meeting import BounceKind
from baton.engine.accepting import locked
from baton.engine.mailing import crm_intent
from baton.engine.people import People, is_rep
from baton.store.dead_addresses import dead_among, mark_dead, was_written_to
from baton.store.effects import intend
from baton.store.tables import HandOff
from baton.store.waits import decide, latest_wait

ASK_WITHIN = timedelta(days=1)


def hear_bounce(
    session: Session, hand_off: HandOff, people: People, mail: IncomingMail, *, at: datetime
) -> bool:
    """Take it that the addresses are dead; return whether that decided the open acceptance.

    Only addresses count that the hand-off wrote to and that are not our own people's: theirs is
    looked at by a person. The stage that the decision wakes asks the SDR for another address; one
    that is at work finds the address dead; one that waits for the meeting's outcome wants to send
    nothing now, so the SDR gets a task.

    Args:
        session: With the hand-off locked.
        hand_off: The hand-off that the bounce belongs to.
        people: Who takes part.
        mail: The bounce.
        at: Aware UTC.
    """
    if mail.bounce is not BounceKind.HARD or not mail.is_final:
        return False
    found = [
        address
        for address in mail.bounced
        if not is_rep(session, address) and was_written_to(session, hand_off, address)
    ]
    why = f"mail came back on {at:%Y-%m-%d}"
    new = {address: mark_dead(session, address, why=why, at=at) for address in found}
    if people.lead.email not in new or hand_off.state != HandOffState.OPEN:
        return False
    wait = latest_wait(session, hand_off.id, WaitKind.ACCEPTANCE)
    if wait is not None:
        locked(session, wait)
        if wait.state == WaitState.OPEN:
            return decide(wait, "refused", by="the mail server", at=at)
    number = new[people.lead.email]
    outcome = latest_wait(session, hand_off.id, WaitKind.OUTCOME)
    if number is not None and outcome is not None and outcome.state == WaitState.OPEN:
        _ask_sdr(session, hand_off, people, number, at=at)
    return False


def _ask_sdr(
    session: Session, hand_off: HandOff, people: People, number: int, *, at: datetime
) -> None:
    """Intend a task for the SDR, about one dead address once; the sweep carries it out."""
    body = {
        "assignee_email": people.sdr.email,
        "title": f"Mail to {people.lead_name} comes back: find another address "
        f"(baton contact {hand_off.id})",
        "due_at": (at + ASK_WITHIN).isoformat(),
    }
    key = f"dead-address-{number}"
    intend(session, crm_intent(hand_off, EffectKind.CRM_TASK, key, body), at=at)


def is_dealt_with(session: Session, hand_off: HandOff | None, mail: IncomingMail) -> bool:
    """Return whether the bounce tells nothing that is not known and asked about already."""
    return (
        hand_off is not None
        and hand_off.state == HandOffState.OPEN
        and mail.bounce is BounceKind.HARD
        and bool(mail.bounced)
        and len(dead_among(session, mail.bounced)) == len(mail.bounced)
    )
