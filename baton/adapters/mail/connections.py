"""Connections to a mail server that are kept for a moment, because mails come in bursts."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

IDLE_SECONDS = 10.0
AGE_SECONDS = 300.0
MAILS = 100
KEPT = 4


@dataclass(slots=True)
class Connection:
    """One connection, used by one thread at a time.

    Attributes:
        server: The conversation with the server.
        opened_at: Seconds of the machine's monotonic clock.
        idle_since: The same; set when it is given back.
        mails: How many it has carried.
    """

    server: smtplib.SMTP
    opened_at: float = field(default_factory=time.monotonic)
    idle_since: float = 0.0
    mails: int = 0

    def end(self) -> None:
        """Say goodbye if the server listens, and close it."""
        end(self.server)


class Connections:
    """Idle connections to one server; safe across threads. A sender takes one and gives it back."""

    def __init__(self, connect: Callable[[], smtplib.SMTP], *, idle_seconds: float) -> None:
        """Remember how to connect.

        Args:
            connect: Returns a server that is ready for mail; its errors are passed on.
            idle_seconds: How long one that nobody uses stays open.
        """
        self._connect = connect
        self._idle_seconds = idle_seconds
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def take(self) -> Connection:
        """Return the connection that was used last, or a new one."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None and time.monotonic() - kept.idle_since < self._idle_seconds:
            return kept
        if kept is not None:
            kept.end()
        return self.take_new()

    def take_new(self) -> Connection:
        """Return a new connection."""
        return Connection(self._connect())

    def give_back(self, connection: Connection) -> None:
        """Keep it for the next mail, unless it is old, has carried many, or enough are kept."""
        connection.idle_since = time.monotonic()
        connection.mails += 1
        is_young = connection.idle_since - connection.opened_at < AGE_SECONDS
        with self._lock:
            is_kept = is_young and connection.mails < MAILS and len(self._idle) < KEPT
            if is_kept:
                self._idle.append(connection)
                self._watch()
        if not is_kept:
            connection.end()

    def close(self) -> None:
        """End those that are idle; the next mail opens another one."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.end()

    def _watch(self) -> None:
        """See to it that idle ones are ended although no mail comes; the lock is held."""
        if self._timer is None:
            self._timer = threading.Timer(self._idle_seconds, self._end_idle)
            self._timer.daemon = True
            self._timer.start()

    def _end_idle(self) -> None:
        limit = time.monotonic() - self._idle_seconds
        with self._lock:
            over = [one for one in self._idle if one.idle_since <= limit]
            self._idle = [one for one in self._idle if one.idle_since > limit]
            self._timer = None
            if self._idle:
                self._watch()
        for connection in over:
            connection.end()


def end(server: smtplib.SMTP) -> None:
    """Say goodbye if the server listens, and close the connection."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
