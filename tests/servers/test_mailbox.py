from __future__ import annotations

import uuid

import pytest

from baton.adapters.mail.imap import ImapMailbox
from baton.adapters.mail.opening import open_mailbox
from baton.adapters.mail.port import Mailbox
from baton.errors import MailUnavailableError
from tests.mail.messages import introduction
from tests.mail.test_mailboxes import BROKEN, MailboxContract
from tests.servers.debian import PASSWORD, MailServers
from tests.servers.people import put


class TestDovecot(MailboxContract):
    # IMAP cannot carry the character 0 (RFC 3501, 4.3); Dovecot puts another in its place.
    broken = BROKEN.replace(b"\x00", b"\x02")

    @pytest.fixture(autouse=True)
    def _server(self, trusted: MailServers) -> None:
        self.servers = trusted
        self.address = f"{uuid.uuid4().hex}@baton.example"

    def deliver(self, content: bytes) -> None:
        put(self.servers, self.address, content)

    def open(self) -> Mailbox:
        return open_mailbox(self.servers.mailbox(self.address), PASSWORD)

    def test_starttls_serves_as_well(self) -> None:
        self.deliver(introduction())
        box = ImapMailbox(
            "localhost", self.servers.imap_port, self.address, PASSWORD, security="starttls"
        )
        assert [mail.content for mail in box.fetch()] == [introduction()]

    def test_a_wrong_password_is_named(self) -> None:
        box = open_mailbox(self.servers.mailbox(self.address), "wrong-one")
        with pytest.raises(MailUnavailableError, match="BATON_MAILBOX_PASSWORD"):
            list(box.fetch())


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    servers: MailServers, security: str
) -> None:
    port = servers.imaps_port if security == "tls" else servers.imap_port
    box = ImapMailbox("localhost", port, "me@baton.example", PASSWORD, security=security)  # type: ignore[arg-type]
    with pytest.raises(MailUnavailableError, match="SSLCertVerificationError"):
        list(box.fetch())
