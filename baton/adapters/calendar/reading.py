"""Reads out of an iCalendar text when its owner is busy; in doubt, busy.

What cannot be understood makes the whole text unreadable: leaving it out would make its owner free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Component

from baton.adapters.calendar.slots import Span

MOST_SPANS = 20_000
MOST_REPETITIONS = 200_000
_TIMES = frozenset({"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"})
# Wall times lie at most so far from UTC, before and after.
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
_UNITS = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600}
_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")
_ENDS = ("BEGIN", "END")


class UnreadableError(ValueError):
    """The text is no calendar, or it holds something whose time cannot be told; says what."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose calendar it is.

    Attributes:
        email: An event that this attendee declined takes none of their time.
        zone: Where wall times without a zone, and whole days, are.
    """

    email: str
    zone: ZoneInfo


def read_calendar(content: bytes) -> list[Component]:
    """Return the VCALENDARs of the text.

    Raises:
        UnreadableError: It is none, or it is cut off.
    """
    text = content.decode("utf-8", errors="replace").lstrip("\ufeff").strip()
    if not text.upper().startswith("BEGIN:VCALENDAR"):
        raise UnreadableError("it is no iCalendar text")
    ends = [len(re.findall(rf"^{word}:", text, re.IGNORECASE | re.MULTILINE)) for word in _ENDS]
    if not text.upper().endswith("END:VCALENDAR") or ends[0] != ends[1]:
        raise UnreadableError("it is cut off")
    try:
        return list(Calendar.from_ical(text, multiple=True))
    except Exception as error:
        raise UnreadableError(f"it is no iCalendar text ({type(error).__name__})") from error


def busy_spans(content: bytes, owner: Owner, since: datetime, until: datetime) -> list[Span]:
    """Return when the owner is busy: spans that touch the window, in order, aware UTC.

    Transparent, cancelled and declined events are free time. A published VFREEBUSY tells nothing
    of the time before its beginning and after its end, so that counts as busy.

    Args:
        content: An iCalendar text with events (VEVENT) or free/busy times (VFREEBUSY).
        owner: Whose it is.
        since: Aware instant at which the window begins.
        until: Aware instant at which it ends.

    Raises:
        UnreadableError: It cannot be understood completely, or repeats without end.
    """
    spans: list[Span] = []
    for calendar in read_calendar(content):
        try:
            for span in _told(calendar, owner, since, until):
                spans.append(span)
                if len(spans) > MOST_SPANS:
                    raise UnreadableError(f"it has more than {MOST_SPANS:,} busy times")  # noqa: TRY301
        except UnreadableError:
            raise
        except Exception as error:
            name = type(error).__name__
            raise UnreadableError(f"the times in it cannot be understood ({name})") from error
    return sorted((start, end) for start, end in spans if start < until and end > since)


def _told(calendar: Component, owner: Owner, since: datetime, until: datetime) -> Iterator[Span]:
    for series in _series(calendar):
        yield from _of_series(calendar, series, owner, since, until)
    for told in calendar.walk("VFREEBUSY"):
        yield from _of_free_busy(told, since, until)


def is_off(event: Component, owner_email: str) -> bool:
    """Return whether the event is cancelled, or the attendee with this address declined it."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return True
    attendees: Any = event.get("ATTENDEE", [])
    return any(
        str(one).lower().removeprefix("mailto:") == owner_email.lower()
        and str(getattr(one, "params", {}).get("PARTSTAT", "")).upper() == "DECLINED"
        for one in (attendees if isinstance(attendees, list) else [attendees])
    )


def _is_free(event: Component, owner: Owner) -> bool:
    return str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or is_off(event, owner.email)


def _series(calendar: Component) -> Iterator[list[Component]]:
    """Yield the events by UID: one that repeats comes with its exceptions."""
    events = [(str(event.get("UID", id(event))), event) for event in calendar.walk("VEVENT")]
    for _, alike in groupby(sorted(events, key=lambda one: one[0]), key=lambda one: one[0]):
        yield [event for _, event in alike]


def _of_series(
    calendar: Component, series: list[Component], owner: Owner, since: datetime, until: datetime
) -> Iterator[Span]:
    if all(_is_free(event, owner) for event in series):
        return
    for event in series:
        _require_understood(event, since, until)
    is_strange = any(_zone_is_unknown(event) for event in series)
    alone = Calendar()
    if calendar.get("X-WR-TIMEZONE"):
        alone.add("X-WR-TIMEZONE", calendar["X-WR-TIMEZONE"])
    for event in series:
        alone.add_component(event)
    # A day more on either side: where wall times without a zone are is not known there.
    for one in recurring_ical_events.of(alone).between(since - _DAY, until + _DAY):
        if not _is_free(one, owner):
            yield from _taken(one.start, one.end, owner.zone, is_strange=is_strange)


def _require_understood(event: Component, since: datetime, until: datetime) -> None:
    if "DTSTART" not in event:
        raise UnreadableError("an event says not when it begins")
    broken = sorted({name for name, _ in event.errors if name and name.upper() in _TIMES})
    if broken:
        raise UnreadableError(f"an event's {' and '.join(broken)} cannot be understood")
    start = _property(event, "DTSTART").dt
    first = datetime(start.year, start.month, start.day, tzinfo=UTC) - _DAY
    rules: Any = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if (
            _repetitions(rule, first, until) > MOST_REPETITIONS
            or _repetitions(rule, max(first, since), until) > MOST_SPANS
        ):
            raise UnreadableError("an event repeats too often")


def _repetitions(rule: Mapping[str, Any], since: datetime, until: datetime) -> float:
    """Return about how often the rule's event can take place at most in this time."""
    seconds = _UNITS.get(str(rule.get("FREQ", [""])[0]).upper(), 86_400)
    interval = int(rule.get("INTERVAL", [1])[0]) or 1
    each = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        each *= max(1, len(rule.get(part, [])))
    return max(0.0, (until - since).total_seconds()) / (seconds * interval) * each


def _property(component: Component, name: str) -> Any:
    """Return it untyped: the library lists all that any property may be."""
    return component[name]


def _zone_is_unknown(event: Component) -> bool:
    at = _property(event, "DTSTART")
    is_wall_time = isinstance(at.dt, datetime) and at.dt.tzinfo is None
    return is_wall_time and "TZID" in at.params


def _taken(start: date, end: date, zone: ZoneInfo, *, is_strange: bool) -> Iterator[Span]:
    first, last = _instant(start, zone), _instant(end, zone)
    if is_strange:
        # Nobody knows where it is: busy whenever it may be.
        first, last = (
            _instant(start, _UTC) - _EAST,
            _instant(end, _UTC) + _WEST,
        )
    if first < last:
        yield first, last


def _instant(at: date, zone: ZoneInfo) -> datetime:
    """Return the aware UTC instant of a date (its beginning), of a wall time or of an instant."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _of_free_busy(told: Component, since: datetime, until: datetime) -> Iterator[Span]:
    broken = {name for name, _ in told.errors if name and name.upper() in {*_TIMES, "FREEBUSY"}}
    if broken:
        raise UnreadableError(f"its {' and '.join(sorted(broken))} cannot be understood")
    for edge, span in (("DTSTART", (since, None)), ("DTEND", (None, until))):
        if edge in told:
            at = _instant(_property(told, edge).dt, _UTC)
            first, last = span[0] or at, span[1] or at
            if first < last:
                yield first, last
    periods: Any = told.get("FREEBUSY", [])
    for period in periods if isinstance(periods, list) else [periods]:
        if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            yield _instant(period.start, _UTC), _instant(period.end, _UTC)
