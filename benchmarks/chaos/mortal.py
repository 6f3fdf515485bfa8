"""Neighbours as seen by a process that may die before and after each call."""

from __future__ import annotations

import email
from collections.abc import Iterator, Sequence

from baton.adapters.mail.port import Mailbox, MailTransport, ReceivedMail
from baton.domain.crm import Crm, CrmWrite
from benchmarks.chaos.crashes import Crashes


class MortalTransport:
    """A mail transport with crash points."""

    def __init__(self, transport: MailTransport, crashes: Crashes) -> None:
        self._transport, self._crashes = transport, crashes

    def send(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        """Send it, unless this process dies before."""
        effect = str(email.message_from_bytes(content)["X-Baton-Effect"])
        kind = effect.split(":")[1]
        self._crashes.reach(f"before mail: {kind}")
        self._transport.send(content, sender=sender, recipients=recipients)
        self._crashes.reach(f"after mail: {kind}")


class MortalCrm:
    """A CRM with crash points."""

    def __init__(self, crm: Crm, crashes: Crashes) -> None:
        self._crm, self._crashes = crm, crashes

    def write(self, change: CrmWrite) -> None:
        """Write it, unless this process dies before."""
        self._crashes.reach(f"before write: {change.kind.value}")
        self._crm.write(change)
        self._crashes.reach(f"after write: {change.kind.value}")

    def has(self, external_id: str) -> bool:
        """Ask it."""
        return self._crm.has(external_id)


class MortalMailbox:
    """A mailbox with crash points around taking a message out of it."""

    def __init__(self, mailbox: Mailbox, crashes: Crashes) -> None:
        self._mailbox, self._crashes = mailbox, crashes

    def fetch(self) -> Iterator[ReceivedMail]:
        """Look into it."""
        return self._mailbox.fetch()

    def acknowledge(self, key: str) -> None:
        """Take a message out, unless this process dies before."""
        self._crashes.reach("before taking a message")
        self._mailbox.acknowledge(key)
        self._crashes.reach("after taking a message")
