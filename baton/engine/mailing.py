"""The mails of a hand-off as effects: one thread with the lead, our own copy of everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baton.domain.hand_off import EffectKind
from baton.engine.links import unsubscribe_url
from baton.errors import RulesError
from baton.messages.catalogue import CATALOGUE
from baton.messages.composing import Letter, compose, message_id, tracking_address
from baton.messages.languages import DEFAULT, language_of
from baton.runtime import Runtime
from baton.settings import Settings
from baton.store.effects import Intent
from baton.store.tables import HandOff, Rep

UNSUBSCRIBE = "unsubscribe-"
"""Begins the plus-part of a hand-off's address to unsubscribe; the hand-off's id follows."""
SUBSCRIBE = "subscribe-"
"""The same for who wants to hear from us again."""
Address = tuple[str, str]
"""Display name and mail address."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to be sent.

    Attributes:
        kind: What it is; with `ordinal` it makes the effect's key.
        ordinal: Tells mails of a kind apart within the hand-off.
        template: Name in rules/messages.
        variables: What the text needs.
        to: Whom it is for.
        cc: Who reads along.
        sender: The rep in whose name it goes; None for Baton itself.
        in_thread: Part of the thread that the lead sees.
        stands_alone: It is about more than this hand-off, and stands in no thread.
        calendar: An iCalendar object, for invites.
        method: Its iTIP method.
    """

    kind: EffectKind
    ordinal: str
    template: str
    variables: Mapping[str, Any]
    to: Sequence[Address]
    cc: Sequence[Address] = ()
    sender: Rep | None = None
    in_thread: bool = False
    stands_alone: bool = False
    calendar: bytes | None = None
    method: str | None = None


def mail_key(hand_off: HandOff, kind: EffectKind, ordinal: str) -> str:
    """Return the effect's key: the same mail has the same key for ever."""
    return f"{hand_off.id}:{kind}:{ordinal}"


def mail_intent(runtime: Runtime, hand_off: HandOff, mail: Mail) -> Intent:
    """Write the mail and return the intent to send it.

    Its envelope also names the hand-off's tracking address: that copy's arrival proves that the
    mail went out.

    Raises:
        RulesError: The text is for colleagues and the mail for the lead's thread, or the other way.
    """
    _require_reader(mail)
    own = runtime.settings.mail_address
    key = mail_key(hand_off, mail.kind, mail.ordinal)
    tracking = tracking_address(own, str(hand_off.id))
    identity = message_id(key, own.rsplit("@", 1)[1])
    # Colleagues' mails belong to the introduction too: the AE has it, in copy.
    is_apart = mail.stands_alone or hand_off.thread_id == identity
    thread = None if is_apart else hand_off.thread_id
    from_name, from_email = _from(runtime.settings, mail.sender)
    people = [address.lower() for _, address in (*mail.to, *mail.cc)]
    link = unsubscribe_url(runtime, hand_off.lead_id) if mail.in_thread else None
    variables = {**mail.variables, "unsubscribe_url": link}
    letter = Letter(
        message_id=identity,
        from_name=from_name,
        from_email=from_email,
        sender=own,
        to=tuple(mail.to),
        cc=tuple(mail.cc),
        reply_to=(mail.sender.email, tracking) if mail.sender else (tracking,),
        in_reply_to=thread,
        references=(thread,) if thread else (),
        sent_at=runtime.clock.now(),
        headers=_headers(hand_off, key, own, link, in_thread=mail.in_thread),
        calendar=mail.calendar,
        calendar_method=mail.method,
    )
    return Intent(
        key=key,
        kind=mail.kind,
        provider_id=identity,
        recipients=tuple(people),
        payload={"envelope": [*people, tracking], "template": mail.template},
        content=compose(letter, runtime.messages.render(mail.template, variables, _language(mail))),
        hand_off_id=hand_off.id,
        lead_id=hand_off.lead_id,
    )


def _require_reader(mail: Mail) -> None:
    """Refuse to put a text for colleagues where the lead reads it; its variables would go along."""
    if mail.in_thread != CATALOGUE[mail.template].is_for_lead:
        raise RulesError(
            f"The text '{mail.template}' is "
            f"{'not ' if mail.in_thread else ''}for leads, and this mail is"
            f"{'' if mail.in_thread else ' not'}; see baton/messages/catalogue.py."
        )


def _language(mail: Mail) -> str:
    """Return the lead's language for what the lead reads; colleagues read English."""
    return lead_language(mail.variables) if mail.in_thread else DEFAULT


def lead_language(variables: Mapping[str, Any]) -> str:
    """Return in which language the lead of these variables is written to."""
    lead = variables["lead"]
    return language_of(lead.get("language"), lead.get("country"))


def _from(settings: Settings, sender: Rep | None) -> Address:
    """Return whose name and address stand in From.

    A server that may not send for a rep's domain, or a domain whose DMARC policy forbids others
    to, needs our own address there; the answers go to the rep in any case, by Reply-To.
    """
    if sender is None:
        return "Baton", settings.mail_address
    if settings.mail_from == "own":
        return f"{sender.name} via Baton", settings.mail_address
    return sender.name, sender.email


def _headers(
    hand_off: HandOff, key: str, own: str, link: str | None, *, in_thread: bool
) -> dict[str, str]:
    headers = {"X-Baton-Effect": key, "X-Baton-Hand-Off": str(hand_off.id)}
    if not in_thread:
        return headers | {"Auto-Submitted": "auto-generated"}
    address = tracking_address(own, f"{UNSUBSCRIBE}{hand_off.id}")
    by_mail = f"<mailto:{address}?subject=unsubscribe>"
    if link is None:
        return headers | {"List-Unsubscribe": by_mail}
    return headers | {
        "List-Unsubscribe": f"<{link}>, {by_mail}",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def lead_crm_intent(lead_id: int, kind: EffectKind, key: str, body: dict[str, Any]) -> Intent:
    """Return the intent to write of a lead to the CRM, apart from any hand-off."""
    return Intent(key, kind, key, payload=body, lead_id=lead_id)


def crm_intent(hand_off: HandOff, kind: EffectKind, ordinal: str, body: dict[str, Any]) -> Intent:
    """Return the intent to write to the CRM; its external id is the effect's key."""
    key = f"{hand_off.id}:{kind}:{ordinal}"
    return Intent(
        key=key,
        kind=kind,
        provider_id=key,
        payload=body,
        hand_off_id=hand_off.id,
        lead_id=hand_off.lead_id,
    )
