"""People with a mailbox on the servers: they read by IMAP, and write by SMTP."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
import time
from collections.abc import Callable

from baton.adapters.mail.opening import open_mailbox
from baton.testing.mail import recipients_of
from tests.servers.debian import PASSWORD, MailServers

WAIT_SECONDS = 60


def inbox(servers: MailServers, address: str) -> list[bytes]:
    """Return every message of the inbox, oldest first; none is marked as read."""
    return [mail.content for mail in open_mailbox(servers.mailbox(address), PASSWORD).fetch()]


def await_mail(servers: MailServers, address: str, is_it: Callable[[bytes], bool]) -> bytes:
    """Return the first message that is meant; it must come within a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = [content for content in inbox(servers, address) if is_it(content)]
        if found:
            return found[0]
        if time.monotonic() > deadline:
            raise TimeoutError(f"{address} did not get it")
        time.sleep(0.3)


def post(servers: MailServers, sender: str, content: bytes) -> None:
    """Hand in what a person's mail program wrote."""
    context = ssl.create_default_context(cafile=str(servers.authority))
    with smtplib.SMTP("localhost", servers.smtp_port) as server:
        server.starttls(context=context)
        server.login(sender, PASSWORD)
        server.sendmail(sender, recipients_of(content), content)


def put(servers: MailServers, address: str, content: bytes) -> None:
    """Put a message into an inbox exactly as it is."""
    context = ssl.create_default_context(cafile=str(servers.authority))
    with imaplib.IMAP4_SSL("localhost", servers.imaps_port, ssl_context=context) as box:
        box.login(address, PASSWORD)
        answer, said = box.append("INBOX", "", "", content)
    assert answer == "OK", said
