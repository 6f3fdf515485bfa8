"""A real SMTP server on this machine that delivers into Maildirs and can be told to refuse."""

from __future__ import annotations

import email
import mailbox
import re
import socket
import threading
from asyncio import Server as Listener
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from baton.adapters.mail.maildir import MaildirMailbox
from baton.domain.clock import Clock, SystemClock
from baton.errors import SettingsError

_MAX_BYTES = 60 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that the world delivered to one envelope recipient.

    Attributes:
        recipient: The envelope address, plus-part and all, lower case.
        message_id: With angle brackets; empty if the message has none.
        at: Aware UTC, by the world's clock.
    """

    recipient: str
    message_id: str
    at: datetime


@dataclass(slots=True)
class _Refusal:
    code: int
    times: int | None


class MailWorld:
    """An SMTP server that delivers everything into Maildirs, one for each base address."""

    def __init__(
        self, folder: Path, host: str = "127.0.0.1", port: int = 0, *, clock: Clock | None = None
    ) -> None:
        """Prepare a server on this address; port 0 takes a free one at `start`."""
        self._folder = folder
        self._host = host
        self._port = port
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._refusals: dict[str, _Refusal] = {}
        self._deliveries: list[Delivery] = []
        self._controller: _FreePort | None = None
        self._answers_to_lose = 0

    def __enter__(self) -> Self:
        """Listen for the length of the block."""
        self.start()
        return self

    def __exit__(self, *_why: object) -> None:
        """Stop listening."""
        self.stop()

    def start(self) -> None:
        """Listen; afterwards `port` says where. A second start changes nothing.

        Raises:
            SettingsError: The port is taken.
        """
        if self._controller is not None:
            return
        self._claim()
        controller = _FreePort(
            _Handler(self),
            hostname=self._host,
            port=self._port,
            ready_timeout=10,
            data_size_limit=_MAX_BYTES,
            ident="baton mail world",
        )
        controller.start()
        controller.served.clear()  # aiosmtpd tries its own server once.
        self._port = controller.port
        self._controller = controller

    def _claim(self) -> None:
        # aiosmtpd tells of a taken port only after its whole timeout, and leaks its loop.
        try:
            socket.create_server((self._host, self._port)).close()
        except OSError as error:
            raise SettingsError(
                f"The mail world cannot listen on {self._host}:{self._port} ({error.strerror}); "
                "choose another port."
            ) from error

    def stop(self) -> None:
        """Stop listening; connections are then refused. What was delivered stays."""
        if self._controller is not None:
            self._controller.drop()  # From Python 3.12 on, stopping waits for open connections.
            self._controller.stop()
            self._controller = None

    @property
    def host(self) -> str:
        """The address that it listens on."""
        return self._host

    @property
    def port(self) -> int:
        """The port that it listens on; kept over a stop, so that it comes back there."""
        return self._port

    @property
    def deliveries(self) -> list[Delivery]:
        """What was delivered so far, in order; a copy."""
        with self._lock:
            return list(self._deliveries)

    @property
    def connections(self) -> int:
        """How many connections clients have opened since the last start."""
        return len(self._controller.served) if self._controller else 0

    @property
    def open_connections(self) -> int:
        """How many of them are open now."""
        served = self._controller.served if self._controller else []
        return sum(one.transport is not None and not one.transport.is_closing() for one in served)

    def drop_connections(self) -> None:
        """Close every open connection without a word, as a server does that restarts."""
        assert self._controller is not None
        self._controller.drop()

    def lose_answers(self, times: int) -> None:
        """Deliver the next messages, and close the connection instead of saying so."""
        with self._lock:
            self._answers_to_lose = times

    def loses_this_answer(self) -> bool:
        """Return whether to close instead of answering; counts down."""
        with self._lock:
            self._answers_to_lose -= 1
            return self._answers_to_lose >= 0

    def refuse(self, address: str, code: int = 550, times: int | None = None) -> None:
        """Answer this code when the address is named as a recipient.

        Args:
            address: Base address; its plus-addresses are refused too.
            code: 4xx or 5xx.
            times: How often, then mail is taken again; None means for ever.
        """
        with self._lock:
            self._refusals[base_address(address)] = _Refusal(code, times)

    def maildir(self, address: str) -> Path:
        """Return the folder of the address's Maildir; it is made if it is missing."""
        name = re.sub(r"[^a-z0-9@._-]", "_", base_address(address)).lstrip(".")
        folder = self._folder / name
        MaildirMailbox.make(folder)
        return folder

    def mailbox(self, address: str) -> MaildirMailbox:
        """Return the mailbox of the address; mail to its plus-addresses arrives there too."""
        return MaildirMailbox(self.maildir(address))

    def answer_to(self, address: str) -> str | None:
        """Return the SMTP answer that refuses this recipient, or None; counts refusals down."""
        with self._lock:
            refusal = self._refusals.get(base_address(address))
            if refusal is None or refusal.times == 0:
                return None
            if refusal.times is not None:
                refusal.times -= 1
            word = "5.1.1 no such mailbox" if refusal.code >= 500 else "4.3.0 try again later"  # noqa: PLR2004 (SMTP's classes)
            return f"{refusal.code} {word} <{address}>"

    def deliver(self, content: bytes, sender: str, recipients: Sequence[str]) -> None:
        """Put the message into each recipient's Maildir, as a server does, and log it."""
        identity = str(email.message_from_bytes(content)["Message-ID"] or "").strip()
        for recipient in recipients:
            head = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
            with self._lock:
                mailbox.Maildir(self.maildir(recipient), create=True).add(head + content)
                self._deliveries.append(Delivery(recipient.lower(), identity, self._clock.now()))


class _FreePort(Controller):
    """A controller that learns which port it was given, and knows its connections."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.served: list[SMTP] = []

    def factory(self) -> SMTP:
        """Return what serves a new connection."""
        served: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self.served.append(served)
        return served

    def drop(self) -> None:
        """Close every connection; returns once that is done."""
        done = threading.Event()
        self.loop.call_soon_threadsafe(self._drop, done)
        done.wait()

    def _drop(self, done: threading.Event) -> None:
        for served in self.served:
            if served.transport is not None:
                served.transport.close()
        done.set()

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Listener)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class _Handler:
    """What aiosmtpd calls."""

    def __init__(self, world: MailWorld) -> None:
        self._world = world

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self,
        _server: object,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        refusal = self._world.answer_to(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self._world.deliver(content, envelope.mail_from or "", envelope.rcpt_tos)
        if self._world.loses_this_answer():
            assert server.transport is not None
            server.transport.close()
        return "250 OK"


def base_address(address: str) -> str:
    """Return the address without its plus-part, lower case."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
