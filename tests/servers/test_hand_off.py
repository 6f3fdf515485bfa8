from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from baton.domain.meeting import Attendance
from baton.testing.mail import calendar_of, calendar_reply_mail, reply_mail
from benchmarks.engine import cast
from benchmarks.engine.installation import Installation, installation
from benchmarks.engine.posting import client, post_lead
from benchmarks.engine.processes import baton_up
from tests.servers.debian import PASSWORD, MailServers
from tests.servers.people import await_mail, post

BATON = "handoffs@baton.example"
LEAD = (cast.lead(0)["given_name"], cast.lead(0)["email"])
WAIT_SECONDS = 90

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def await_status(here: Installation, status: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    found = None
    while found != status:
        with here.runtime.database.connect() as connection:
            found = connection.execute(text("select status from lead")).scalar_one()
        assert time.monotonic() < deadline, f"the lead is still {found}"
        time.sleep(0.3)


def test_settings_alone_hand_a_lead_over_through_them(trusted: MailServers) -> None:
    settings = {
        "smtp_host": "localhost",
        "smtp_port": str(trusted.smtp_port),
        "smtp_security": "starttls",
        "smtp_username": BATON,
        "smtp_password": PASSWORD,
        "mailbox": trusted.mailbox(BATON),
        "mailbox_password": PASSWORD,
    }
    with installation(0, companies=1, **settings) as here, baton_up(here):
        with client(here) as api:
            post_lead(api, 0)
        introduced = await_mail(trusted, LEAD[1], lambda mail: calendar_of(mail) is None)
        invited = await_mail(trusted, LEAD[1], lambda mail: calendar_of(mail) is not None)
        with here.runtime.database.connect() as connection:
            ae = connection.execute(
                text("select r.name, r.email from rep r join hand_off h on h.ae_id = r.id")
            ).one()
        now = datetime.now(UTC)
        here_i_am = reply_mail(introduced, sender=tuple(ae), text="Glad to meet you.", at=now)
        post(trusted, ae.email, here_i_am)
        for who in (tuple(ae), LEAD):
            accepted = calendar_reply_mail(
                invited, sender=who, attendance=Attendance.ACCEPTED, at=now
            )
            post(trusted, who[1], accepted)
        await_status(here, "suspect")
        assert not here.mail.deliveries, "the mails went through the built-in server"
