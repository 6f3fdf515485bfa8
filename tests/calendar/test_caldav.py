"""A CalDAV calendar, on a real Radicale: who may see what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baton.errors import CalendarUnavailableError
from tests.calendar.servers import CalDavRoom, Start, event

AT = datetime(2026, 3, 24, 10, 0, tzinfo=UTC)
HOUR = ("DTSTART:20260324T100000Z", "DTEND:20260324T110000Z")
DAY = (AT - timedelta(days=1), AT + timedelta(days=1))


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
