"""Minutes in which somebody works: when a promise falls due, and how that came about. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from baton.errors import NoWorkingTimeError

Span = tuple[datetime, datetime]
"""Two aware UTC instants; the second one is not in it."""
Openings = tuple[tuple[int, int], ...]
"""From and to, in minutes since midnight on the wall; the end is not in it, 1440 is midnight."""

CLOSED_DAYS = 60
LONGEST_DAYS = 366 * 5
_DAY = timedelta(days=1)
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When somebody works.

    Attributes:
        zone: Where; hours are those of its wall clock, also on days on which the clocks change.
        hours: Seven entries, Monday first; an empty one is not worked.
        holiday: Names the holiday that a date is; None for any other date.
        away: When they are not there, in order, not touching one another.
    """

    zone: ZoneInfo
    hours: tuple[Openings, ...]
    holiday: Callable[[date], str | None]
    away: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A date of which nothing counted, and why: "Sunday is not worked", a holiday, "away"."""

    on: date
    why: str


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, and which time counted.

    Attributes:
        due_at: Aware UTC instant; never before the clock started.
        counted: Spans that counted, in order; the last one ends at `due_at`.
        skipped: Dates on the way of which nothing counted, in order.
    """

    due_at: datetime
    counted: tuple[Span, ...]
    skipped: tuple[Skipped, ...]


def calendar_of(
    zone: ZoneInfo,
    hours: Sequence[Openings],
    holiday: Callable[[date], str | None],
    away: Sequence[Span] = (),
) -> WorkCalendar:
    """Return the calendar; absences may come in any order and overlap."""
    merged: list[Span] = []
    for start, end in sorted(away):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return WorkCalendar(zone, tuple(hours), holiday, tuple(merged))


def due(since: datetime, minutes: int, calendar: WorkCalendar) -> Due:
    """Return when so many working minutes have passed.

    Args:
        since: Aware instant at which the clock starts; it stands still outside the hours.
        minutes: More than none.
        calendar: Whose minutes count.

    Raises:
        NoWorkingTimeError: 60 days in a row have no open minute, or it would take five years.
    """
    left = timedelta(minutes=minutes)
    counted: list[Span] = []
    skipped: list[Skipped] = []
    for on, spans, why in _days(since.astimezone(UTC), calendar):
        if not spans:
            skipped.append(Skipped(on, why))
        for start, end in spans:
            if end - start >= left:
                counted.append((start, start + left))
                return Due(start + left, tuple(counted), tuple(skipped))
            counted.append((start, end))
            left -= end - start
    raise NoWorkingTimeError(
        f"There are not {minutes} working minutes after {since:%Y-%m-%d %H:%M %Z}: nobody works on "
        f"{CLOSED_DAYS} days in a row, or it takes years. Look at the hours and the absences."
    )


def worked_minutes(since: datetime, until: datetime, calendar: WorkCalendar) -> float:
    """Return how many working minutes lie between two aware instants; 0 if none does."""
    spans = open_spans(since, until, calendar)
    return sum((end - start for start, end in spans), timedelta()) / timedelta(minutes=1)


def open_spans(since: datetime, until: datetime, calendar: WorkCalendar) -> list[Span]:
    """Return when somebody works between two aware instants, in order, as UTC."""
    first, last = since.astimezone(UTC), until.astimezone(UTC)
    on = first.astimezone(calendar.zone).date()
    until_on = last.astimezone(calendar.zone).date()
    found: list[Span] = []
    while on <= until_on:
        spans = _after(_open_on(on, calendar)[0], first)
        found += [(start, min(end, last)) for start, end in spans if start < last]
        on += _DAY
    return found


def _days(since: datetime, calendar: WorkCalendar) -> Iterator[tuple[date, list[Span], str]]:
    """Yield each date from `since` on, what is open of it, and why nothing is."""
    on = since.astimezone(calendar.zone).date()
    first, closed = on, 0
    while closed < CLOSED_DAYS and (on - first).days < LONGEST_DAYS:
        spans, why = _open_on(on, calendar)
        if on == first:
            spans = _after(spans, since)
        closed = 0 if spans else closed + 1
        yield on, spans, why or "its hours are over"
        on += _DAY


def _after(spans: Sequence[Span], since: datetime) -> list[Span]:
    return [(max(start, since), end) for start, end in spans if end > since]


def _open_on(on: date, calendar: WorkCalendar) -> tuple[list[Span], str]:
    openings = calendar.hours[on.weekday()]
    if not openings:
        return [], f"{_NAMES[on.weekday()]} is not worked"
    holiday = calendar.holiday(on)
    if holiday is not None:
        return [], holiday
    spans = list(_wall_spans(calendar.zone, on, openings))
    if calendar.away and spans:
        there = [part for span in spans for part in _without(span, calendar.away)]
        return there, "" if there else "away"
    return spans, "" if spans else "the clocks leave its hours out"


def _without(span: Span, away: Sequence[Span]) -> Iterator[Span]:
    """Yield what is left of the span outside the absences, in order."""
    start, end = span
    place = bisect_right(away, start, key=lambda one: one[1])
    while place < len(away) and away[place][0] < end:
        if start < away[place][0]:
            yield start, away[place][0]
        start = away[place][1]
        place += 1
    if start < end:
        yield start, end


@lru_cache(maxsize=65536)
def _wall_spans(zone: ZoneInfo, on: date, openings: Openings) -> tuple[Span, ...]:
    """Return the instants whose wall time lies in the openings of the date, in order.

    A wall time that the clocks jump over has none, one that they repeat counts twice.
    """
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    # Between these two lies the whole date, wherever the zone is.
    first, last = midnight - _DAY, midnight + 2 * _DAY
    before, after = _offset(zone, first), _offset(zone, last)
    turn = None if before == after else _turn(zone, first, last)
    spans: list[Span] = []
    for opens, closes in openings:
        start, end = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
        if turn is None:
            spans.append((start - before, end - before))
            continue
        spans.append((start - before, min(end - before, turn)))
        spans.append((max(start - after, turn), end - after))
    return _joined(sorted(span for span in spans if span[0] < span[1]))


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _turn(zone: ZoneInfo, first: datetime, last: datetime) -> datetime:
    """Return the instant between the two at which the clocks change, to the second."""
    before = _offset(zone, first)
    seconds = int((last - first).total_seconds())
    low, high = 0, seconds
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, first + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    return first + timedelta(seconds=high)
