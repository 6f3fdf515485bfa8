"""A mail world on this machine: a real SMTP server with Maildirs, and people's mail programs.

The demo and the tests use it. `MailWorld` takes mail as any server does and can be told to refuse
some; the builders write what a person's mail program would send in answer to a message.
"""

from __future__ import annotations

import email
import mailbox
import re
import socket
import threading
from asyncio import Server as Listener
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, parseaddr
from hashlib import sha256
from pathlib import Path
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from icalendar import Calendar, Event, vCalAddress, vText

from baton.adapters.mail.maildir import MaildirMailbox
from baton.domain.clock import Clock, SystemClock
from baton.domain.meeting import Attendance
from baton.errors import InputError, SettingsError

Person = tuple[str, str]
_MAX_BYTES = 60 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that the world delivered to one envelope recipient.

    Attributes:
        recipient: The envelope address, plus-part and all, lower case.
        message_id: With angle brackets; empty if the message has none.
        at: Aware UTC, by the world's clock.
    """

    recipient: str
    message_id: str
    at: datetime


@dataclass(slots=True)
class _Refusal:
    code: int
    times: int | None


class MailWorld:
    """An SMTP server that delivers everything into Maildirs, one for each base address."""

    def __init__(
        self, folder: Path, host: str = "127.0.0.1", port: int = 0, *, clock: Clock | None = None
    ) -> None:
        """Prepare a server on this address; port 0 takes a free one at `start`."""
        self._folder = folder
        self._host = host
        self._port = port
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._refusals: dict[str, _Refusal] = {}
        self._deliveries: list[Delivery] = []
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        """Listen for the length of the block."""
        self.start()
        return self

    def __exit__(self, *_why: object) -> None:
        """Stop listening."""
        self.stop()

    def start(self) -> None:
        """Listen; afterwards `port` says where. A second start changes nothing.

        Raises:
            SettingsError: The port is taken.
        """
        if self._controller is not None:
            return
        self._claim()
        controller = _FreePort(
            _Handler(self),
            hostname=self._host,
            port=self._port,
            ready_timeout=10,
            data_size_limit=_MAX_BYTES,
            ident="baton mail world",
        )
        controller.start()
        self._port = controller.port
        self._controller = controller

    def _claim(self) -> None:
        # aiosmtpd tells of a taken port only after its whole timeout, and leaks its loop.
        try:
            socket.create_server((self._host, self._port)).close()
        except OSError as error:
            raise SettingsError(
                f"The mail world cannot listen on {self._host}:{self._port} ({error.strerror}); "
                "choose another port."
            ) from error

    def stop(self) -> None:
        """Stop listening; connections are then refused. What was delivered stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def host(self) -> str:
        """The address that it listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port that it listens on; kept over a stop, so that it comes back there."""
        return self._port

    @property
    def deliveries(self) -> list[Delivery]:
        """What was delivered so far, in order; a copy."""
        with self._lock:
            return list(self._deliveries)

    def refuse(self, address: str, code: int = 550, times: int | None = None) -> None:
        """Answer this code when the address is named as a recipient.

        Args:
            address: Base address; its plus-addresses are refused too.
            code: 4xx or 5xx.
            times: How often, then mail is taken again; None means for ever.
        """
        with self._lock:
            self._refusals[base_address(address)] = _Refusal(code, times)

    def maildir(self, address: str) -> Path:
        """Return the folder of the address's Maildir; it is made if it is missing."""
        name = re.sub(r"[^a-z0-9@._-]", "_", base_address(address)).lstrip(".")
        folder = self._folder / name
        MaildirMailbox.make(folder)
        return folder

    def mailbox(self, address: str) -> MaildirMailbox:
        """Return the mailbox of the address; mail to its plus-addresses arrives there too."""
        return MaildirMailbox(self.maildir(address))

    def answer_to(self, address: str) -> str | None:
        """Return the SMTP answer that refuses this recipient, or None; counts refusals down."""
        with self._lock:
            refusal = self._refusals.get(base_address(address))
            if refusal is None or refusal.times == 0:
                return None
            if refusal.times is not None:
                refusal.times -= 1
            word = "5.1.1 no such mailbox" if refusal.code >= 500 else "4.3.0 try again later"  # noqa: PLR2004 (SMTP's classes)
            return f"{refusal.code} {word} <{address}>"

    def deliver(self, content: bytes, sender: str, recipients: Sequence[str]) -> None:
        """Put the message into each recipient's Maildir, as a server does, and log it."""
        identity = str(email.message_from_bytes(content)["Message-ID"] or "").strip()
        for recipient in recipients:
            head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
            with self._lock:
                mailbox.Maildir(self.maildir(recipient), create=True).add(head + content)
                self._deliveries.append(Delivery(recipient.lower(), identity, self._clock.now()))


