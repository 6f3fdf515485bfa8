"""What Baton asks of mail: a transport that takes messages, a mailbox that gives them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


class MailTransport(Protocol):
    """Takes a message for all its recipients, or for none."""

    def send(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        """Hand the message over; afterwards it is the server's.

        Args:
            content: The whole message, RFC 5322, CRLF line ends.
            sender: Envelope sender.
            recipients: Envelope recipients, the tracking address among them.

        Raises:
            MailUnavailableError: Not reached, or 4xx: try again later.
            MailRefusedError: 5xx: it will never go out as it is.
            InDoubtError: The answer to the whole message was lost: it may have gone out. Our own
                copy in the mailbox proves it; never simply send again.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A message as the mailbox holds it.

    Attributes:
        key: Names it in this mailbox for ever; the same message gives the same key.
        content: The raw bytes.
    """

    key: str
    content: bytes


@runtime_checkable
class Watchable(Protocol):
    """A mailbox that tells of new mail by itself."""

    def watch(self, ring: Callable[[], None], stop: threading.Event) -> bool:
        """Call `ring` whenever mail arrives, until `stop` is set; False if it cannot.

        Raises:
            MailUnavailableError: The mailbox cannot be reached any more.
        """
        ...


class Mailbox(Protocol):
    """Baton's own mailbox."""

    def fetch(self) -> Iterator[ReceivedMail]:
        """Yield what has not been acknowledged, oldest first.

        Raises:
            MailUnavailableError: The mailbox cannot be reached.
        """
        ...

    def acknowledge(self, key: str) -> None:
        """Do not yield this message again; called after it was stored."""
        ...
