"""Answers and other times, as all kinds of calendar programs write them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.adapters.calendar.invites import build_request
from baton.adapters.calendar.port import CalendarReply
from baton.adapters.calendar.replies import method_of, parse_reply, speaks_for
from baton.domain.meeting import Attendance
from baton.testing.mail import build_reply_ics
from tests.calendar.test_invites import INVITATION


@pytest.mark.parametrize(
    "attendance", [Attendance.ACCEPTED, Attendance.TENTATIVE, Attendance.DECLINED]
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_a_reply_is_read_back(attendance: Attendance, zone: str) -> None:
    request = build_request(replace(INVITATION, sequence=2, time_zone=zone))
    reply = build_reply_ics(request, "Jana@Alder.example", attendance, comment="Gerne, bis dann")
    assert parse_reply(reply) == CalendarReply(
        uid="m-1@seller.example",
        sequence=2,
        email="jana@alder.example",
        reply=attendance,
        comment="Gerne, bis dann",
        stamped_at=INVITATION.stamped_at,
    )


def reply(*lines: str, method: str = "REPLY") -> bytes:
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", "BEGIN:VEVENT")
    return "\r\n".join((*head, *lines, "END:VEVENT", "END:VCALENDAR", "")).encode()


YES = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:jana@alder.example"


@pytest.mark.parametrize(
    "content",
    [
        reply("UID:1", YES),
        reply("UID:1", YES, "SEQUENCE:soon"),
        reply("UID:1", YES, "DTSTART:never"),
        reply("UID:1", YES, "DTSTART;TZID=Moon/Base:20250101T100000"),
        reply("UID:1", YES, "X-ODD;A=b;:c"),
        reply("UID:1", "ATTENDEE;PARTSTAT=accepted;CN=x:MAILTO:Jana@alder.example"),
        reply("UID:1", YES, "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ana@seller.example"),
        b"\xef\xbb\xbf" + reply("UID:1", YES),
        reply("UID:1", YES, "SUMMARY:\u00fc").decode().encode("latin-1"),
        reply("UID:1", YES, "RRULE:FREQ=SECONDLY;COUNT=10000"),
        reply("UID:1", YES).replace(b"\r\n", b"\n"),
    ],
)
def test_replies_of_careless_programs_are_read(content: bytes) -> None:
    found = parse_reply(content)
    assert found is not None
    assert (found.uid, found.email, found.reply, found.sequence) == (
        "1",
        "jana@alder.example",
        Attendance.ACCEPTED,
        0,
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        b"\xff\xfe\x00",
        b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n",
        reply(YES),
        reply("UID: ", YES),
        reply("UID:1"),
        reply("UID:1", "ATTENDEE:mailto:jana@alder.example"),
        reply("UID:1", "ATTENDEE;PARTSTAT=DELEGATED:mailto:jana@alder.example"),
        reply("UID:1", "ATTENDEE;PARTSTAT=ACCEPTED:urn:uuid:1"),
        reply("UID:1", YES, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@seller.example"),
        reply("UID:1", YES, method="REQUEST"),
        reply("UID:1", YES, method="COUNTER"),
        reply("UID:1", YES) + b" " * 2_000_000,
    ],
)
def test_what_is_no_usable_reply_is_none(content: bytes) -> None:
    assert parse_reply(content) is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(reply))
def test_nothing_that_comes_in_raises(content: bytes) -> None:
    parse_reply(content)
    method_of(content)


COUNTER = (
    "UID:1",
    "SEQUENCE:2",
    "DTSTAMP:20250601T080000Z",
    "ATTENDEE;PARTSTAT=TENTATIVE:mailto:jana@alder.example",
)
TEN = datetime(2025, 6, 4, 8, 0, tzinfo=UTC)


def counter(*lines: str, first: tuple[str, ...] = COUNTER) -> CalendarReply | None:
    return parse_reply(reply(*first, *lines, method="COUNTER"))


def test_another_time_is_read_and_is_no_answer() -> None:
    found = counter("DTSTART:20250604T080000Z", "DTEND:20250604T083000Z", "COMMENT:Better so")
    assert found == CalendarReply(
        uid="1",
        sequence=2,
        email="jana@alder.example",
        reply=Attendance.NEEDS_ACTION,
        comment="Better so",
        stamped_at=datetime(2025, 6, 1, 8, 0, tzinfo=UTC),
        proposes=(TEN, TEN.replace(minute=30)),
    )


OWN_ZONE = """BEGIN:VCALENDAR
METHOD:COUNTER
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:{0}
TZOFFSETTO:{0}
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:1
ATTENDEE:mailto:jana@alder.example
DTSTART;TZID=Customized Time Zone:20250604T100000
DTEND;TZID=Customized Time Zone:20250604T103000
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize(("offset", "hour"), [("+0200", 8), ("-0300", 13), ("+0530", 4)])
def test_a_zone_that_the_object_defines_is_its_own(offset: str, hour: int) -> None:
    found = parse_reply(OWN_ZONE.format(offset).encode())
    assert found is not None
    assert found.proposes is not None
    assert found.proposes[0].hour == hour


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("DTSTART;TZID=Europe/Berlin:20250604T100000", "DURATION:PT30M"),
        ("DTSTART;TZID=W. Europe Standard Time:20250604T100000", "DTEND:20250604T083000Z"),
    ],
)
def test_other_ways_to_write_a_time_are_read(start: str, end: str) -> None:
    found = counter(start, end)
    assert found is not None
    assert found.proposes == (TEN, TEN.replace(minute=30))


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("DTSTART:20250604T080000Z",),
        ("DTSTART:20250604T100000", "DTEND:20250604T103000"),
        ("DTSTART;VALUE=DATE:20250604", "DTEND;VALUE=DATE:20250605"),
        ("DTSTART:20250604T080000Z", "DTEND:20250604T080000Z"),
        ("DTSTART:20250604T080000Z", "DTEND:20250604T070000Z"),
        ("DTSTART:20250604T080000Z", "DTEND:20250606T080000Z"),
        ("DTSTART;TZID=Moon/Base:20250604T080000", "DTEND;TZID=Moon/Base:20250604T083000"),
        ("DTSTART:never", "DTEND:20250604T083000Z"),
        ("DTSTART:99991231T235959Z", "DURATION:P9999999W"),
    ],
)
def test_what_proposes_no_time_is_none(lines: tuple[str, ...]) -> None:
    assert counter(*lines) is None


