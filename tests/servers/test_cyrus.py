"""iMIP with Cyrus: it takes our invites into a calendar, and its answers count as attendance."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from baton import runtime as composition
from baton.adapters.mail.opening import open_mailbox
from baton.adapters.mail.smtp import SmtpTransport
from baton.domain.meeting import Attendance
from baton.engine import actions
from baton.engine.stage import Finished
from baton.engine.sweep import sweep
from baton.store.tables import AttendanceRow, Meeting, Touch
from baton.testing.mail import calendar_reply_mail, reply_mail
from tasks.book import book
from tests.engine.worlds import World
from tests.servers.cyrus import Cyrus
from tests.servers.cyrus_calendar import WAIT_SECONDS, PersonsCalendar
from tests.servers.debian import PASSWORD, MailServers
from tests.servers.people import post

OWN = "invites@baton.example"
KINDS = ("demo_request", "webinar")


class House:
    """An installation whose mail goes through Postfix, with a lead who lives at Cyrus."""

    def __init__(self, world: World, servers: MailServers, lead: PersonsCalendar) -> None:
        self.world, self.lead = world, lead
        self._servers = servers
        # Of meetings that are past Cyrus tells nobody, so this is the machine's time.
        world.clock.advance_to(datetime.now(UTC))
        lead_id = world.lead(email=lead.email)
        at = world.clock.now() - timedelta(hours=1)
        with world.runtime.transaction() as session:
            session.add_all(Touch(lead_id=lead_id, kind=kind, at=at) for kind in KINDS)
        self.hand_off_id = world.start(lead_id)
        world.walk(self.hand_off_id, book)

    @property
    def meeting(self) -> Meeting:
        """The newest one."""
        return self.world.meetings(self.hand_off_id)[-1]

    @property
    def starts_at(self) -> datetime:
        """When it is to begin."""
        found = self.meeting.during.lower
        assert found is not None
        return found

    def attendance(self, email: str) -> str:
        """What Baton knows of somebody's answer."""
        rows = self.world.all(AttendanceRow, AttendanceRow.meeting_id == self.meeting.id)
        return next(str(row.reply) for row in rows if row.email == email)

    def in_calendar(self, is_it: Callable[[Any], bool]) -> Any:
        """Return the event in the lead's calendar once it is as it shall be."""
        return self.lead.await_event(self.meeting.uid, is_it)

    def is_proposed(self, event: Any) -> bool:
        """Whether the lead's calendar shows what Baton proposes now, not answered yet."""
        return (
            event is not None
            and event["DTSTART"].dt == self.starts_at
            and partstat(event, self.lead.email) == "NEEDS-ACTION"
        )

    def lead_answers(self, answer: Attendance) -> None:
        """The lead answers in their calendar; Baton reads what Cyrus mails."""
        self.lead.answer(self.meeting.uid, answer.upper())
        self._until(lambda: self.attendance(self.lead.email) == answer)

    def ae_accepts(self) -> None:
        """The AE answers the introduction and the invite, by mail."""
        ae, now = (self.world.ae, self.world.ae), self.world.clock.now()
        introduction = self.world.last_mail(self.hand_off_id, "introduction")
        invite = self.world.last_mail(self.hand_off_id, "invite")
        accepted = Attendance.ACCEPTED
        for answer in (
            reply_mail(introduction, sender=ae, text="Glad to meet you.", at=now),
            calendar_reply_mail(invite, sender=ae, attendance=accepted, at=now),
        ):
            post(self._servers, self.world.ae, answer)
        self._until(lambda: self.attendance(self.world.ae) == accepted)

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"the answer did not come: {self.lead.entries()}"
            self.world.read_inbox()
            time.sleep(0.2)


def partstat(event: Any, email: str) -> str:
    (one,) = [who for who in event["ATTENDEE"] if str(who).lower() == f"mailto:{email}"]
    return str(one.params["PARTSTAT"])


@pytest.fixture
def house(
    database: Engine,
    monkeypatch: pytest.MonkeyPatch,
    trusted: MailServers,
    cyrus_server: Cyrus,
) -> Iterator[House]:
    world = World(database, monkeypatch)
    world.use_settings(mail_address=OWN)
    transport = SmtpTransport("localhost", trusted.smtp_port, "starttls", OWN, PASSWORD)
    mailbox = open_mailbox(trusted.mailbox(OWN), PASSWORD)
    world.runtime = replace(world.runtime, transport=transport, mailbox=mailbox)
    composition.use(world.runtime)
    lead = PersonsCalendar(cyrus_server, f"lou-{uuid.uuid4().hex[:6]}")
    yield House(world, trusted, lead)
    transport.close()
    lead.close()


def test_an_invite_appears_moves_and_disappears_in_the_leads_calendar(house: House) -> None:
    house.in_calendar(house.is_proposed)
    first, began_at = house.meeting, house.starts_at
    house.lead_answers(Attendance.DECLINED)
    house.world.run(book, house.hand_off_id)
    assert house.starts_at != began_at
    moved = house.in_calendar(house.is_proposed)
    assert (int(moved["SEQUENCE"]), house.meeting.uid) == (1, first.uid)
    house.lead_answers(Attendance.ACCEPTED)
    actions.cancel_hand_off(
        house.world.runtime, house.hand_off_id, reason="bought elsewhere", by=house.world.sdr
    )
    sweep(house.world.runtime)
    house.in_calendar(lambda event: event is None)


def test_what_the_lead_answers_there_confirms_the_meeting(house: House) -> None:
    house.in_calendar(house.is_proposed)
    house.lead_answers(Attendance.ACCEPTED)
    house.ae_accepts()
    assert isinstance(house.world.run(book, house.hand_off_id), Finished)
    assert house.world.lead_of(house.hand_off_id).status == "suspect"
