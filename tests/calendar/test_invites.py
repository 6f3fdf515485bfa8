from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from baton.adapters.calendar.invites import build_cancellation, build_request
from baton.adapters.calendar.port import Attendee, Invitation
from baton.adapters.calendar.replies import method_of
from baton.errors import InputError

START = datetime(2025, 6, 3, 13, 0, tzinfo=UTC)
AE = Attendee("ana@seller.example", 'Ana "the AE", Ortiz', "ae")
LEAD = Attendee("jana@alder.example", "Jana Nov\u00e1kov\u00e1", "lead")
INVITATION = Invitation(
    uid="m-1@seller.example",
    sequence=0,
    starts_at=START,
    ends_at=START + timedelta(minutes=30),
    time_zone="Europe/Berlin",
    summary="Jana and Ana; a talk, \u00fcber all",
    description="First line\nSecond, line",
    location="https://meet.seller.example/ana",
    organizer=AE,
    attendees=(AE, LEAD),
    stamped_at=datetime(2025, 6, 1, tzinfo=UTC),
    reply_to="handoffs+7c1e@seller.example",
)


def event_of(content: bytes) -> Any:
    return Calendar.from_ical(content).walk("VEVENT")[0]


def test_a_request_says_what_and_when() -> None:
    content = build_request(INVITATION)
    assert method_of(content) == "REQUEST"
    event = event_of(content)
    assert str(event["UID"]) == "m-1@seller.example"
    assert event["SEQUENCE"] == 0
    assert event.decoded("DTSTART") == START
    assert event.decoded("DTEND") == START + timedelta(minutes=30)
    assert str(event["SUMMARY"]) == INVITATION.summary
    assert str(event["DESCRIPTION"]) == INVITATION.description
    assert event.decoded("DTSTAMP") == INVITATION.stamped_at
    assert event.walk("VALARM")[0].decoded("TRIGGER") == timedelta(minutes=-15)
    assert b"DTSTART;TZID=Europe/Berlin:20250603T150000\r\n" in content


def test_replies_go_to_the_tracking_address_in_the_aes_name() -> None:
    organizer = event_of(build_request(INVITATION))["ORGANIZER"]
    assert str(organizer) == "mailto:handoffs+7c1e@seller.example"
    assert organizer.params["CN"] == "Ana 'the AE', Ortiz"


def test_both_are_asked_to_answer() -> None:
    attendees = event_of(build_request(INVITATION))["ATTENDEE"]
    assert [str(a) for a in attendees] == [
        "mailto:ana@seller.example",
        "mailto:jana@alder.example",
    ]
    assert {a.params["PARTSTAT"] for a in attendees} == {"NEEDS-ACTION"}
    assert {a.params["RSVP"] for a in attendees} == {"TRUE"}


def test_lines_are_short_and_end_in_crlf() -> None:
    content = build_request(replace(INVITATION, description="\u00fc" * 500))
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75


def test_a_name_adds_no_property() -> None:
    bad = replace(LEAD, name='x"\r\nATTENDEE:mailto:eve@there.example')
    content = build_request(
        replace(INVITATION, attendees=(AE, bad), summary="a\r\nLOCATION:evil", location="b\nUID:2")
    )
    event = event_of(content)
    assert len(event["ATTENDEE"]) == 2
    assert str(event["LOCATION"]) == "b UID:2"
    assert str(event["UID"]) == "m-1@seller.example"


def test_a_cancellation_takes_the_meeting_back() -> None:
    content = build_cancellation(replace(INVITATION, sequence=3))
    event = event_of(content)
    assert method_of(content) == "CANCEL"
    assert str(event["STATUS"]) == "CANCELLED"
    assert event["SEQUENCE"] == 3
    assert str(event["UID"]) == "m-1@seller.example"
    assert len(event["ATTENDEE"]) == 2
    assert not event.walk("VALARM")


ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Africa/Casablanca",
    "Asia/Jerusalem",
    "America/St_Johns",
    "Pacific/Chatham",
)


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=40, deadline=None)
@given(at=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001
def test_the_time_zone_in_the_invite_says_the_same_as_the_worlds(zone: str, at: datetime) -> None:
    start = at.replace(tzinfo=UTC, second=0, microsecond=0)
    content = build_request(
        replace(INVITATION, starts_at=start, ends_at=start + timedelta(minutes=30), time_zone=zone)
    )
    # As a program that knows no zone database reads it: from the invite's own definition.
    definition = Calendar.from_ical(content).walk("VTIMEZONE")[0]
    assert isinstance(definition, Timezone)
    there = definition.to_tz(lookup_tzid=False)
    wall = start.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    offsets = {wall.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1)}
    assert wall.replace(tzinfo=there).utcoffset() in offsets


@pytest.mark.parametrize(
    ("zone", "rules"),
    [
        ("Europe/Berlin", {"BYDAY=-1SU;BYMONTH=3", "BYDAY=-1SU;BYMONTH=10"}),
        ("America/New_York", {"BYDAY=2SU;BYMONTH=3", "BYDAY=1SU;BYMONTH=11"}),
        ("Australia/Sydney", {"BYDAY=1SU;BYMONTH=4", "BYDAY=1SU;BYMONTH=10"}),
    ],
)
def test_zones_with_rules_are_written_as_rules(zone: str, rules: set[str]) -> None:
    text = build_request(replace(INVITATION, time_zone=zone)).decode()
    found = {line.partition("YEARLY;")[2] for line in text.split("\r\n") if "RRULE" in line}
    assert found == rules


def test_a_zone_without_rules_is_written_as_dates() -> None:
    text = build_request(replace(INVITATION, time_zone="Africa/Casablanca")).decode()
    assert "RRULE" not in text
    assert "BEGIN:DAYLIGHT" in text


def test_utc_needs_no_zone() -> None:
    content = build_request(replace(INVITATION, time_zone="UTC"))
    assert b"VTIMEZONE" not in content
    assert b"DTSTART:20250603T130000Z" in content


def test_a_zone_that_does_not_exist_is_named() -> None:
    with pytest.raises(InputError, match="Moon/Base"):
        build_request(replace(INVITATION, time_zone="Moon/Base"))
