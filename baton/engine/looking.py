"""Which messages a person must look at, and why; in doubt nothing is guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from baton.adapters.mail.incoming import Contact, IncomingMail
from baton.adapters.mail.naming import newcomers
from baton.adapters.mail.opting_out import may_be_wish
from baton.domain.hand_off import EffectKind
from baton.domain.meeting import BounceKind, MessageClass
from baton.engine.bouncing import is_dealt_with
from baton.engine.effects import carry_out
from baton.engine.hearing import side_of
from baton.engine.mailing import crm_intent
from baton.engine.people import is_rep, people_of
from baton.errors import TransientError
from baton.messages.composing import token_of
from baton.runtime import Runtime
from baton.store.effects import intend
from baton.store.opt_outs import leads_reached_by
from baton.store.tables import HandOff

_REASONS = {
    MessageClass.AUTO_REPLY: "says that the person does not work there any more",
    MessageClass.COMPLAINT: "a complaint, and it is not clear which lead's",
    MessageClass.OPT_OUT: "one of our own people asks not to be contacted",
    MessageClass.CALENDAR_REPLY: "answers an invite that is not known",
}
ASK_WITHIN = timedelta(days=1)


def strangers(
    session: Session, own_address: str, hand_off: HandOff | None, mail: IncomingMail
) -> tuple[Contact, ...]:
    """Return whom a lead, or the automatic reply of one who has left, names and nobody knows."""
    is_answer = mail.message_class is MessageClass.HUMAN_REPLY
    if hand_off is None or not (is_answer or mail.has_left):
        return ()
    lead = people_of(session, hand_off).lead.email
    if is_rep(session, mail.sender or ""):
        return ()
    own, own_domain = own_address.lower(), own_address.lower().partition("@")[2]

    def is_known(address: str) -> bool:
        is_ours = address == own or token_of(address, own) or address.endswith(f"@{own_domain}")
        return bool(is_ours) or address == lead or is_rep(session, address)

    return newcomers(mail, is_known)


def whose_complaint(session: Session, mail: IncomingMail) -> str | None:
    """Return the address of the lead who complains, if it is exactly one."""
    of_leads = [
        address
        for address in mail.complained
        if not is_rep(session, address) and leads_reached_by(session, address)
    ]
    return of_leads[0] if len(of_leads) == 1 else None


def why_look(
    session: Session,
    hand_off: HandOff | None,
    mail: IncomingMail,
    named: Sequence[Contact],
    *,
    decided: bool,
) -> str | None:
    """Return why a person must look at the message; None if it is clear what follows from it.

    Args:
        session: For who is who.
        hand_off: Where it belongs, if that is known.
        mail: The message.
        named: Whom it names.
        decided: Whether it decided something already.
    """
    kind = mail.message_class
    if kind is MessageClass.HUMAN_REPLY:
        return _of_answer(session, hand_off, mail, named)
    if kind is MessageClass.BOUNCE:
        is_known = decided or is_dealt_with(session, hand_off, mail)
        return None if is_known else _of_bounce(mail)
    is_unclear = {
        MessageClass.UNKNOWN: True,
        MessageClass.UNREADABLE: True,
        MessageClass.AUTO_REPLY: mail.has_left,
        MessageClass.COMPLAINT: whose_complaint(session, mail) is None,
        MessageClass.OPT_OUT: is_rep(session, mail.sender or ""),
        MessageClass.CALENDAR_REPLY: hand_off is None,
    }
    return _REASONS.get(kind, mail.note) if is_unclear.get(kind, False) else None


def _of_bounce(mail: IncomingMail) -> str | None:
    if not mail.is_final:
        return None
    if mail.bounce is BounceKind.SOFT:
        return "a mail was not delivered; the address may work later"
    return "a mail was not delivered, and nothing waits for that"


def _of_answer(
    session: Session, hand_off: HandOff | None, mail: IncomingMail, named: Sequence[Contact]
) -> str | None:
    if hand_off is None:
        return "an answer, but to nothing that we know"
    if is_rep(session, mail.sender or ""):
        return None
    if side_of(people_of(session, hand_off), mail.sender) is None:
        return "an answer by somebody who does not take part"
    if named:
        return "names somebody else: " + ", ".join(one.email for one in named)
    return "may be a wish not to be contacted" if may_be_wish(mail.text) else None


def ask_about(
    runtime: Runtime,
    session: Session,
    hand_off: HandOff | None,
    named: Sequence[Contact],
    *,
    message: int,
) -> str | None:
    """Intend a task for the SDR about whom the message names; return its key.

    A new contact is asked of the SDR, not assumed: nobody is written to before.
    """
    if hand_off is None or not named:
        return None
    people = people_of(session, hand_off)
    whom = ", ".join(f"{one.name} <{one.email}>".strip() for one in named)
    at = runtime.clock.now()
    body = {
        "assignee_email": people.sdr.email,
        "title": f"{people.lead_name} names {whom}: a new contact? (baton inbox show {message})",
        "due_at": (at + ASK_WITHIN).isoformat(),
    }
    intent = crm_intent(hand_off, EffectKind.CRM_TASK, f"message-{message}", body)
    intend(session, intent, at=at)
    return intent.key


def do_or_leave(runtime: Runtime, key: str) -> None:
    """Carry the effect out; if the neighbour is down, the sweep does later."""
    try:
        carry_out(runtime, key)
    except TransientError:
        return
