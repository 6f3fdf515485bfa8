"""A CalDAV calendar, on a real Radicale: who may see what, and writing without trampling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baton.adapters.calendar.calendars import Standing
from baton.errors import CalendarUnavailableError
from tests.calendar.servers import OWNER, CalDavRoom, Start, as_calendar, event

AT = datetime(2026, 3, 24, 10, 0, tzinfo=UTC)
HOUR = ("DTSTART:20260324T100000Z", "DTEND:20260324T110000Z")
UID = "7c1e-ä+&<@baton"
DAY = (AT - timedelta(days=1), AT + timedelta(days=1))


def meeting(*lines: str, sequence: int = 0) -> bytes:
    return as_calendar(event(*HOUR, f"SEQUENCE:{sequence}", *lines, uid=UID))


def only_free_busy(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
    """Let through what somebody may ask who sees only when the owner is busy."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    if b"free-busy-query" not in body:
        start("403 Forbidden", [])
        return [b""]
    environ["wsgi.input"] = _Again(body)
    return None


class _Again:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, *_: int) -> bytes:
        body, self._body = self._body, b""
        return body


def test_where_events_are_hidden_the_free_busy_report_tells(caldav: CalDavRoom) -> None:
    caldav.hold(event(*HOUR))
    caldav.door.trouble = only_free_busy
    assert caldav.calendar().busy(*DAY) == [(AT, AT + timedelta(hours=1))]
    assert caldav.door.asked[-2:] == ["PROPFIND", "REPORT"]


def test_a_wrong_password_is_not_free(caldav: CalDavRoom) -> None:
    with pytest.raises(CalendarUnavailableError, match=r"401.*BATON_CALENDAR_PASSWORD") as raised:
        caldav.calendar(password="wrong-one").busy(*DAY)
    assert "wrong-one" not in str(raised.value)


def test_the_folder_of_the_calendars_is_no_calendar(caldav: CalDavRoom) -> None:
    """A query there finds nothing, which would look free."""
    with pytest.raises(CalendarUnavailableError, match="is no calendar"):
        caldav.calendar(caldav.folder).busy(*DAY)


def test_a_calendar_that_was_deleted_is_not_free(caldav: CalDavRoom) -> None:
    with pytest.raises(CalendarUnavailableError, match="404"):
        caldav.calendar(f"{caldav.folder}gone/").busy(*DAY)


def test_entities_that_multiply_are_not_read(caldav: CalDavRoom) -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
        b'<D:multistatus xmlns:D="DAV:">&b;</D:multistatus>'
    )
    caldav.door.answers(207, bomb)
    with pytest.raises(CalendarUnavailableError, match="no XML"):
        caldav.calendar().busy(*DAY)


def test_a_result_that_is_cut_short_is_not_taken_for_all(caldav: CalDavRoom) -> None:
    """RFC 4791 (7.8): a server that has more than it tells says 507 of the calendar itself."""
    short = (
        '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" '
        'xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/x/</D:href>'
        "<D:status>HTTP/1.1 507 Insufficient Storage</D:status></D:response></D:multistatus>"
    )

    def trouble(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != "REPORT":
            return None
        start("207 Multi-Status", [])
        return [short.encode()]

    caldav.door.trouble = trouble
    with pytest.raises(CalendarUnavailableError, match="without what was asked for"):
        caldav.calendar().busy(*DAY)


# Writing


def test_an_event_is_put_once(caldav: CalDavRoom) -> None:
    calendar = caldav.calendar()
    calendar.put(UID, meeting())
    calendar.put(UID, meeting())
    assert len(caldav.files()) == 1
    assert caldav.door.asked.count("PUT") == 1
    assert calendar.busy(*DAY) == [(AT, AT + timedelta(hours=1))]
    assert calendar.standing(UID) is Standing.STANDS


def test_a_newer_one_changes_it_and_an_older_one_does_not(caldav: CalDavRoom) -> None:
    calendar = caldav.calendar()
    for summary, sequence in (("first", 1), ("second", 2), ("late", 1)):
        calendar.put(UID, meeting(f"SUMMARY:{summary}", sequence=sequence))
    (path,) = caldav.files()
    assert "SUMMARY:second" in caldav.read(path)


def test_one_that_the_owners_program_has_put_there_is_the_same_one(caldav: CalDavRoom) -> None:
    """Who accepts the invite has it under a name of the program's own choice."""
    caldav.write("accepted-by-phone.ics", meeting())
    calendar = caldav.calendar()
    calendar.put(UID, meeting("SUMMARY:moved", sequence=1))
    (path,) = caldav.files()
    assert path.endswith("accepted-by-phone.ics")
    assert "SUMMARY:moved" in caldav.read(path)


def test_a_change_at_the_same_moment_is_not_overwritten(caldav: CalDavRoom) -> None:
    calendar = caldav.calendar()
    calendar.put(UID, meeting())
    changed: list[str] = []

    def somebody_is_quicker(environ: dict[str, Any], _: Start) -> None:
        if environ["REQUEST_METHOD"] == "PUT" and not changed:
            changed.append("once")
            (path,) = caldav.files()
            caldav.write(path.rpartition("/")[2], meeting("SUMMARY:theirs", sequence=5))

    caldav.door.trouble = somebody_is_quicker
    calendar.put(UID, meeting("SUMMARY:ours", sequence=1))
    caldav.door.is_well()
    (path,) = caldav.files()
    assert "SUMMARY:theirs" in caldav.read(path)


def test_one_that_is_changed_each_time_is_left_for_later(caldav: CalDavRoom) -> None:
    def conflict(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != "PUT":
            return None
        start("412 Precondition Failed", [])
        return [b""]

    caldav.door.trouble = conflict
    with pytest.raises(CalendarUnavailableError, match="changed by others"):
        caldav.calendar().put(UID, meeting())


def test_an_event_is_removed_once(caldav: CalDavRoom) -> None:
    calendar = caldav.calendar()
    calendar.put(UID, meeting())
    other = as_calendar(event(*HOUR, uid=f"{UID}2"))
    caldav.write("other.ics", other)
    calendar.remove(UID)
    calendar.remove(UID)
    assert [path.rpartition("/")[2] for path in caldav.files()] == ["other.ics"]
    assert calendar.standing(UID) is Standing.GONE


@pytest.mark.parametrize(
    ("line", "standing"),
    [
        ("STATUS:CONFIRMED", Standing.STANDS),
        ("STATUS:CANCELLED", Standing.CANCELLED),
        (f"ATTENDEE;PARTSTAT=DECLINED:mailto:{OWNER.email}", Standing.CANCELLED),
        (f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER.email}", Standing.STANDS),
    ],
)
def test_what_the_owner_made_of_it_is_seen(
    caldav: CalDavRoom, line: str, standing: Standing
) -> None:
    caldav.write("x.ics", meeting(line))
    assert caldav.calendar().standing(UID) is standing


@pytest.mark.parametrize("act", ["put", "remove", "standing"])
def test_a_server_in_trouble_is_no_answer(caldav: CalDavRoom, act: str) -> None:
    calendar = caldav.calendar()
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: calendar.put(UID, meeting()),
        "remove": lambda: calendar.remove(UID),
        "standing": lambda: calendar.standing(UID),
    }
    caldav.door.answers(500)
    with pytest.raises(CalendarUnavailableError, match="500"):
        acts[act]()
