"""A mail as a simulated person reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from enum import StrEnum
from typing import cast

from icalendar import Calendar

# What Baton's own Message-IDs begin with; everything else was written by a person.
_OWN_ID = "<baton."
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class LetterKind(StrEnum):
    """What a mail asks of its reader."""

    INVITE = "invite"
    CANCELLATION = "cancellation"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Invite:
    """The appointment that an invite proposes."""

    uid: str
    sequence: int
    organizer: str
    starts_at: datetime
    ics: bytes


@dataclass(frozen=True)
class Letter:
    """A mail, read.

    Attributes:
        message: The whole of it.
        kind: What it asks for.
        hand_off_id: From the link in its text; None if it names none.
        invite: Set for `INVITE`.
    """

    message: EmailMessage
    kind: LetterKind
    hand_off_id: str | None
    invite: Invite | None = None

    @property
    def is_from_baton(self) -> bool:
        """True for what Baton sent, false for what people answer each other."""
        return self.message_id.startswith(_OWN_ID)

    def name_of(self, address: str) -> str:
        """Return the name under which the letter knows an addressee; the address if it has none."""
        values = [str(value) for key in ("to", "cc") for value in self.message.get_all(key, [])]
        names = {found.lower(): name for name, found in getaddresses(values)}
        return names.get(address) or address

    @property
    def sender(self) -> str:
        """Address of From, lower case."""
        return _addresses(self.message, "from")[0]

    @property
    def to(self) -> tuple[str, ...]:
        """Addresses of To, lower case."""
        return _addresses(self.message, "to")

    @property
    def cc(self) -> tuple[str, ...]:
        """Addresses of Cc, lower case."""
        return _addresses(self.message, "cc")

    @property
    def answers_go_to(self) -> tuple[str, ...]:
        """Addresses of Reply-To, or of From where there is none."""
        return _addresses(self.message, "reply-to") or (self.sender,)

    @property
    def message_id(self) -> str:
        """Its id with angle brackets."""
        return str(self.message["message-id"] or "").strip()

    @property
    def subject(self) -> str:
        """Its subject, one line."""
        return str(self.message["subject"] or "")

    @property
    def text(self) -> str:
        """Its plain text."""
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body else ""


def read_letter(content: bytes) -> Letter:
    """Read a mail as it arrived."""
    message = cast("EmailMessage", message_from_bytes(content, policy=policy.default))
    for part in message.walk():
        if part.get_content_type() != "text/calendar":
            continue
        ics = part.get_payload(decode=True)
        assert isinstance(ics, bytes)
        calendar = Calendar.from_ical(ics)
        if str(calendar.get("method")) == "REQUEST":
            return Letter(message, LetterKind.INVITE, None, _invite(calendar, ics))
        return Letter(message, LetterKind.CANCELLATION, None)
    body = message.get_body(("plain",))
    found = _UUID.search(str(body.get_content())) if body else None
    return Letter(message, LetterKind.LETTER, found.group().lower() if found else None)


def _invite(calendar: Calendar, ics: bytes) -> Invite:
    event = calendar.walk("VEVENT")[0]
    return Invite(
        uid=str(event["uid"]),
        sequence=int(event.get("sequence", 0)),
        organizer=str(event["organizer"]).lower().removeprefix("mailto:"),
        starts_at=event.decoded("dtstart"),
        ics=ics,
    )


def _addresses(message: EmailMessage, name: str) -> tuple[str, ...]:
    values = [str(value) for value in message.get_all(name, [])]
    return tuple(address.lower() for _, address in getaddresses(values) if address)
