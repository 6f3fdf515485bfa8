"""How simulated people hand in the mail that their mail programs wrote."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes

from baton.adapters.mail.smtp import Security, SmtpTransport
from baton.testing.mail import base_address, recipients_of

SECONDS = 10


@dataclass(frozen=True, slots=True)
class Person:
    """A simulated person: the address and the name that they write under."""

    email: str
    name: str

    @property
    def signature(self) -> tuple[str, str]:
        """Name and address, as mail programs show them."""
        return self.name, self.email


class HandedIn:
    """What a mail server has taken and must deliver; any thread may add to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], None] = {}

    def note(self, content: bytes, recipients: Iterable[str]) -> None:
        """Remember that the server has taken it for these."""
        identity = message_id_of(content)
        with self._lock:
            self._waiting |= dict.fromkeys((base_address(one), identity) for one in recipients)

    def take(self) -> list[tuple[str, str]]:
        """Return what was noted since the last call: address without plus-part, Message-ID."""
        with self._lock:
            taken, self._waiting = list(self._waiting), {}
        return taken


@dataclass(frozen=True, slots=True)
class PostBox:
    """The mail server that takes people's mail.

    Attributes:
        host: Where it is.
        port: Its port.
        security: How the connection is protected.
        password: Everybody's, to log in under their own address; without it nobody logs in.
        handed_in: Told of what it has taken.
    """

    host: str
    port: int
    security: Security = "none"
    password: str | None = field(default=None, repr=False)
    handed_in: HandedIn = field(default_factory=HandedIn)

    def send(self, content: bytes, writer: Person) -> None:
        """Hand the message in for everybody in To and Cc; the server has it afterwards.

        Raises:
            MailUnavailableError: The server cannot be reached, or does not let them in.
            MailRefusedError: It does not take the message, or not for everybody.
        """
        recipients = recipients_of(content)
        user = writer.email if self.password is not None else None
        server = SmtpTransport(
            self.host, self.port, self.security, user, self.password, timeout=SECONDS
        )
        try:
            server.send(content, sender=writer.email, recipients=recipients)
        finally:
            server.close()
        self.handed_in.note(content, recipients)


def message_id_of(content: bytes) -> str:
    """Return the Message-ID with its angle brackets; empty if there is none."""
    return str(message_from_bytes(content)["Message-ID"] or "").strip()
