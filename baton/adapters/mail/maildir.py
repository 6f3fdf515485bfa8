"""A mailbox in a folder: Maildir, as every mail server and the demo can write it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from baton.adapters.mail.port import ReceivedMail
from baton.errors import MailUnavailableError

_ROOMS = ("tmp", "new", "cur")
_INFO = ":2,"
_SEEN = "S"


class MaildirMailbox:
    """A `Mailbox` over one Maildir; the key is a message's unique name, without its flags.

    A message counts as taken when it is in `cur` with the flag `S`, so that a mail program or a
    server that merely looks into the folder takes nothing away.
    """

    def __init__(self, folder: Path) -> None:
        """Read this Maildir, which must exist when it is fetched from."""
        self._folder = folder

    @classmethod
    def make(cls, folder: Path) -> MaildirMailbox:
        """Return the Maildir of this folder; it is made if it is missing."""
        for room in _ROOMS:
            (folder / room).mkdir(parents=True, exist_ok=True)
        return cls(folder)

    def fetch(self) -> Iterator[ReceivedMail]:
        """Yield what has not been acknowledged, oldest first.

        Raises:
            MailUnavailableError: The folder cannot be read.
        """
        try:
            waiting = sorted(
                (path.stat().st_mtime_ns, path.name, path)
                for room in ("new", "cur")
                for path in (self._folder / room).iterdir()
                if room == "new" or _SEEN not in _flags(path)
            )
        except OSError as error:
            raise self._unavailable(error) from error
        for _, _, path in waiting:
            content = self._read(path)
            if content is not None:
                yield ReceivedMail(key=_key(path), content=content)

    def acknowledge(self, key: str) -> None:
        """Move the message to `cur` and mark it seen; a message that is gone is no error.

        Raises:
            MailUnavailableError: The folder cannot be written.
        """
        for room in ("new", "cur"):
            for path in (self._folder / room).glob(f"{_escaped(key)}*"):
                if _key(path) == key:
                    self._take(path, key)

    def _take(self, path: Path, key: str) -> None:
        flags = "".join(sorted({*_flags(path), _SEEN}))
        try:
            path.replace(self._folder / "cur" / f"{key}{_INFO}{flags}")
        except FileNotFoundError:
            return  # another reader took it
        except OSError as error:
            raise self._unavailable(error) from error

    def _read(self, path: Path) -> bytes | None:
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None  # another reader took it
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> MailUnavailableError:
        return MailUnavailableError(
            f"The mailbox {self._folder} cannot be used ({error.strerror}); is it a Maildir with "
            "'new' and 'cur' that we may write to?"
        )


def _key(path: Path) -> str:
    return path.name.partition(":")[0]


def _flags(path: Path) -> str:
    return path.name.partition(_INFO)[2]


def _escaped(key: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in key)
