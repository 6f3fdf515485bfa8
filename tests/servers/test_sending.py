from __future__ import annotations

import pytest

from baton.adapters.mail.smtp import SmtpTransport
from baton.errors import MailRefusedError, MailUnavailableError
from tests.mail.messages import OWN, TRACKING, introduction
from tests.servers.debian import PASSWORD, MailServers
from tests.servers.people import await_mail, inbox

EVERYBODY = ["jana@alder.example", "ana@seller.example", TRACKING]


def transport(servers: MailServers, password: str = PASSWORD) -> SmtpTransport:
    return SmtpTransport("localhost", servers.smtp_port, "starttls", OWN, password, timeout=5)


def test_a_message_reaches_everybody_as_it_was_written(trusted: MailServers) -> None:
    transport(trusted).send(introduction(), sender=OWN, recipients=EVERYBODY)
    for address in ("jana@alder.example", "ana@seller.example", OWN):
        received = await_mail(trusted, address, lambda _: True)
        assert received.endswith(introduction())
        assert b"ESMTPSA" in received


def test_one_refused_recipient_means_that_nobody_gets_it(trusted: MailServers) -> None:
    recipients = ["lou@birch.example", "gone@alder.example"]
    with pytest.raises(MailRefusedError, match="550"):
        transport(trusted).send(introduction(), sender=OWN, recipients=recipients)
    assert inbox(trusted, "lou@birch.example") == []


def test_a_wrong_password_is_named_but_not_shown(trusted: MailServers) -> None:
    with pytest.raises(MailUnavailableError, match="BATON_SMTP_PASSWORD") as caught:
        transport(trusted, "wrong-one").send(introduction(), sender=OWN, recipients=EVERYBODY)
    assert "wrong-one" not in str(caught.value)


def test_without_login_nothing_is_taken(trusted: MailServers) -> None:
    open_relay = SmtpTransport("localhost", trusted.smtp_port, "starttls", timeout=5)
    with pytest.raises(MailRefusedError, match="554"):
        open_relay.send(introduction(), sender=OWN, recipients=EVERYBODY)


def test_a_certificate_that_nobody_vouches_for_is_refused(servers: MailServers) -> None:
    with pytest.raises(MailUnavailableError):
        transport(servers).send(introduction(), sender=OWN, recipients=EVERYBODY)