def test_who_proposes_is_open_if_everybody_is_named() -> None:
    everybody = (*COUNTER, "ATTENDEE:mailto:ana@seller.example")
    found = counter("DTSTART:20250604T080000Z", "DTEND:20250604T083000Z", first=everybody)
    assert found is not None
    assert found.email == ""


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("DTSTAMP:20250601T080000Z", datetime(2025, 6, 1, 8, 0, tzinfo=UTC)),
        ("DTSTAMP:20250601T080000", datetime(2025, 6, 1, 8, 0, tzinfo=UTC)),
        ("DTSTAMP;VALUE=DATE:20250601", None),
        ("DTSTAMP:soon", None),
        ("X-NONE:1", None),
    ],
)
def test_when_an_answer_was_made_is_read(stamp: str, at: datetime | None) -> None:
    found = parse_reply(reply("UID:1", YES, stamp))
    assert found is not None
    assert found.stamped_at == at


@pytest.mark.parametrize(
    ("sender", "attendee", "sent_by", "may"),
    [
        ("jana@alder.example", "jana@alder.example", "", True),
        ("jana+cal@alder.example", "jana@alder.example", "", True),
        ("eve@there.example", "jana@alder.example", "", False),
        ("eve@there.example", "jana@alder.example", "eve@there.example", False),
        ("desk@alder.example", "jana@alder.example", "", False),
        ("desk@alder.example", "jana@alder.example", "other@alder.example", False),
        ("desk@alder.example", "jana@alder.example", "desk@alder.example", True),
        ("eve@gmail.com", "jana@gmail.com", "eve@gmail.com", False),
        ("", "jana@alder.example", "", False),
    ],
)
def test_who_may_speak_for_an_attendee(
    sender: str, attendee: str, sent_by: str, *, may: bool
) -> None:
    said = CalendarReply("1", 0, attendee, Attendance.ACCEPTED, "", sent_by=sent_by)
    assert speaks_for(sender, said) is may
