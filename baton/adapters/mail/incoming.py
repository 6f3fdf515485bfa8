"""A message that came in, as Baton understands it; filled by `baton.adapters.mail.reading`."""

from __future__ import annotations

from dataclasses import dataclass

from baton.adapters.calendar.port import CalendarReply
from baton.domain.meeting import MessageClass


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
    note: str = ""