class _FreePort(Controller):
    """A controller that learns which port it was given."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Listener)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class _Handler:
    """What aiosmtpd calls."""

    def __init__(self, world: MailWorld) -> None:
        self._world = world

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self,
        _server: object,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        refusal = self._world.answer_to(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, _server: object, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self._world.deliver(content, envelope.mail_from or "", envelope.rcpt_tos)
        return "250 OK"


def base_address(address: str) -> str:
    """Return the address without its plus-part, lower case."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def recipients_of(content: bytes) -> tuple[str, ...]:
    """Return the addresses in To and Cc: the envelope that a mail program would use."""
    message = email.message_from_bytes(content, policy=default)
    return tuple(
        address.addr_spec
        for name in ("To", "Cc")
        if message[name] is not None
        for address in message[name].addresses
    )


def calendar_of(content: bytes) -> bytes | None:
    """Return the iCalendar object of a mail, or None."""
    for part in email.message_from_bytes(content, policy=default).walk():
        if part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload
    return None


def build_reply_ics(
    request_ics: bytes,
    attendee_email: str,
    attendance: Attendance,
    *,
    at: datetime | None = None,
    comment: str = "",
) -> bytes:
    """Return the REPLY that the attendee's calendar program would send to this REQUEST.

    Args:
        request_ics: The invite.
        attendee_email: Who answers; need not be invited (a forger's reply looks like that).
        attendance: The answer.
        at: Aware UTC for DTSTAMP; the request's own without it.
        comment: The attendee's words.
    """
    request = Calendar.from_ical(request_ics)
    asked = request.walk("VEVENT")[0]
    event = Event()
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "ORGANIZER"):
        event[name] = asked[name]
    event.add("dtstamp", at or asked.decoded("DTSTAMP"))
    event.add("summary", f"{attendance.value.capitalize()}: {asked['SUMMARY']}")
    attendee = vCalAddress(f"mailto:{attendee_email}")
    attendee.params["PARTSTAT"] = vText(attendance.value.upper())
    event.add("attendee", attendee, encode=False)
    if comment:
        event.add("comment", comment)
    calendar = Calendar()
    calendar.add("prodid", "-//Somebody//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REPLY")
    for zone in request.walk("VTIMEZONE"):
        calendar.add_component(zone)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def reply_mail(
    original: bytes, *, sender: Person, text: str, at: datetime, to_all: bool = True
) -> bytes:
    """Return the person's answer: in thread, quoting below, to Reply-To or From (and all).

    Args:
        original: The message answered.
        sender: Name and address of who answers.
        text: What they write above the quote.
        at: Aware UTC, for Date.
        to_all: Answer everybody, without oneself.
    """
    asked = email.message_from_bytes(original, policy=default)
    answer = _answer(asked, sender, at, text)
    wanted = list((asked["Reply-To"] or asked["From"]).addresses)
    others = [a for n in ("To", "Cc") if asked[n] is not None for a in asked[n].addresses]
    answer["To"] = _unique(wanted, {sender[1].lower()})
    if to_all:
        shown = {sender[1].lower(), *(a.addr_spec.lower() for a in wanted)}
        if cc := _unique([*asked["From"].addresses, *others], shown):
            answer["Cc"] = cc
    answer.set_content(f"{text}\n\n{_quote(asked)}")
    return answer.as_bytes(policy=SMTP)


