"""A calendar on a CalDAV server (RFC 4791), read and written.

The protocol is spoken here, over httpx: docs/decisions.md says why no library does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from icalendar import Component

from baton.adapters.calendar.asking import Answer, Line
from baton.adapters.calendar.calendars import Standing
from baton.adapters.calendar.reading import (
    Owner,
    UnreadableError,
    busy_spans,
    is_off,
    read_calendar,
)
from baton.adapters.calendar.slots import Span

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DAV = "{DAV:}"
_CALDAV = "{urn:ietf:params:xml:ns:caldav}"
_NAMES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
_PROPERTIES = "<D:prop><D:getetag/><C:calendar-data/></D:prop>"
_KIND = f"<D:propfind {_NAMES}><D:prop><D:resourcetype/></D:prop></D:propfind>"
# Whoever may see only when somebody is busy is told so by one of these.
_NOT_FOR_US = (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED)
_WRITTEN = (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
_CONFLICT = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
_TRIES = 3


@dataclass(frozen=True, slots=True)
class _Entry:
    """An event's resource: where it is, which version, and what it says."""

    url: str
    etag: str
    content: bytes


class CalDavCalendar:
    """A `WritableCalendar` in one collection of a CalDAV server."""

    def __init__(self, url: str, owner: Owner, line: Line) -> None:
        """Remember where it is; `url` is the calendar's own collection, without the user."""
        self._url, self._owner, self._line = url.rstrip("/") + "/", owner, line

    def busy(self, since: datetime, until: datetime) -> list[Span]:
        """Return the busy spans that touch the window, in order, aware UTC.

        The events are asked for first, since servers count whole days in UTC, not in the owner's
        zone, when they tell free/busy. A server that shows no events to Baton is asked for that.

        Raises:
            CalendarUnavailableError: It is not answered for in time, cannot be understood, or
                there is no calendar at the address.
        """
        window = f'start="{_stamp(since)}" end="{_stamp(until)}"'
        if self._may_see_events():
            inner = f'<C:comp-filter name="VEVENT"><C:time-range {window}/></C:comp-filter>'
            texts = [entry.content for entry in self._query(inner)]
        else:
            texts = [self._free_busy(window)]
        try:
            return sorted(
                span for text in texts for span in busy_spans(text, self._owner, since, until)
            )
        except UnreadableError as error:
            said = f"cannot be understood: {error}. Mend that there."
            raise self._line.unavailable(self._url, said) from error

    def put(self, uid: str, content: bytes) -> None:
        """See `WritableCalendar.put`; nobody's change since we looked is overwritten."""
        for _ in range(_TRIES):
            before = self._find(uid)
            if before is not None and _sequence(before.content) >= _sequence(content):
                return
            name = re.sub("[^A-Za-z0-9.]", "-", uid)
            url = before.url if before else urljoin(self._url, f"{name}.ics")
            known = {"If-Match": before.etag} if before else {"If-None-Match": "*"}
            headers = {"Content-Type": "text/calendar; charset=utf-8", **known}
            expected = (*_WRITTEN, *_CONFLICT)
            answer = self._line.ask("PUT", url, body=content, headers=headers, expected=expected)
            if answer.status in _WRITTEN:
                return
        raise self._line.unavailable(self._url, "was changed by others each time. Try again later.")

    def remove(self, uid: str) -> None:
        """See `WritableCalendar.remove`; nobody's change since we looked is thrown away."""
        for _ in range(_TRIES):
            there = self._find(uid)
            if there is None:
                return
            gone = (*_WRITTEN, *_CONFLICT, HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
            # Else a server that schedules would decline the meeting in the owner's name (RFC 6638).
            known = {"If-Match": there.etag, "Schedule-Reply": "F"}
            if self._line.ask("DELETE", there.url, headers=known, expected=gone).status not in (
                _CONFLICT
            ):
                return
        raise self._line.unavailable(self._url, "was changed by others each time. Try again later.")

    def standing(self, uid: str) -> Standing:
        """See `WritableCalendar.standing`."""
        there = self._find(uid)
        if there is None:
            return Standing.GONE
        events = self._events(there.content)
        is_standing = any(not is_off(event, self._owner.email) for event in events)
        return Standing.STANDS if is_standing else Standing.CANCELLED

    def _may_see_events(self) -> bool:
        """Return whether events may be read; raise if this is no calendar, which has none."""
        expected = (HTTPStatus.MULTI_STATUS, *_NOT_FOR_US)
        answer = self._ask("PROPFIND", _KIND, depth=0, expected=expected)
        if answer.status in _NOT_FOR_US:
            return False
        if self._xml(answer).find(f".//{_DAV}resourcetype/{_CALDAV}calendar") is None:
            said = (
                "is no calendar there. Give the address of the calendar itself, not of its folder."
            )
            raise self._line.unavailable(self._url, said)
        return True

    def _free_busy(self, window: str) -> bytes:
        asked = f"<C:free-busy-query {_NAMES}><C:time-range {window}/></C:free-busy-query>"
        body = self._ask("REPORT", asked, depth=1, expected=(HTTPStatus.OK,)).body
        if b"BEGIN:VFREEBUSY" not in body.upper():
            raise self._line.unavailable(self._url, "told no free/busy times. Is it a calendar?")
        return body

    def _query(self, inner: str) -> list[_Entry]:
        """Return what is in the calendar and passes the filter."""
        asked = (
            f'<C:calendar-query {_NAMES}>{_PROPERTIES}<C:filter><C:comp-filter name="VCALENDAR">'
            f"{inner}</C:comp-filter></C:filter></C:calendar-query>"
        )
        answer = self._ask("REPORT", asked, depth=1, expected=(HTTPStatus.MULTI_STATUS,))
        return list(self._entries(answer))

    def _find(self, uid: str) -> _Entry | None:
        """Return our event, whatever its name: its owner's program may have put it there."""
        same = f'<C:text-match collation="i;octet">{escape(uid)}</C:text-match>'
        inner = f'<C:prop-filter name="UID">{same}</C:prop-filter>'
        found = self._query(f'<C:comp-filter name="VEVENT">{inner}</C:comp-filter>')
        # A text-match also finds a UID that only contains ours.
        alike = (e for e in found if any(v.get("UID") == uid for v in self._events(e.content)))
        return next(alike, None)

    def _events(self, content: bytes) -> list[Component]:
        try:
            return [event for one in read_calendar(content) for event in one.walk("VEVENT")]
        except UnreadableError as error:
            said = f"cannot be understood: {error}. Mend that there."
            raise self._line.unavailable(self._url, said) from error

    def _entries(self, answer: Answer) -> Iterator[_Entry]:
        for response in self._xml(answer).iter(f"{_DAV}response"):
            href = response.findtext(f"{_DAV}href")
            text = response.findtext(f".//{_CALDAV}calendar-data")
            if not href or text is None:
                said = "answered without what was asked for. Is its server well?"
                raise self._line.unavailable(self._url, said)
            etag = response.findtext(f".//{_DAV}getetag") or ""
            yield _Entry(urljoin(self._url, href), etag, text.encode())

    def _xml(self, answer: Answer) -> Element:
        try:
            root: Element = fromstring(answer.body)
        except (ParseError, DefusedXmlException, ValueError) as error:
            said = "answered what is no XML. Is the address that of a CalDAV calendar?"
            raise self._line.unavailable(self._url, said) from error
        if root.tag != f"{_DAV}multistatus":
            raise self._line.unavailable(self._url, "answered what no CalDAV server does.")
        return root

    def _ask(self, method: str, body: str, *, depth: int, expected: tuple[int, ...]) -> Answer:
        return self._line.ask(
            method,
            self._url,
            body=f'<?xml version="1.0" encoding="utf-8"?>{body}'.encode(),
            headers={"Content-Type": "application/xml; charset=utf-8", "Depth": str(depth)},
            expected=expected,
        )


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _sequence(content: bytes) -> int:
    """Return the highest SEQUENCE; -1 for what cannot be read, which anything may replace."""
    try:
        events = [event for one in read_calendar(content) for event in one.walk("VEVENT")]
        return max((int(event.get("SEQUENCE", 0)) for event in events), default=-1)
    except (UnreadableError, ValueError, TypeError):
        return -1
