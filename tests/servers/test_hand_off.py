from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import text

from baton.domain.meeting import Attendance
from baton.store.reps import import_reps
from baton.testing.mail import calendar_of, calendar_reply_mail, reply_mail
from benchmarks.engine import cast
from benchmarks.engine.installation import Installation, installation
from benchmarks.engine.posting import client, post_lead
from benchmarks.engine.processes import baton_up
from tests.calendar.servers import PASSWORD as CALENDAR_PASSWORD
from tests.calendar.servers import CalDavRoom, caldav_room, event
from tests.servers.debian import PASSWORD, MailServers
from tests.servers.people import await_mail, post

BATON = "handoffs@baton.example"
LEAD = (cast.lead(0)["given_name"], cast.lead(0)["email"])
WAIT_SECONDS = 90
BACK_AT = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def await_status(here: Installation, status: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    found = None
    while found != status:
        with here.runtime.database.connect() as connection:
            found = connection.execute(text("select status from lead")).scalar_one()
        assert time.monotonic() < deadline, f"the lead is still {found}"
        time.sleep(0.3)


@pytest.fixture
def calendar(tmp_path: Path) -> Iterator[CalDavRoom]:
    """The AEs' calendar on a Radicale; they are out of the house until the day after tomorrow."""
    with caldav_room(tmp_path) as room:
        back_at = f"DTEND:{BACK_AT:%Y%m%dT%H%M%SZ}"
        room.hold(event("DTSTART:20260101T000000Z", back_at, "SUMMARY:At the fair"))
        yield room


def give_aes(here: Installation, room: CalDavRoom) -> None:
    """Import the reps again, with the AEs' calendar, as `baton import --reps` does."""
    path = here.home / "reps.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reps = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*reps[0], "calendar"])
        writer.writeheader()
        for rep in reps:
            calendar = room.rep_address() if rep["role"] == "AE" else ""
            writer.writerow({**rep, "calendar": calendar})
    with here.runtime.transaction() as session:
        import_reps(session, path)


def the_event(content: bytes) -> Any:
    (found,) = Calendar.from_ical(content).walk("VEVENT")
    return found


def await_entry(room: CalDavRoom, uid: str) -> Any:
    """Return the meeting as it stands in the calendar; the next sweep writes it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        events = [the_event(room.read(path).encode()) for path in room.files()]
        found = [one for one in events if str(one["UID"]) == uid]
        if found:
            return found[0]
        time.sleep(0.5)
    raise TimeoutError("the meeting does not stand in the AE's calendar")


def test_settings_alone_hand_a_lead_over_through_them(
    trusted: MailServers, calendar: CalDavRoom
) -> None:
    settings = {
        "smtp_host": "localhost",
        "smtp_port": str(trusted.smtp_port),
        "smtp_security": "starttls",
        "smtp_username": BATON,
        "smtp_password": PASSWORD,
        "mailbox": trusted.mailbox(BATON),
        "mailbox_password": PASSWORD,
        "calendar_password": CALENDAR_PASSWORD,
    }
    with installation(0, companies=1, **settings) as here, baton_up(here):
        give_aes(here, calendar)
        with client(here) as api:
            post_lead(api, 0)
        introduced = await_mail(trusted, LEAD[1], lambda mail: calendar_of(mail) is None)
        invited = await_mail(trusted, LEAD[1], lambda mail: calendar_of(mail) is not None)
        with here.runtime.database.connect() as connection:
            ae = connection.execute(
                text("select r.name, r.email from rep r join hand_off h on h.ae_id = r.id")
            ).one()
        proposed = the_event(calendar_of(invited) or b"")
        assert proposed["DTSTART"].dt >= BACK_AT, "the AE's calendar says that there is no time"
        now = datetime.now(UTC)
        here_i_am = reply_mail(introduced, sender=tuple(ae), text="Glad to meet you.", at=now)
        post(trusted, ae.email, here_i_am)
        for who in (tuple(ae), LEAD):
            accepted = calendar_reply_mail(
                invited, sender=who, attendance=Attendance.ACCEPTED, at=now
            )
            post(trusted, who[1], accepted)
        await_status(here, "suspect")
        entry = await_entry(calendar, str(proposed["UID"]))
        assert entry["DTSTART"].dt == proposed["DTSTART"].dt
        assert not here.mail.deliveries, "the mails went through the built-in server"
