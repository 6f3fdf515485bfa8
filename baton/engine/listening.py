"""Mail is read as soon as it comes: mailboxes that tell of it are watched, the others polled."""

from __future__ import annotations

import logging
import threading
from typing import Self

from baton.adapters.mail.port import Mailbox, Watchable
from baton.adapters.mail.several import Mailboxes
from baton.engine.inbox import read_inbox
from baton.errors import MailUnavailableError, TransientError
from baton.runtime import Runtime

logger = logging.getLogger(__name__)
POLL_SECONDS = 2.0
# Also what is watched is read now and then: a connection can be dead without anyone saying so.
WATCHED_POLL_SECONDS = 60.0
RECONNECT_SECONDS = 5.0


class Listening:
    """Reads the inbox in a thread until it is left; a transient error is logged, and tried again.

    Where a mailbox is watched (IMAP IDLE), an answer counts at once and nothing is asked every two
    seconds. A server without IDLE is polled; a lost connection is opened again, and meanwhile
    the mailbox is polled.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        poll_seconds: float = POLL_SECONDS,
        watched_poll_seconds: float = WATCHED_POLL_SECONDS,
        reconnect_seconds: float = RECONNECT_SECONDS,
    ) -> None:
        """Listen to the runtime's mailbox, or to each of several."""
        self._runtime = runtime
        self._poll, self._watched_poll = poll_seconds, watched_poll_seconds
        self._reconnect = reconnect_seconds
        self._stop, self._bell = threading.Event(), threading.Event()
        boxes = _boxes(runtime.mailbox)
        self._unwatched = set(range(len(boxes)))
        self._threads = [threading.Thread(target=self._read, name="inbox", daemon=True)]
        for number, box in enumerate(boxes):
            if isinstance(box, Watchable):
                watcher = threading.Thread(
                    target=self._watch, args=(number, box), name=f"inbox-{number}", daemon=True
                )
                self._threads.append(watcher)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._bell.set()
        for thread in self._threads:
            thread.join(timeout=30)

    @property
    def is_watching(self) -> bool:
        """Whether every mailbox tells of new mail by itself at this moment."""
        return not self._unwatched

    def _read(self) -> None:
        while not self._stop.is_set():
            # Before reading: who rings while we read is heard afterwards.
            self._bell.clear()
            try:
                read_inbox(self._runtime)
            except TransientError as error:
                logger.warning("inbox: %s It is tried again.", error)
            self._await_bell()

    def _await_bell(self) -> None:
        """Wait for the bell, or until it is time to poll; what is lost meanwhile is polled soon."""
        waited = 0.0
        while waited < (self._poll if self._unwatched else self._watched_poll):
            if self._stop.is_set() or self._bell.wait(self._poll):
                return
            waited += self._poll

    def _watch(self, number: int, box: Watchable) -> None:
        def ring() -> None:
            self._unwatched.discard(number)
            self._bell.set()

        while not self._stop.is_set():
            try:
                if not box.watch(ring, self._stop):
                    return
            except MailUnavailableError as error:
                self._unwatched.add(number)
                logger.warning("inbox: %s It is polled until then.", error)
                self._stop.wait(self._reconnect)


def _boxes(mailbox: Mailbox) -> list[Mailbox]:
    return list(mailbox.boxes.values()) if isinstance(mailbox, Mailboxes) else [mailbox]
