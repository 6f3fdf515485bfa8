"""The mailboxes of the simulated people on a mail server as people run them.

Such a server delivers when it likes. The demo's clock must not go on while a mail is under way, so
it is remembered what was handed in, and waited for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from baton.adapters.mail.port import Mailbox, MailTransport, ReceivedMail
from baton.demo.post import HandedIn, PostBox, message_id_of
from baton.demo.servers import DemoSettings
from baton.errors import InputError, MailUnavailableError
from baton.runtime import Runtime
from baton.testing.mail import base_address

WAIT_SECONDS = 60.0
STEP_SECONDS = 0.05
LONGEST_STEP_SECONDS = 1.0


class NotingTransport:
    """Baton's way out; what the server takes is noted."""

    def __init__(self, transport: MailTransport, handed_in: HandedIn) -> None:
        self._transport, self._handed_in = transport, handed_in

    def send(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        """See `MailTransport.send`."""
        self._transport.send(content, sender=sender, recipients=recipients)
        self._handed_in.note(content, recipients)


class NotingMailbox:
    """Baton's mailbox; what it has ever shown is noted."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._shown: set[str] = set()

    def fetch(self) -> Iterator[ReceivedMail]:
        """See `Mailbox.fetch`."""
        for received in self._mailbox.fetch():
            self._shown.add(message_id_of(received.content))
            yield received

    def acknowledge(self, key: str) -> None:
        """See `Mailbox.acknowledge`."""
        self._mailbox.acknowledge(key)

    def has_shown(self, message_id: str) -> bool:
        """Whether a message with this id has arrived; looks into the mailbox if need be."""
        return message_id in self._shown or any(
            message_id_of(received.content) == message_id for received in self.fetch()
        )


class ServerPostOffice:
    """Reads people's mailboxes on the server; Baton's own is only waited for."""

    def __init__(self, settings: DemoSettings, handed_in: HandedIn, own: NotingMailbox) -> None:
        self._settings, self._handed_in, self._own = settings, handed_in, own
        self._own_address = base_address(settings.mail_address)
        self._boxes: dict[str, dict[str, bytes]] = {}
        self._read: list[bytes] = []

    def new_mail(self) -> Iterator[tuple[str, bytes]]:
        """Yield address and message of what was handed in since the last call, in that order.

        Raises:
            MailUnavailableError: A mailbox cannot be read, or something does not arrive.
        """
        for address, message_id in self._handed_in.take():
            self._await(address, message_id)
            if address != self._own_address:
                content = self._boxes[address].pop(message_id)
                self._read.append(content)
                yield address, content

    def everything(self) -> Iterator[bytes]:
        """Yield every message that a person has read, in that order."""
        yield from self._read

    def _has_come(self, address: str, message_id: str) -> bool:
        if address == self._own_address:
            return self._own.has_shown(message_id)
        box = self._boxes.setdefault(address, {})
        if message_id not in box:
            mailbox = self._settings.mailbox_of(address)
            for received in list(mailbox.fetch()):
                box[message_id_of(received.content)] = received.content
                mailbox.acknowledge(received.key)
        return message_id in box

    def _await(self, address: str, message_id: str) -> None:
        begun_at, step = time.monotonic(), STEP_SECONDS
        while not self._has_come(address, message_id):
            if time.monotonic() - begun_at > WAIT_SECONDS:
                raise MailUnavailableError(
                    f"The mail server took a mail for {address}, but it is not in the mailbox "
                    f"after {WAIT_SECONDS:g} seconds. Give the person a mailbox, or let the server "
                    "refuse the address at once; its log says where the mail is."
                )
            time.sleep(step)
            step = min(2 * step, LONGEST_STEP_SECONDS)


def require_empty(mailbox: Mailbox) -> None:
    """Return if nothing unread is in what is to be Baton's mailbox.

    Raises:
        InputError: There is mail, of another demo or of a real house.
        MailUnavailableError: The mailbox cannot be reached.
    """
    if any(True for _ in mailbox.fetch()):
        raise InputError(
            "There is unread mail in BATON_DEMO_MAILBOX. The demo needs a mailbox of its own; if "
            "the mail is of an earlier demo, empty it."
        )


def on_servers(
    runtime: Runtime, settings: DemoSettings
) -> tuple[Runtime, PostBox, ServerPostOffice]:
    """Return the runtime with its mail noted, and how people send and read theirs."""
    own = NotingMailbox(runtime.mailbox)
    password = settings.people_password if settings.smtp_username is not None else None
    box = PostBox(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        password.get_secret_value() if password else None,
    )
    transport = NotingTransport(runtime.transport, box.handed_in)
    noted = replace(runtime, transport=transport, mailbox=own)
    return noted, box, ServerPostOffice(settings, box.handed_in, own)