def calendar_reply_mail(
    original: bytes, *, sender: Person, attendance: Attendance, at: datetime, comment: str = ""
) -> bytes:
    """Return the iMIP REPLY that the person's calendar program mails to the ORGANIZER.

    Raises:
        InputError: The original is no invite.
    """
    request = calendar_of(original)
    if request is None:
        raise InputError("That mail has no calendar part to answer.")
    reply = build_reply_ics(request, sender[1], attendance, at=at, comment=comment)
    asked = email.message_from_bytes(original, policy=default)
    organizer = str(Calendar.from_ical(request).walk("VEVENT")[0]["ORGANIZER"])
    answer = _answer(asked, sender, at, attendance.value)
    answer.replace_header("Subject", f"{attendance.value.capitalize()}: {asked['Subject']}")
    answer["To"] = organizer.partition(":")[2]
    answer.set_content(f"{sender[0]}: {attendance.value}\n{comment}\n")
    answer.add_alternative(
        reply,
        maintype="text",
        subtype="calendar",
        params={"method": "REPLY", "charset": "UTF-8"},
    )
    return answer.as_bytes(policy=SMTP)


def auto_reply_mail(original: bytes, *, sender: Person, text: str, at: datetime) -> bytes:
    """Return an out-of-office answer, as a mail server sends it (RFC 3834)."""
    asked = email.message_from_bytes(original, policy=default)
    answer = _answer(asked, sender, at, text)
    answer.replace_header("Subject", f"Automatic reply: {asked['Subject']}")
    answer["To"] = (asked["Reply-To"] or asked["From"]).addresses
    answer["Auto-Submitted"] = "auto-replied"
    answer.set_content(text)
    return answer.as_bytes(policy=SMTP)


def bounce_mail(original: bytes, *, recipient: str, to: str, at: datetime) -> bytes:
    """Return the delivery report that says the recipient cannot be reached (RFC 3464)."""
    domain = recipient.rpartition("@")[2]
    asked = email.message_from_bytes(original, policy=default)
    identity = sha256(f"{asked['Message-ID']}{recipient}".encode()).hexdigest()[:20]
    lines = (
        f"From: Mail Delivery System <mailer-daemon@{domain}>",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{identity}@{domain}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"',
        "",
        "--=_report",
        "Content-Type: text/plain",
        "",
        f"The mail could not be delivered to {recipient}.",
        "",
        "--=_report",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; mx.{domain}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox",
        "",
        "--=_report",
        "Content-Type: message/rfc822",
        "",
    )
    head = "\r\n".join((*lines, "")).encode()
    return head + original.rstrip(b"\r\n") + b"\r\n\r\n--=_report--\r\n"


def _answer(asked: EmailMessage, sender: Person, at: datetime, salt: str) -> EmailMessage:
    """Return a message with the headers of an answer in the thread."""
    answer = EmailMessage(policy=SMTP)
    answer["From"] = Address(display_name=sender[0], addr_spec=sender[1])
    subject = str(asked["Subject"] or "")
    answer["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    answer["Date"] = at
    asked_id = str(asked["Message-ID"])
    seed = f"{asked_id}{sender[1]}{at.isoformat()}{salt}"
    domain = sender[1].rpartition("@")[2]
    answer["Message-ID"] = f"<{sha256(seed.encode()).hexdigest()[:24]}@{domain}>"
    answer["In-Reply-To"] = asked_id
    answer["References"] = f"{asked['References'] or ''} {asked_id}".strip()
    return answer


def _unique(people: Sequence[Address], without: set[str]) -> list[Address]:
    kept: dict[str, Address] = {}
    for person in people:
        if person.addr_spec.lower() not in without:
            kept.setdefault(person.addr_spec.lower(), person)
    return list(kept.values())


def _quote(asked: EmailMessage) -> str:
    body = asked.get_body(preferencelist=("plain",))
    text = body.get_content() if body is not None else ""
    quoted = "\n".join(f"> {line}" for line in str(text).splitlines())
    name = parseaddr(str(asked["From"]))[0] or "somebody"
    return f"On {asked['Date']}, {name} wrote:\n{quoted}"
