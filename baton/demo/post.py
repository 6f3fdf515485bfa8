"""How simulated people send mail: replies to all, automatic replies and calendar replies."""

from __future__ import annotations

import smtplib
import textwrap
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid

from icalendar import Calendar, Event, vCalAddress, vText

from baton.demo.letters import Invite, Letter


@dataclass(frozen=True, slots=True)
class Person:
    """A simulated person: the address and the name that they write under."""

    email: str
    name: str

    @property
    def mailbox(self) -> str:
        """Name and address as From shows them."""
        return formataddr((self.name, self.email))


@dataclass(frozen=True, slots=True)
class PostBox:
    """Where mail is handed in."""

    host: str
    port: int

    def send(self, message: EmailMessage, sender: Person, recipients: tuple[str, ...]) -> None:
        """Hand the message to the mail server, which has it afterwards."""
        with smtplib.SMTP(self.host, self.port, timeout=10) as server:
            server.send_message(message, sender.email, list(recipients))


def reply_all(letter: Letter, writer: Person, words: str, at: datetime) -> EmailMessage:
    """Return the writer's answer to everyone in the letter, with the letter quoted below."""
    message = _reply(letter, writer, f"Re: {letter.subject}", at)
    others = [
        address
        for address in dict.fromkeys((*letter.to, *letter.cc))
        if address != writer.email and address not in letter.answers_go_to
    ]
    if others:
        message["Cc"] = ", ".join(others)
    quoted = textwrap.indent(letter.text.strip(), "> ", lambda _line: True)
    said = f"On {at:%d %B %Y}, {letter.sender} wrote:"
    message.set_content(f"{words}\n\n{writer.name}\n\n{said}\n{quoted}\n")
    return message


def automatic_reply(letter: Letter, writer: Person, words: str, at: datetime) -> EmailMessage:
    """Return what the writer's mail program answers by itself (RFC 3834)."""
    message = _reply(letter, writer, f"Automatic reply: {letter.subject}", at)
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(f"{words}\n")
    return message


def calendar_reply(letter: Letter, writer: Person, partstat: str, at: datetime) -> EmailMessage:
    """Return the writer's iTIP REPLY (RFC 5546) to the invite in the letter.

    Args:
        partstat: "ACCEPTED" or "DECLINED".
    """
    invite = letter.invite
    assert invite is not None
    word = partstat.capitalize()
    message = EmailMessage()
    message["From"] = writer.mailbox
    message["To"] = invite.organizer
    message["Subject"] = f"{word}: {letter.subject}"
    message["Date"] = format_datetime(at)
    message["Message-ID"] = _new_id(writer)
    message.set_content(f"{writer.name}: {word.lower()}.\n")
    message.add_alternative(
        _itip_reply(invite, writer, partstat, at).decode(),
        subtype="calendar",
        params={"method": "REPLY"},
    )
    return message


def recipients_of(message: EmailMessage) -> tuple[str, ...]:
    """Return the addresses of To and Cc."""
    return tuple(
        address.addr_spec
        for name in ("to", "cc")
        for header in message.get_all(name, [])
        for address in header.addresses
    )


def _reply(letter: Letter, writer: Person, subject: str, at: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = writer.mailbox
    message["To"] = ", ".join(letter.answers_go_to)
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = _new_id(writer)
    message["In-Reply-To"] = letter.message_id
    thread = str(letter.message["references"] or "").split()
    message["References"] = " ".join([*thread, letter.message_id])
    return message


def _new_id(writer: Person) -> str:
    return make_msgid(domain=writer.email.rpartition("@")[2])


def _itip_reply(invite: Invite, writer: Person, partstat: str, at: datetime) -> bytes:
    event = Event()
    event.add("uid", invite.uid)
    event.add("sequence", invite.sequence)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("dtstart", invite.starts_at)
    event.add("organizer", vCalAddress(f"mailto:{invite.organizer}"))
    attendee = vCalAddress(f"mailto:{writer.email}")
    attendee.params["PARTSTAT"] = vText(partstat)
    attendee.params["CN"] = vText(writer.name)
    event.add("attendee", attendee, encode=0)
    calendar = Calendar()
    calendar.add("prodid", "-//Demo Mail//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REPLY")
    calendar.add_component(event)
    return bytes(calendar.to_ical())
