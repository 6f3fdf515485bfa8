"""Several mailboxes read as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from baton.adapters.mail.port import Mailbox, ReceivedMail
from baton.errors import MailUnavailableError

_BETWEEN = "|"


class Mailboxes:
    """A `Mailbox` over several; a message's key says in which one it lies."""

    def __init__(self, boxes: Mapping[str, Mailbox]) -> None:
        """Read these, in this order; the names are part of the keys and must not change."""
        self.boxes = dict(boxes)

    def fetch(self) -> Iterator[ReceivedMail]:
        """Yield what has not been acknowledged, mailbox after mailbox, oldest first in each.

        Raises:
            MailUnavailableError: One cannot be reached; raised after the others were read.
        """
        failed: MailUnavailableError | None = None
        for name, box in self.boxes.items():
            try:
                for mail in box.fetch():
                    yield ReceivedMail(f"{name}{_BETWEEN}{mail.key}", mail.content)
            except MailUnavailableError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def acknowledge(self, key: str) -> None:
        """Do not yield this message again; a mailbox that is not read any more is left alone.

        Raises:
            MailUnavailableError: The mailbox cannot be reached.
        """
        for name, box in self.boxes.items():
            if key.startswith(name + _BETWEEN):
                box.acknowledge(key.removeprefix(name + _BETWEEN))
