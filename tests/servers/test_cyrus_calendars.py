"""A calendar at Cyrus, read and written by Baton over CalDAV; Cyrus sends invites by itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from baton.adapters.calendar.calendars import Standing
from baton.adapters.calendar.entries import entry_of
from baton.adapters.calendar.invites import build_request
from baton.adapters.calendar.port import Attendee, Invitation
from baton.adapters.calendar.replies import parse_reply
from baton.testing.mail import calendar_of
from tests.servers.cyrus import Cyrus
from tests.servers.cyrus_calendar import PersonsCalendar
from tests.servers.debian import MailServers
from tests.servers.people import await_mail, inbox

# Of meetings that are past Cyrus tells nobody.
AT = (datetime.now(UTC) + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
HALF_HOUR = timedelta(minutes=30)
DAY = (AT - timedelta(hours=12), AT + timedelta(hours=12))


@pytest.fixture
def ida(cyrus_server: Cyrus) -> Iterator[PersonsCalendar]:
    """An AE with an empty calendar at Cyrus."""
    made = PersonsCalendar(cyrus_server, f"ida-{uuid.uuid4().hex[:6]}")
    yield made
    made.close()


def invitation(ida: PersonsCalendar, *, sequence: int = 0, organizer: str = "") -> Invitation:
    """A meeting of Ida's with somebody who has a mailbox elsewhere, with a UID of its own."""
    number = uuid.uuid4().hex[:8]
    ae = Attendee(ida.email, "Ida Moor", "ae")
    return Invitation(
        uid=f"{number}@baton.example",
        sequence=sequence,
        starts_at=AT,
        ends_at=AT + HALF_HOUR,
        time_zone="Europe/Berlin",
        summary="Ada and Ida",
        description="",
        location="",
        organizer=ae,
        attendees=(ae, Attendee(f"ada-{number}@alder.example", "Ada", "lead")),
        stamped_at=AT - timedelta(days=3),
        reply_to=organizer or f"tracking-{number}@seller.example",
    )


def without_method(request: bytes) -> bytes:
    """What the owner's own program puts into the calendar."""
    return request.replace(b"METHOD:REQUEST\r\n", b"")


def is_invite(mail: bytes) -> bool:
    return b"METHOD:REQUEST" in (calendar_of(mail) or b"")


def is_refusal(mail: bytes) -> bool:
    return b"PARTSTAT=DECLINED" in (calendar_of(mail) or b"").replace(b"\r\n ", b"")


def test_a_meeting_is_put_there_read_moved_and_taken_away(ida: PersonsCalendar) -> None:
    calendar, meeting = ida.for_baton(), invitation(ida)
    assert calendar.busy(*DAY) == []
    calendar.put(meeting.uid, entry_of(build_request(meeting)))
    calendar.put(meeting.uid, entry_of(build_request(meeting)))
    assert calendar.busy(*DAY) == [(AT, AT + HALF_HOUR)]
    assert calendar.standing(meeting.uid) is Standing.STANDS
    ida.delete(meeting.uid)
    assert calendar.standing(meeting.uid) is Standing.GONE
    calendar.put(meeting.uid, entry_of(build_request(meeting)))
    calendar.remove(meeting.uid)
    assert calendar.busy(*DAY) == []


def test_an_event_of_her_own_program_is_changed_in_its_place(ida: PersonsCalendar) -> None:
    meeting = invitation(ida)
    ida.put("from-her-phone.ics", without_method(build_request(meeting)))
    ida.answer(meeting.uid, "DECLINED")
    calendar = ida.for_baton()
    assert calendar.standing(meeting.uid) is Standing.CANCELLED
    moved = replace(meeting, sequence=1, starts_at=AT + HALF_HOUR, ends_at=AT + 2 * HALF_HOUR)
    calendar.put(meeting.uid, entry_of(build_request(moved)))
    assert calendar.busy(*DAY) == [(AT + HALF_HOUR, AT + 2 * HALF_HOUR)]
    (path,) = ida.entries()
    assert path.endswith("from-her-phone.ics")


def test_cyrus_sends_no_invite_for_an_entry_of_batons(
    ida: PersonsCalendar, trusted: MailServers
) -> None:
    """She is the organizer: for what her own program puts there, Cyrus invites the others."""
    ours, hers = (invitation(ida, organizer=ida.email) for _ in range(2))
    ida.for_baton().put(ours.uid, entry_of(build_request(ours)))
    ida.put("hers.ics", without_method(build_request(hers)))
    await_mail(trusted, hers.attendees[1].email, is_invite)
    assert inbox(trusted, ours.attendees[1].email) == []


def test_cyrus_declines_nothing_that_baton_takes_away(
    ida: PersonsCalendar, trusted: MailServers
) -> None:
    """What she throws away herself is declined, and so would be what Baton tidies up."""
    ours, hers = invitation(ida), invitation(ida)
    for number, meeting in enumerate((ours, hers)):
        ida.put(f"{number}.ics", without_method(build_request(meeting)))
    ida.for_baton().remove(ours.uid)
    ida.delete(hers.uid)
    await_mail(trusted, hers.reply_to, is_refusal)
    assert inbox(trusted, ours.reply_to) == []


def test_what_cyrus_says_of_a_change_of_batons_is_of_the_invite_before(
    ida: PersonsCalendar, trusted: MailServers
) -> None:
    """What is no longer Cyrus's to answer for it declines; by then that answer is stale."""
    meeting = invitation(ida)
    ida.put("from-her-phone.ics", without_method(build_request(meeting)))
    moved = replace(meeting, sequence=1)
    ida.for_baton().put(meeting.uid, entry_of(build_request(moved)))
    said = parse_reply(calendar_of(await_mail(trusted, meeting.reply_to, is_refusal)) or b"")
    assert said is not None
    assert said.sequence < moved.sequence
