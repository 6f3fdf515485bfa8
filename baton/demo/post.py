"""How simulated people hand in the mail that their mail programs wrote."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass

from baton.testing.mail import recipients_of

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


@dataclass(frozen=True, slots=True)
class PostBox:
    """The mail server that takes people's mail."""

    host: str
    port: int

    def send(self, content: bytes, writer: Person) -> None:
        """Hand the message in for everybody in To and Cc; the server has it afterwards."""
        with smtplib.SMTP(self.host, self.port, timeout=SECONDS) as server:
            server.sendmail(writer.email, list(recipients_of(content)), content)
