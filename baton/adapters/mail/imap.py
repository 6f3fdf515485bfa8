"""A mailbox on an IMAP server."""

from __future__ import annotations

import imaplib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from imap_tools import (
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
    MailMessageFlags,
)

from baton.adapters.mail.port import ReceivedMail
from baton.errors import MailUnavailableError

_BROKEN = (OSError, imaplib.IMAP4.error, ImapToolsError)

_IDLE_SECONDS = 300
_LISTEN_SECONDS = 2.0

Security = Literal["none", "starttls", "tls"]


class ImapMailbox:
    """A `Mailbox` over one IMAP folder that Baton has to itself; the key is `uidvalidity:uid`.

    A message counts as taken when it is seen. Reading does not mark it; only `acknowledge` does.
    """

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        password: str,
        *,
        folder: str = "INBOX",
        security: Security = "tls",
        timeout: float = 20,
    ) -> None:
        """Remember where to connect; each call opens a connection of its own."""
        self._host, self._port = host, port
        self._username, self._password = username, password
        self._folder, self._security, self._timeout = folder, security, timeout

    def fetch(self) -> Iterator[ReceivedMail]:
        """Yield what is not seen yet, oldest first.

        Raises:
            MailUnavailableError: The server cannot be reached, or does not let us in.
        """
        with self._opened() as box:
            validity = self._validity(box)
            for uid in sorted(box.uids("UNSEEN"), key=int):
                content = _content(box, uid)
                if content is not None:
                    yield ReceivedMail(key=f"{validity}:{uid}", content=content)

    def acknowledge(self, key: str) -> None:
        """Mark the message seen; one of an older UIDVALIDITY no longer exists and is left.

        Raises:
            MailUnavailableError: The server cannot be reached, or does not let us in.
        """
        validity, _, uid = key.partition(":")
        with self._opened() as box:
            if str(self._validity(box)) == validity:
                box.flag(uid, MailMessageFlags.SEEN, True)

    def watch(self, ring: Callable[[], None], stop: threading.Event) -> bool:
        """Call `ring` whenever mail arrives, until `stop` is set (IMAP IDLE, RFC 2177).

        It also rings at the beginning, for what came while nobody watched.

        Returns:
            False, at once, if the server does not know IDLE: then it must be polled.

        Raises:
            MailUnavailableError: The server cannot be reached, or the connection was lost.
        """
        with self._opened() as box:
            # Asked anew: some servers tell more of themselves after the login.
            _, known = box.client.capability()
            if b"IDLE" not in b" ".join(known).upper().split():
                return False
            ring()
            while not stop.is_set():
                self._idle(box, ring, stop)
            return True

    def _idle(self, box: BaseMailBox, ring: Callable[[], None], stop: threading.Event) -> None:
        """Listen for some minutes; servers log off who stays in IDLE for half an hour."""
        until = time.monotonic() + _IDLE_SECONDS
        with box.idle as idle:
            while not stop.is_set() and time.monotonic() < until:
                begun_at = time.monotonic()
                said = idle.poll(timeout=_LISTEN_SECONDS)
                if any(b"EXISTS" in line or b"RECENT" in line for line in said):
                    ring()
                elif not said and time.monotonic() - begun_at < _LISTEN_SECONDS / 2:
                    # The library answers so, at once and for ever, when the server hung up.
                    raise ConnectionResetError("the server ended the connection")

    def _validity(self, box: BaseMailBox) -> int:
        return box.folder.status(self._folder, ["UIDVALIDITY"])["UIDVALIDITY"]

    @contextmanager
    def _opened(self) -> Iterator[BaseMailBox]:
        try:
            box = self._connect()
            try:
                box.login(self._username, self._password, initial_folder=self._folder)
                yield box
            finally:
                # A connection that is lost already cannot be ended in order.
                with suppress(*_BROKEN):
                    box.logout()
        except MailboxLoginError as error:
            raise MailUnavailableError(
                f"The mailbox on {self._host}:{self._port} does not take our user name and "
                "password; check BATON_MAILBOX and BATON_MAILBOX_PASSWORD."
            ) from error
        except _BROKEN as error:
            raise MailUnavailableError(
                f"The mailbox on {self._host}:{self._port} cannot be read "
                f"({type(error).__name__}); is the server up, and is BATON_MAILBOX right?"
            ) from error

    def _connect(self) -> BaseMailBox:
        if self._security == "tls":
            # Without a context of our own, imaplib takes any certificate from anybody.
            checked = ssl.create_default_context()
            return MailBox(self._host, self._port, timeout=self._timeout, ssl_context=checked)
        if self._security == "starttls":
            checked = ssl.create_default_context()
            return MailBoxStartTls(
                self._host, self._port, timeout=self._timeout, ssl_context=checked
            )
        return MailBoxUnencrypted(self._host, self._port, timeout=self._timeout)


def _content(box: BaseMailBox, uid: str) -> bytes | None:
    # Not box.fetch: it parses and writes the message again, and some cannot be written again.
    status, data = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    if status != "OK":
        raise imaplib.IMAP4.error(f"FETCH of message {uid} answered {status}")
    parts = [item[1] for item in data if isinstance(item, tuple)]
    return bytes(parts[0]) if parts else None
