"""A message that came in, as Baton understands it; filled by `baton.adapters.mail.reading`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from baton.adapters.calendar.port import CalendarReply
from baton.domain.meeting import BounceKind, MessageClass


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody whom a message names; the name is empty where none is given."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """What a raw message says.

    Attributes:
        message_id: Its own id with angle brackets, or None.
        references: Ids of `In-Reply-To` and `References`, nearest first; of a bounce also those
            of the messages that it gives back.
        sender: Address of From, lower case, or None.
        recipients: Every address of To, Cc, Delivered-To and X-Original-To, lower case.
        subject: Decoded, one line.
        text: What the person wrote, without quotes and signature.
        message_class: What it is.
        calendar_reply: Set when the class is `CALENDAR_REPLY`.
        bounced: Addresses that a bounce names, lower case.
        bounce: Hard or soft; None for what is no bounce, and where the bounce does not say.
        is_final: False for a bounce that is still tried again.
        complained: Addresses that a complaint names, lower case; where it hides them, those that
            the complained-about mail went to.
        returns_on: The day that an automatic reply names for the return; None if it names none,
            or several readings are possible.
        contacts: People in To and Cc, then those whom the writer's own words name by address.
        has_left: True if an automatic reply says that the person does not work there any more.
        note: Why it was classed so, in a few words.
    """

    message_id: str | None
    references: tuple[str, ...]
    sender: str | None
    recipients: tuple[str, ...]
    subject: str
    text: str
    message_class: MessageClass
    calendar_reply: CalendarReply | None = None
    bounced: tuple[str, ...] = ()
    bounce: BounceKind | None = None
    is_final: bool = True
    complained: tuple[str, ...] = ()
    returns_on: date | None = None
    contacts: tuple[Contact, ...] = ()
    has_left: bool = False
    note: str = ""
