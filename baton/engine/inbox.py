"""Reading Baton's mailbox: each message is stored first, once, and then changes something.

Storing and changing are one transaction, so a crash between two messages repeats nothing; the
run is woken afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from baton.adapters.mail.authenticated import is_from_genuine
from baton.adapters.mail.incoming import Contact, IncomingMail
from baton.adapters.mail.port import ReceivedMail
from baton.adapters.mail.reading import read_mail
from baton.domain.meeting import MessageClass
from baton.engine.deciding import wake_hand_off
from baton.engine.effects import INBOX
from baton.engine.hearing import hear
from baton.engine.looking import ask_about, do_or_leave, strangers, whose_complaint, why_look
from baton.engine.mailing import SUBSCRIBE, UNSUBSCRIBE
from baton.engine.opting_in import lead_of_subscribing, opt_in
from baton.engine.opting_out import opt_out, opt_out_lead
from baton.engine.people import is_rep
from baton.messages.composing import token_of
from baton.runtime import Runtime
from baton.store.heartbeats import beat, clock
from baton.store.inbound import Inbound, hand_off_of_message, keep_message
from baton.store.looks import need_look
from baton.store.opt_outs import mail_address_of, newest_hand_off_of
from baton.store.tables import HandOff


def read_inbox(runtime: Runtime) -> int:
    """Take in every message that arrived; return how many were new.

    Raises:
        MailUnavailableError: The mailbox cannot be reached.
    """
    with runtime.transaction() as session:
        begun_at = clock(session)
    new = 0
    for received in runtime.mailbox.fetch():
        new += _take_in(runtime, received)
        runtime.mailbox.acknowledge(received.key)
    with runtime.transaction() as session:
        beat(session, INBOX, begun_at=begun_at)
    return new


def _take_in(runtime: Runtime, received: ReceivedMail) -> bool:
    mail = read_mail(received.content, own_address=runtime.settings.mail_address)
    unproven: str | None = None
    if mail.message_class is MessageClass.OPT_OUT and mail.sender:
        # Before the message is stored: a crash repeats it, and twice is once.
        _respect(runtime, mail)
    elif mail.message_class is MessageClass.COMPLAINT:
        _respect_complaint(runtime, mail)
    elif mail.message_class is MessageClass.HUMAN_REPLY:
        unproven = _hear_again(runtime, received.content, mail)
    with runtime.transaction() as session:
        hand_off = _hand_off_of(runtime, session, mail)
        named = strangers(session, runtime.settings.mail_address, hand_off, mail)
        kept = keep_message(
            session, _inbound(received, mail, hand_off, named), at=runtime.clock.now()
        )
        if kept is None:
            return False
        now = runtime.clock.now()
        decided = hand_off is not None and hear(runtime, session, hand_off, mail, at=now)
        look = unproven or why_look(session, hand_off, mail, named, decided=decided)
        task = None
        if look is not None:
            need_look(session, kept, look)
            task = ask_about(runtime, session, hand_off, named, message=kept)
        hand_off_id = hand_off.id if hand_off else None
    if task is not None:
        do_or_leave(runtime, task)
    if decided and hand_off_id is not None:
        wake_hand_off(runtime, hand_off_id)
    return True


def _respect_complaint(runtime: Runtime, mail: IncomingMail) -> None:
    """Opt out the lead who pressed "this is spam"; whose complaint is not clear is looked at."""
    with runtime.transaction() as session:
        address = whose_complaint(session, mail)
    if address is not None:
        opt_out(runtime, address, channel="all", source="complaint", reason=mail.note)


def _respect(runtime: Runtime, mail: IncomingMail) -> None:
    """Opt the sender out, and the lead whose mail was answered by its unsubscribe address.

    A lead may write from another address than we write to. An ordinary answer is the sender's own
    wish alone: whoever was in copy may have written it.
    """
    assert mail.sender is not None
    with runtime.transaction() as session:
        if is_rep(session, mail.sender):
            # Our own people cannot opt out of their work; the message is kept for a look.
            return
        hand_off = hand_off_of_message(
            session, references=(), tokens=_after(UNSUBSCRIBE, runtime, mail)
        )
        lead_id = hand_off.lead_id if hand_off else None
    opt_out(runtime, mail.sender, channel="email", source="mail", reason=mail.note)
    if lead_id is not None:
        opt_out_lead(runtime, lead_id, source="mail", reason=mail.note)


def _hear_again(runtime: Runtime, content: bytes, mail: IncomingMail) -> str | None:
    """Opt the lead in again who writes so from the very address, to the one given out for that.

    From alone proves nothing: anybody can write it. The mark in the address does: only who has a
    link of the lead's own was shown it. Whoever was in copy has that too, so the mail server's own
    word on From is asked for as well, where it gives one.

    Returns:
        Why a person must look at it, if the server's word is missing.
    """
    with runtime.transaction() as session:
        given = _after(SUBSCRIBE, runtime, mail)
        leads = {lead_of_subscribing(runtime, session, token) for token in given} - {None}
        addresses = {mail_address_of(session, lead_id) for lead_id in leads if lead_id is not None}
    if mail.sender is None or mail.sender not in addresses:
        return None
    authserv = runtime.settings.mail_authserv
    if authserv is not None and not is_from_genuine(content, authserv):
        return "wants to hear from us again, and the mail server does not vouch for its From"
    opt_in(runtime, mail.sender, source="mail", reason="wrote to the subscribe address")
    return None


def _after(prefix: str, runtime: Runtime, mail: IncomingMail) -> list[str]:
    tokens = _tokens(runtime, mail)
    return [token.removeprefix(prefix) for token in tokens if token.startswith(prefix)]


def _tokens(runtime: Runtime, mail: IncomingMail) -> list[str]:
    own = runtime.settings.mail_address
    return [token for address in mail.recipients if (token := token_of(address, own))]


def _hand_off_of(runtime: Runtime, session: Session, mail: IncomingMail) -> HandOff | None:
    if mail.calendar_reply is not None:
        # The invite's UID says which one: many programs answer outside the thread, and the
        # answer to one invite may come as an answer to another mail.
        invited = [mail.calendar_reply.uid.partition("@")[0]]
        found = hand_off_of_message(session, references=(), tokens=invited)
        if found is not None:
            return found
    tokens = [token.removeprefix(UNSUBSCRIBE) for token in _tokens(runtime, mail)]
    for token in _after(SUBSCRIBE, runtime, mail):
        lead_id = lead_of_subscribing(runtime, session, token, is_spent=True)
        hand_off_id = newest_hand_off_of(session, lead_id) if lead_id is not None else None
        tokens += [str(hand_off_id)] if hand_off_id else []
    return hand_off_of_message(session, references=mail.references, tokens=tokens)


def _inbound(
    received: ReceivedMail,
    mail: IncomingMail,
    hand_off: HandOff | None,
    named: Sequence[Contact],
) -> Inbound:
    return Inbound(
        source_key=received.key,
        message_id=mail.message_id,
        sender=mail.sender,
        subject=mail.subject,
        text=mail.text,
        message_class=mail.message_class,
        note=mail.note,
        raw=received.content,
        hand_off_id=hand_off.id if hand_off else None,
        lead_id=hand_off.lead_id if hand_off else None,
        bounce=mail.bounce,
        returns_on=mail.returns_on,
        named=[{"name": one.name, "email": one.email} for one in named],
    )
