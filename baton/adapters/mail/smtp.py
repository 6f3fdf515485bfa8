"""Hands mails to an SMTP server: to every recipient of a message, or to none."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from baton.adapters.mail.connections import IDLE_SECONDS, Connection, Connections, end
from baton.errors import (
    InDoubtError,
    MailDeferredError,
    MailRefusedError,
    MailUnavailableError,
)

Security = Literal["none", "starttls", "tls"]

_REFUSED = 500
_GO_AHEAD = 354
_OK = 250


class SmtpTransport:
    """A `MailTransport` whose connections serve further messages that follow soon."""

    def __init__(
        self,
        host: str,
        port: int,
        security: Security = "none",
        username: str | None = None,
        password: str | None = None,
        *,
        timeout: float = 20,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Remember where to connect; nothing is opened yet.

        Args:
            host: Name or address of the server.
            port: Its port.
            security: `tls` from the first byte, `starttls` after the greeting, or `none`.
            username: Logs in if given.
            password: Goes with it.
            timeout: Seconds that any single answer may take.
            idle_seconds: How long a connection without mail stays open.
        """
        self._host, self._port, self._security = host, port, security
        self._username, self._password, self._timeout = username, password, timeout
        self._connections = Connections(self._connect, idle_seconds=idle_seconds)

    def send(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        """Hand the message over for all its recipients, or for none.

        Raises:
            MailUnavailableError: Not reached or not logged in: nothing was sent.
            MailDeferredError: 4xx for the message or for any recipient: nothing was sent.
            MailRefusedError: 5xx for the message or for any recipient: nothing was sent.
            InDoubtError: The connection broke after the whole message was handed over and before
                the server's answer; it may have gone out.
        """
        sender, recipients = _ascii(sender), [_ascii(address) for address in recipients]
        connection = self._begin(content, sender)
        try:
            self._name_recipients(connection.server, recipients)
            self._hand_over(connection.server, content)
        except (MailRefusedError, MailDeferredError):
            self._start_afresh(connection)
            raise
        except InDoubtError:
            connection.end()
            raise
        except (OSError, smtplib.SMTPException) as error:
            connection.end()
            raise self._unavailable(error) from error
        self._connections.give_back(connection)

    def close(self) -> None:
        """End the connections that are idle; sending again opens new ones."""
        self._connections.close()

    def _begin(self, content: bytes, sender: str) -> Connection:
        """Return a connection that has taken the sender.

        One that was used before may have been closed by the server meanwhile, or have had its
        share; before the sender is taken nothing was sent, so that a new one is tried.
        """
        connection = self._connections.take()
        try:
            self._name_sender(connection, content, sender)
        except (MailUnavailableError, MailRefusedError):
            if connection.mails == 0:
                raise
            connection = self._connections.take_new()
            self._name_sender(connection, content, sender)
        return connection

    def _name_sender(self, connection: Connection, content: bytes, sender: str) -> None:
        options = [] if content.isascii() else ["BODY=8BITMIME"]
        try:
            _expect_ok(connection.server.mail(sender, options), "the sender", sender)
        except (OSError, smtplib.SMTPException) as error:
            connection.end()
            raise self._unavailable(error) from error
        except (MailRefusedError, MailDeferredError):
            connection.end()
            raise

    def _start_afresh(self, connection: Connection) -> None:
        """Make the server forget what it refused, so that the connection can be used again."""
        try:
            code, _ = connection.server.rset()
        except (OSError, smtplib.SMTPException):
            code = _REFUSED
        if code == _OK:
            self._connections.give_back(connection)
        else:
            connection.end()

    def _connect(self) -> smtplib.SMTP:
        server: smtplib.SMTP | None = None
        try:
            server = self._greeted()
            if self._security == "starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if self._username is not None:
                server.login(self._username, self._password or "")
        except (OSError, smtplib.SMTPException) as error:
            if server is not None:
                end(server)
            raise self._not_ready(error) from error
        return server

    def _greeted(self) -> smtplib.SMTP:
        if self._security != "tls":
            return smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)

    def _not_ready(self, error: OSError | smtplib.SMTPException) -> MailUnavailableError:
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return MailUnavailableError(
                f"The mail server {self._place} does not take our user name and password "
                f"({error.smtp_code}); check BATON_SMTP_USERNAME and BATON_SMTP_PASSWORD."
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return MailUnavailableError(
                f"The mail server {self._place} does not offer what the settings ask for "
                f"({error}); check BATON_SMTP_SECURITY and BATON_SMTP_USERNAME."
            )
        return self._unavailable(error)

    def _name_recipients(self, server: smtplib.SMTP, recipients: Sequence[str]) -> None:
        # RCPT by hand: smtplib.sendmail would go on with the recipients that were not refused.
        answers = [(address, server.rcpt(address)) for address in recipients]
        for is_final in (True, False):
            for address, (code, text) in answers:
                if code >= 300 and (code >= _REFUSED) is is_final:  # noqa: PLR2004 (2xx is yes)
                    _expect_ok((code, text), "a recipient", address)

    def _hand_over(self, server: smtplib.SMTP, content: bytes) -> None:
        code, text = server.docmd("DATA")
        if code != _GO_AHEAD:
            raise _answer(code, text, "the message", "")
        stuffed = re.sub(rb"(?m)^\.", b"..", content)
        server.send(stuffed + (b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"))
        try:
            code, text = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            raise InDoubtError(
                f"The mail server {self._place} went away after it had the whole message; whether "
                "it went out shows when our own copy arrives."
            ) from error
        if code != _OK:
            raise _answer(code, text, "the message", "")

    def _unavailable(self, error: Exception) -> MailUnavailableError:
        return MailUnavailableError(
            f"The mail server {self._place} cannot be used ({type(error).__name__}: "
            f"{_without_people(str(error))}); is it up, and are BATON_SMTP_HOST and "
            "BATON_SMTP_PORT right?"
        )

    @property
    def _place(self) -> str:
        return f"{self._host}:{self._port}"


def _expect_ok(answer: tuple[int, bytes], what: str, address: str) -> None:
    code, text = answer
    if 200 <= code < 300:  # noqa: PLR2004 (2xx is yes)
        return
    raise _answer(code, text, what, address)


def _answer(
    code: int, text: bytes, what: str, address: str
) -> MailDeferredError | MailRefusedError:
    said = _without_people(text.decode("utf-8", "replace"))
    domain = f" at {address.rpartition('@')[2]}" if address else ""
    if code >= _REFUSED:
        return MailRefusedError(
            f"The mail server refused {what}{domain}: {code} {said}. Nothing was sent."
        )
    return MailDeferredError(
        f"The mail server cannot take {what}{domain} now: {code} {said}. Nothing was sent."
    )


def _ascii(address: str) -> str:
    local, _, domain = address.rpartition("@")
    refusal = MailRefusedError(
        "A mail address has characters that mail servers do not take; correct it. Nothing was sent."
    )
    if not local or not domain or not address.isprintable() or re.search(r"[\s<>]", address):
        raise refusal
    try:
        return f"{local.encode('ascii').decode()}@{_encoded(domain)}"
    except UnicodeError as error:
        raise refusal from error


@lru_cache(maxsize=1024)
def _encoded(domain: str) -> str:
    # Looking through Unicode's tables takes as long as a tenth of a mail, and domains come again.
    return domain.encode("idna").decode()


def _without_people(text: str) -> str:
    # Servers repeat the address that they refuse; it must not get into logs.
    return re.sub(r"[^\s<>@:]+@", "...@", " ".join(text.split()))
