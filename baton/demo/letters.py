"""A mail as a simulated person reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from enum import StrEnum

from icalendar import Calendar

# What Baton's own Message-IDs begin with; everything else was written by a person.
_OWN_ID = "<baton."
HAND_OFF_HEADER = "X-Baton-Hand-Off"


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
    starts_at: datetime
    ics: bytes


@dataclass(frozen=True)
class Letter:
    """A mail, read.

    Attributes:
        content: The bytes as they arrived.
        message: The same, parsed.
        kind: What it asks for.
        hand_off_id: Which hand-off it is about; None if it does not say.
        invite: Set for `INVITE`.
    """

    content: bytes
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
    def to(self) -> tuple[str, ...]:
        """Addresses of To, lower case."""
        return _addresses(self.message, "to")

    @property
    def cc(self) -> tuple[str, ...]:
        """Addresses of Cc, lower case."""
        return _addresses(self.message, "cc")

    @property
    def message_id(self) -> str:
        """Its id with angle brackets."""
        return str(self.message["message-id"] or "").strip()


def read_letter(content: bytes) -> Letter:
    """Read a mail as it arrived."""
    message = message_from_bytes(content, policy=policy.default)
    hand_off_id = str(message[HAND_OFF_HEADER] or "").strip() or None
    for part in message.walk():
        if part.get_content_type() != "text/calendar":
            continue
        ics = part.get_payload(decode=True)
        assert isinstance(ics, bytes)
        calendar = Calendar.from_ical(ics)
        if str(calendar.get("method")) == "REQUEST":
            return Letter(content, message, LetterKind.INVITE, hand_off_id, _invite(calendar, ics))
        return Letter(content, message, LetterKind.CANCELLATION, hand_off_id)
    return Letter(content, message, LetterKind.LETTER, hand_off_id)


def _invite(calendar: Calendar, ics: bytes) -> Invite:
    event = calendar.walk("VEVENT")[0]
    return Invite(
        uid=str(event["uid"]),
        sequence=int(event.get("sequence", 0)),
        starts_at=event.decoded("dtstart"),
        ics=ics,
    )


def _addresses(message: EmailMessage, name: str) -> tuple[str, ...]:
    values = [str(value) for value in message.get_all(name, [])]
    return tuple(address.lower() for _, address in getaddresses(values) if address)
