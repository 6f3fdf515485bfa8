"""What every calendar that Baton writes must do: once, and without trampling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baton.adapters.calendar.calendars import Standing
from baton.errors import CalendarUnavailableError
from tests.calendar.conftest import WritableRoom
from tests.calendar.servers import OWNER, Start, as_calendar, event

AT = datetime(2026, 3, 24, 10, 0, tzinfo=UTC)
HOUR = ("DTSTART:20260324T100000Z", "DTEND:20260324T110000Z")
UID = "7c1e-ä+&<@baton"
DAY = (AT - timedelta(days=1), AT + timedelta(days=1))


def meeting(*lines: str, sequence: int = 0) -> bytes:
    return as_calendar(event(*HOUR, f"SEQUENCE:{sequence}", *lines, uid=UID))


def test_an_event_is_put_once(writable: WritableRoom) -> None:
    calendar = writable.calendar()
    calendar.put(UID, meeting())
    calendar.put(UID, meeting())
    assert len(writable.files()) == 1
    assert writable.writes() == 1
    assert calendar.busy(*DAY) == [(AT, AT + timedelta(hours=1))]
    assert calendar.standing(UID) is Standing.STANDS


def test_a_newer_one_changes_it_and_an_older_one_does_not(writable: WritableRoom) -> None:
    calendar = writable.calendar()
    for summary, sequence in (("first", 1), ("second", 2), ("late", 1)):
        calendar.put(UID, meeting(f"SUMMARY:{summary}", sequence=sequence))
    (path,) = writable.files()
    assert "SUMMARY:second" in writable.read(path)


def test_one_that_the_owners_program_has_put_there_is_the_same_one(writable: WritableRoom) -> None:
    """Who accepts the invite has it under a name of the program's own choice."""
    writable.write("accepted-by-phone.ics", meeting())
    calendar = writable.calendar()
    calendar.put(UID, meeting("SUMMARY:moved", sequence=1))
    (path,) = writable.files()
    assert path.endswith("accepted-by-phone.ics")
    assert "SUMMARY:moved" in writable.read(path)


def test_a_change_at_the_same_moment_is_not_overwritten(writable: WritableRoom) -> None:
    calendar = writable.calendar()
    calendar.put(UID, meeting())
    changed: list[str] = []

    def somebody_is_quicker(environ: dict[str, Any], _: Start) -> None:
        if writable.is_write(environ) and not changed:
            changed.append("once")
            (path,) = writable.files()
            writable.write(path.rpartition("/")[2], meeting("SUMMARY:theirs", sequence=5))

    writable.door.trouble = somebody_is_quicker
    calendar.put(UID, meeting("SUMMARY:ours", sequence=1))
    writable.door.is_well()
    (path,) = writable.files()
    assert "SUMMARY:theirs" in writable.read(path)


def test_one_that_is_changed_each_time_is_left_for_later(writable: WritableRoom) -> None:
    def conflict(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if not writable.is_write(environ):
            return None
        start("412 Precondition Failed", [])
        return [b""]

    writable.door.trouble = conflict
    with pytest.raises(CalendarUnavailableError, match="changed by others"):
        writable.calendar().put(UID, meeting())


def test_an_event_is_removed_once(writable: WritableRoom) -> None:
    calendar = writable.calendar()
    calendar.put(UID, meeting())
    other = as_calendar(event(*HOUR, uid=f"{UID}2"))
    writable.write("other.ics", other)
    calendar.remove(UID)
    calendar.remove(UID)
    assert [path.rpartition("/")[2] for path in writable.files()] == ["other.ics"]
    assert calendar.standing(UID) is not Standing.STANDS
    assert calendar.standing(f"{UID}2") is Standing.STANDS


def test_one_that_was_removed_comes_back_when_the_meeting_is_moved(writable: WritableRoom) -> None:
    calendar = writable.calendar()
    calendar.put(UID, meeting("SUMMARY:first"))
    calendar.remove(UID)
    calendar.put(UID, meeting("SUMMARY:moved", sequence=1))
    (path,) = writable.files()
    assert "SUMMARY:moved" in writable.read(path)
    assert calendar.standing(UID) is Standing.STANDS
    assert calendar.busy(*DAY) == [(AT, AT + timedelta(hours=1))]


def test_one_that_never_was_is_gone(writable: WritableRoom) -> None:
    calendar = writable.calendar()
    calendar.remove(UID)
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
    writable: WritableRoom, line: str, standing: Standing
) -> None:
    writable.write("x.ics", meeting(line))
    assert writable.calendar().standing(UID) is standing


@pytest.mark.parametrize("act", ["put", "remove", "standing"])
def test_a_server_in_trouble_is_no_answer(writable: WritableRoom, act: str) -> None:
    calendar = writable.calendar()
    acts: dict[str, Callable[[], object]] = {
        "put": lambda: calendar.put(UID, meeting()),
        "remove": lambda: calendar.remove(UID),
        "standing": lambda: calendar.standing(UID),
    }
    writable.door.answers(500)
    with pytest.raises(CalendarUnavailableError, match="500"):
        acts[act]()
