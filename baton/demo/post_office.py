"""The mailboxes of the simulated people: what is new in them, and everything that was delivered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from baton.testing.mail import MailWorld, base_address

_FOLDERS = ("new", "cur")


class PostOffice:
    """Reads people's Maildirs; Baton's own mailbox is read by Baton alone."""

    def __init__(self, mail: MailWorld, own_address: str) -> None:
        self._mail = mail
        self._own = base_address(own_address)
        self._read: set[Path] = set()
        self._known = 0

    def new_mail(self) -> Iterator[tuple[str, bytes]]:
        """Yield address and message of what has arrived since the last call, in that order."""
        for path, address in self._arrived(self._recipients_since_last_time(), self._read):
            self._read.add(path)
            yield address, path.read_bytes()

    def everything(self) -> Iterator[bytes]:
        """Yield every message that a person has received, oldest first."""
        addresses = {base_address(each.recipient) for each in self._mail.deliveries}
        for path, _ in self._arrived(addresses - {self._own}, set()):
            yield path.read_bytes()

    def _recipients_since_last_time(self) -> set[str]:
        deliveries = self._mail.deliveries
        fresh = deliveries[self._known :]
        self._known = len(deliveries)
        return {base_address(each.recipient) for each in fresh} - {self._own}

    def _arrived(self, addresses: set[str], known: set[Path]) -> list[tuple[Path, str]]:
        fresh = [
            (path, address)
            for address in addresses
            for folder in _FOLDERS
            for path in (self._mail.maildir(address) / folder).iterdir()
            if path not in known
        ]
        return sorted(fresh, key=lambda found: (found[0].stat().st_mtime_ns, found[0]))
