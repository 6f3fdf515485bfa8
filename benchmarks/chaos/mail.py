"""The mail server as a counterpart: it takes mail, keeps a log of its own, and misbehaves."""

from __future__ import annotations

import asyncio
import email
import mailbox
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session
from icalendar import Calendar

from baton.adapters.mail.maildir import MaildirMailbox
from baton.testing.mail import calendar_of
from baton.testing.mail_world import _FreePort, base_address
from benchmarks.chaos.dice import Dice
from benchmarks.chaos.mischief import SILENT_SECONDS, SLOW_SECONDS, Mischief
from benchmarks.chaos.records import Invite, Log, Mail, tick

# Baton's copies may come late, but within the time that the installation allows for them.
LATE_SECONDS = 0.5
LATE, TWICE = 0.1, 0.05
Deliver = Callable[[str, bytes, Mail], None]


class MailServer:
    """Takes mail by SMTP; people's goes to `deliver`, Baton's own into a Maildir.

    Attributes:
        log: Every message that it took.
    """

    def __init__(
        self,
        folder: Path,
        own_address: str,
        *,
        now: Callable[[], datetime],
        dice: Dice,
        befalls: Callable[[str], Mischief],
        deliver: Deliver,
    ) -> None:
        """Prepare it; Baton's Maildir is made in `folder`."""
        self.log: Log[Mail] = Log()
        self.folder = folder
        MaildirMailbox.make(folder)
        self._own = own_address
        self._now, self._dice, self._befalls, self._deliver = now, dice, befalls, deliver
        self._maildir = mailbox.Maildir(folder, create=True)
        self._late: list[tuple[float, bytes, str]] = []
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()
        self._controller = _FreePort(_Handler(self), hostname="127.0.0.1", port=0)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_why: object) -> None:
        self._controller.stop()

    def befalls(self, content: bytes) -> Mischief:
        """Return what befalls this try to send the message."""
        return self._befalls(_call_of(_read(content)))

    def take(self, content: bytes, recipients: list[str]) -> None:
        """Log the message and deliver it to everybody."""
        people = tuple(a.lower() for a in recipients if base_address(a) != self._own)
        mail = mail_of(content, people, at=self._now())
        self.log.add(mail)
        for recipient in people:
            self._deliver(recipient, content, mail)
        for recipient in recipients:
            if base_address(recipient) == self._own:
                self.post(f"Delivered-To: {recipient}\r\n".encode() + content, mail.message_id)

    def post(self, content: bytes, name: str) -> None:
        """Put a message into Baton's mailbox: at once, late, or twice, as the dice say."""
        times = 2 if self._dice.happens(TWICE, "twice", name) else 1
        for number in range(times):
            late = self._dice.happens(LATE, "late", name, number) or number
            seconds = self._dice.between(0.05, LATE_SECONDS, "how late", name, number)
            with self._lock:
                at = time.monotonic() + (seconds if late else 0)
                self._late.append((at, content, name))
            if late:
                # Nobody's being busy may make it later than an installation allows for.
                timer = threading.Timer(seconds, self.flush)
                timer.daemon = True
                timer.start()
        self.flush()

    def flush(self) -> None:
        """Deliver what is late by now; in another order than it came, if it came so."""
        now = time.monotonic()
        with self._lock:
            due = [one for one in self._late if one[0] <= now]
            self._late = [one for one in self._late if one[0] > now]
            for _, content, name in due:
                self._names[self._maildir.add(content)] = name

    def tidy(self) -> list[str]:
        """Remove what Baton has taken from its mailbox; return the names it was posted under."""
        taken = []
        for path in (self.folder / "cur").iterdir():
            key, _, flags = path.name.partition(":2,")
            if "S" in flags:
                path.unlink()
                taken.append(self._names.pop(key, ""))
        return taken

    @property
    def is_quiet(self) -> bool:
        """Whether everything has arrived, and Baton has read all of it."""
        return not self._late and not any((self.folder / "new").iterdir())


class _Handler:
    """What aiosmtpd calls."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, protocol: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        found = self._server.befalls(content)
        if found is Mischief.SLOW:
            await asyncio.sleep(SLOW_SECONDS)
        if found.is_processed:
            self._server.take(content, envelope.rcpt_tos)
        if found.is_silent:
            await asyncio.sleep(SILENT_SECONDS)
        if found is Mischief.BUSY:
            return "451 4.3.0 try again later"
        if found is Mischief.REFUSED:
            return "554 5.7.1 this looks like spam"
        if found in (Mischief.NONE, Mischief.SLOW):
            return "250 OK"
        # Which also ends this coroutine.
        assert isinstance(protocol.transport, asyncio.Transport)
        protocol.transport.abort()
        await asyncio.sleep(SILENT_SECONDS)
        return "421 4.4.2 connection lost"


def mail_of(content: bytes, people: tuple[str, ...], *, at: datetime) -> Mail:
    """Return the log's entry for the message."""
    message = _read(content)
    hand_off, _, rest = str(message["X-Baton-Effect"] or "").partition(":")
    kind, _, name = rest.partition(":")
    body = message.get_body(preferencelist=("plain",))
    words = str(body.get_content()) if body is not None else ""
    return Mail(
        tick=tick(),
        at=at,
        recipients=people,
        message_id=str(message["Message-ID"] or "").strip(),
        hand_off=hand_off,
        kind=kind,
        name=name,
        text=f"{message['Subject']}\n{words}",
        invite=_invite_of(content),
    )


def _call_of(message: EmailMessage) -> str:
    """Name the message alike in every run: hand-offs' ids differ."""
    return f"{message['To']} {str(message['X-Baton-Effect']).partition(':')[2]}"


def _read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _invite_of(content: bytes) -> Invite | None:
    if b"text/calendar" not in content:
        return None
    ics = calendar_of(content)
    assert ics is not None
    calendar = Calendar.from_ical(ics)
    event = calendar.walk("VEVENT")[0]
    return Invite(
        method=str(calendar["METHOD"]),
        uid=str(event["UID"]),
        sequence=int(event.get("SEQUENCE", 0)),
        starts_at=event.decoded("DTSTART").astimezone(UTC),
        ends_at=event.decoded("DTEND").astimezone(UTC),
    )
