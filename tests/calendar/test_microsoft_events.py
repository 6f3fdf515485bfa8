"""What is in a calendar at Microsoft 365: times, whole days, pages, and Baton's entries."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.calendars import Standing
from baton.adapters.calendar.microsoft import MicrosoftCalendar, foreign_uid
from baton.adapters.calendar.microsoft_access import Access
from baton.adapters.calendar.reading import Owner
from baton.adapters.calendar.zones import zone
from baton.errors import CalendarUnavailableError
from tests.calendar.microsoft_room import PAGE, PROPERTIES, VIEW, MicrosoftRoom
from tests.calendar.servers import OWNER, Start, event
from tests.calendar.test_microsoft import ACTS
from tests.calendar.test_writing import AT, DAY, UID, meeting

HOURS = timedelta(hours=1)
ASKED = f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER.email}"
LEAD = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@buyer.example"


# Busy times


def told(**other: object) -> dict[str, Any]:
    """Return an event of a calendar view, from 10 to 11."""
    return {
        "start": {"dateTime": "2026-03-24T10:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-24T11:00:00.0000000", "timeZone": "UTC"},
        "isAllDay": False,
        "isCancelled": False,
        "showAs": "busy",
        "responseStatus": {"response": "none"},
        **other,
    }


@pytest.mark.parametrize(
    ("shown", "is_busy"),
    [
        ({"showAs": "tentative"}, True),
        ({"showAs": "oof"}, True),
        ({"showAs": "unknown"}, True),
        ({"showAs": "something new"}, True),
        ({"showAs": "free"}, False),
        ({"showAs": "workingElsewhere"}, False),
        ({"isCancelled": True}, False),
        ({"responseStatus": {"response": "declined"}}, False),
        ({"responseStatus": {"response": "tentativelyAccepted"}}, True),
        ({"responseStatus": None}, True),
    ],
)
def test_what_takes_time(microsoft: MicrosoftRoom, shown: dict[str, Any], is_busy: bool) -> None:
    microsoft.door.answers(200, json.dumps({"value": [told(**shown)]}).encode())
    assert microsoft.calendar().busy(*DAY) == [(AT, AT + HOURS)] * is_busy


@pytest.mark.parametrize(
    ("where", "since", "until"),
    [
        ("Europe/Berlin", "2026-03-24T23:00+00:00", "2026-03-25T23:00+00:00"),
        ("America/Los_Angeles", "2026-03-25T07:00+00:00", "2026-03-26T07:00+00:00"),
        ("Pacific/Auckland", "2026-03-24T11:00+00:00", "2026-03-25T11:00+00:00"),
    ],
)
def test_a_whole_day_is_the_owners_day(
    microsoft: MicrosoftRoom, where: str, since: str, until: str
) -> None:
    """Graph gives it from midnight to midnight, whatever zone is asked for."""
    microsoft.hold(event("DTSTART;VALUE=DATE:20260325", "DTEND;VALUE=DATE:20260326"))
    line, app = Line(OWNER.email), microsoft.microsoft()
    access = Access(app, OWNER.email, line)
    calendar = MicrosoftCalendar(OWNER.email, Owner(OWNER.email, zone(where)), app.api, access)
    day = (datetime.fromisoformat(since), datetime.fromisoformat(until))
    for window in (day, (day[0], day[0] + HOURS), (day[1] - HOURS, day[1])):
        assert calendar.busy(*window) == [day]
    assert calendar.busy(day[0] - HOURS, day[0]) == []
    assert calendar.busy(day[1], day[1] + HOURS) == []


def test_every_page_is_read(microsoft: MicrosoftRoom) -> None:
    held = [
        event(f"DTSTART:20260324T{at:02}0000Z", f"DTEND:20260324T{at:02}3000Z", uid=f"{at}@x")
        for at in range(2 * PAGE + 1)
    ]
    microsoft.hold(*held)
    assert len(microsoft.calendar().busy(*DAY)) == 2 * PAGE + 1
    assert len(microsoft.door.asked) == 3


def test_a_next_page_elsewhere_gets_no_token(microsoft: MicrosoftRoom) -> None:
    elsewhere = {"value": [], "@odata.nextLink": "https://elsewhere.example/v1.0/"}
    microsoft.door.answers(200, json.dumps(elsewhere).encode())
    with pytest.raises(CalendarUnavailableError, match="next page that is elsewhere"):
        microsoft.calendar().busy(*DAY)


def test_pages_without_end_are_not_turned_for_ever(microsoft: MicrosoftRoom) -> None:
    more = {"value": [], "@odata.nextLink": f"{microsoft.address}{VIEW}"}
    microsoft.door.answers(200, json.dumps(more).encode())
    with pytest.raises(CalendarUnavailableError, match="without end"):
        microsoft.calendar().busy(*DAY)


STRANGE: dict[str, Any] = {
    "no list": {},
    "a list alone": [],
    "no times": {"value": [{"showAs": "busy"}]},
    "another zone": {"value": [told(start={"dateTime": "2026-03-24T10:00:00", "timeZone": "CET"})]},
    "no zone": {"value": [told(start={"dateTime": "2026-03-24T10:00:00"})]},
    "backwards": {"value": [told(end={"dateTime": "2026-03-24T09:00:00", "timeZone": "UTC"})]},
    "no status": {"value": [told(showAs=None)]},
    "secret": {"value": ["secret"]},
}


@pytest.mark.parametrize("case", STRANGE)
def test_times_that_are_not_told_are_not_free(microsoft: MicrosoftRoom, case: str) -> None:
    microsoft.door.answers(200, json.dumps(STRANGE[case]).encode())
    with pytest.raises(CalendarUnavailableError) as raised:
        microsoft.calendar().busy(*DAY)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("act", "garbage"),
    [
        ("put", b""),
        ("put", b"{}"),
        ("remove", b"[]"),
        ("remove", b"null"),
        ("standing", b"\xff"),
        ("standing", b"[" * 50_000),
    ],
)
def test_garbage_is_no_answer(microsoft: MicrosoftRoom, act: str, garbage: bytes) -> None:
    microsoft.door.answers(200, garbage)
    with pytest.raises(CalendarUnavailableError, match=r"no JSON|Graph's API does not"):
        ACTS[act](microsoft)


# Entries


def test_an_entry_carries_the_uid_and_asks_nobody_to_come(microsoft: MicrosoftRoom) -> None:
    microsoft.calendar().put(UID, meeting(ASKED, "SUMMARY:Ida and Ada", sequence=2))
    (entry,) = microsoft.events.values()
    assert entry["start"] == {"dateTime": "2026-03-24T10:00:00", "timeZone": "UTC"}
    assert (entry["subject"], entry["showAs"]) == ("Ida and Ada", "busy")
    assert {one["value"] for one in entry[PROPERTIES]} == {UID, "2"}
    assert entry["attendees"] == []


def lose_the_next_answer(microsoft: MicrosoftRoom) -> None:
    def lost(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if not microsoft.is_write(environ):
            return None
        microsoft.door.is_well()
        microsoft.door(environ, lambda *_: None)
        start("504 Gateway Timeout", [])
        return [b""]

    microsoft.door.trouble = lost


def test_a_lost_answer_is_not_written_twice(microsoft: MicrosoftRoom) -> None:
    lose_the_next_answer(microsoft)
    with pytest.raises(CalendarUnavailableError, match="504"):
        microsoft.calendar().put(UID, meeting())
    microsoft.calendar().put(UID, meeting())
    assert (len(microsoft.files()), microsoft.writes()) == (1, 1)


def test_an_entry_that_graph_does_not_show_yet_is_not_written_twice(
    microsoft: MicrosoftRoom,
) -> None:
    lose_the_next_answer(microsoft)
    with pytest.raises(CalendarUnavailableError, match="504"):
        microsoft.calendar().put(UID, meeting())

    def not_yet(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != "GET":
            return None
        start("200 OK", [])
        return [b'{"value": []}']

    microsoft.door.trouble = not_yet
    with pytest.raises(CalendarUnavailableError, match="Try again later"):
        microsoft.calendar().put(UID, meeting())
    assert len(microsoft.files()) == 1
    microsoft.door.is_well()
    microsoft.calendar().put(UID, meeting())
    assert len(microsoft.files()) == 1


def test_what_the_owner_added_stays_when_the_meeting_is_moved(microsoft: MicrosoftRoom) -> None:
    calendar = microsoft.calendar()
    calendar.put(UID, meeting())
    (name,) = microsoft.files()
    microsoft.events[name]["categories"] = ["Blue"]
    calendar.put(UID, meeting("SUMMARY:moved", sequence=1))
    entry = microsoft.events[name]
    assert (entry["categories"], entry["subject"]) == (["Blue"], "moved")


UID_KNOWN = "qa87q2t552detf773508pdrchc@google.com"
UID_AS_EXCHANGE_HAS_IT = (
    "040000008200E00074C5B7101A82E008000000000000000000000000000000000000000032000000"
    "7643616C2D55696401000000716138377132743535326465746637373335303870647263686340"
    "676F6F676C652E636F6D00"
)


def test_the_uid_of_an_invite_is_known_as_exchange_writes_it(microsoft: MicrosoftRoom) -> None:
    assert foreign_uid(UID_KNOWN) == UID_AS_EXCHANGE_HAS_IT
    microsoft.write("copy", meeting(), uid=foreign_uid(UID))
    assert microsoft.calendar().standing(UID) is Standing.STANDS
    microsoft.calendar().put(UID, meeting())
    assert microsoft.files() == ["copy"]


def test_exchanges_own_copy_of_the_invite_is_left_to_the_mail_that_moves_it(
    microsoft: MicrosoftRoom,
) -> None:
    microsoft.write("copy", meeting(ASKED, LEAD, "SUMMARY:copy"))
    microsoft.calendar().put(UID, meeting("SUMMARY:moved", sequence=1))
    assert microsoft.read("copy") == "SUMMARY:copy"
    assert (microsoft.files(), microsoft.writes()) == (["copy"], 0)
    microsoft.calendar().remove(UID)
    assert (microsoft.files(), microsoft.written_to) == ([], [])


def test_nobody_is_written_to_because_baton_takes_a_meeting_away(
    microsoft: MicrosoftRoom,
) -> None:
    microsoft.write("copy", meeting(f"ORGANIZER:mailto:{OWNER.email}", ASKED, LEAD))
    with pytest.raises(CalendarUnavailableError, match="owner must take it out there"):
        microsoft.calendar().remove(UID)
    assert (microsoft.files(), microsoft.written_to) == (["copy"], [])
    microsoft.events["copy"]["isCancelled"] = True
    microsoft.calendar().remove(UID)


def test_nobody_whom_the_owner_asked_to_come_is_written_to(microsoft: MicrosoftRoom) -> None:
    microsoft.calendar().put(UID, meeting())
    (entry,) = microsoft.events.values()
    entry["attendees"] = [{"emailAddress": {"address": "bob@seller.example"}}]
    microsoft.calendar().put(UID, meeting())
    with pytest.raises(CalendarUnavailableError, match="owner must move it there"):
        microsoft.calendar().put(UID, meeting(sequence=1))
    assert microsoft.written_to == []


def test_a_copy_that_is_off_does_not_stand_for_the_meeting(microsoft: MicrosoftRoom) -> None:
    microsoft.write("copy", meeting(f"ATTENDEE;PARTSTAT=DECLINED:mailto:{OWNER.email}"))
    assert microsoft.calendar().standing(UID) is Standing.CANCELLED
    microsoft.calendar().put(UID, meeting(sequence=1))
    assert microsoft.calendar().standing(UID) is Standing.STANDS


@pytest.mark.parametrize(
    "content", [b"", b"secret", meeting().replace(b"DTSTART", b"X-START"), meeting() * 2]
)
def test_an_entry_that_is_none_is_not_written(microsoft: MicrosoftRoom, content: bytes) -> None:
    with pytest.raises(CalendarUnavailableError, match="cannot take the entry"):
        microsoft.calendar().put(UID, content)
    assert microsoft.files() == []
