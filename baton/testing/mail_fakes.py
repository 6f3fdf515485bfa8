"""A mail server and a mailbox in memory, which keep what every server and mailbox promises."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from baton.adapters.mail.port import ReceivedMail
from baton.errors import BatonError, MailUnavailableError


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the transport accepted: for all its recipients at once."""

    content: bytes
    sender: str
    recipients: tuple[str, ...]


class FakeMailbox:
    """Satisfies `baton.adapters.mail.port.Mailbox`. Safe across threads."""

    def __init__(self) -> None:
        self._waiting: dict[str, bytes] = {}
        self._is_down = False
        self._lock = threading.Lock()

    def deliver(self, content: bytes) -> str:
        """Put a message in; return its key, the same for the same bytes."""
        key = sha256(content).hexdigest()
        with self._lock:
            self._waiting[key] = content
        return key

    def go_down(self, *, is_down: bool = True) -> None:
        """Refuse every look from now on, or (`is_down=False`) come back."""
        self._is_down = is_down

    def fetch(self) -> Iterator[ReceivedMail]:
        """Yield what has not been acknowledged, oldest first.

        Raises:
            MailUnavailableError: It was told to go down.
        """
        if self._is_down:
            raise MailUnavailableError("The mailbox cannot be reached; try again later.")
        with self._lock:
            waiting = [ReceivedMail(key, content) for key, content in self._waiting.items()]
        yield from waiting

    def acknowledge(self, key: str) -> None:
        """Do not yield this message again."""
        with self._lock:
            self._waiting.pop(key, None)


class FakeTransport:
    """Satisfies `baton.adapters.mail.port.MailTransport`; can fail or be slow. Thread-safe.

    Args:
        copies_to: Where the tracking copy of every accepted message arrives; None loses it.

    Attributes:
        busy: Set when a message was handed over that has not been answered yet.
    """

    def __init__(self, copies_to: FakeMailbox | None = None) -> None:
        self.busy = threading.Event()
        self._copies_to = copies_to
        self._sent: list[Sent] = []
        self._failures: deque[tuple[BatonError, bool]] = deque()
        self._held: threading.Event | None = None
        self._lock = threading.Lock()

    @property
    def sent(self) -> list[Sent]:
        """What was accepted so far, in order; a copy."""
        with self._lock:
            return list(self._sent)

    def sent_to(self, address: str) -> list[Sent]:
        """Return what was accepted for this envelope recipient, in order."""
        return [message for message in self.sent if address in message.recipients]

    def fail_next(self, error: BatonError, *, after_accepting: bool = False) -> None:
        """Make the next send raise; with `after_accepting` the message went out all the same."""
        with self._lock:
            self._failures.append((error, after_accepting))

    def hold(self) -> threading.Event:
        """Answer no message until the returned event is set: a slow server."""
        self._held = threading.Event()
        return self._held

    def send(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        """Take the message for all its recipients, or for none.

        Raises:
            BatonError: What `fail_next` asked for.
        """
        self.busy.set()
        if self._held is not None and not self._held.wait(timeout=20):
            raise MailUnavailableError("The test held this message for longer than 20 seconds.")
        with self._lock:
            failure = self._failures.popleft() if self._failures else None
            is_accepted = failure is None or failure[1]
            if is_accepted:
                self._sent.append(Sent(content, sender, tuple(recipients)))
        if is_accepted and self._copies_to is not None:
            self._copies_to.deliver(content)
        if failure is not None:
            raise failure[0]
