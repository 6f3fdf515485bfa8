"""Finds times at which both sides can talk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from baton.adapters.calendar.public_holidays import days_off
from baton.adapters.calendar.zones import zone
from baton.domain.best_time import DAYS
from baton.errors import InputError

Hours = Mapping[str, Sequence[str]]
Span = tuple[datetime, datetime]

_STEP = timedelta(minutes=30)
# What the lead is offered; the wider hours only when the narrow ones never fit.
_LEAD_HOURS = ((time(9), time(17)), (time(8), time(18)))


def propose_slots(
    *,
    now: datetime,
    ae_zone: str,
    ae_hours: Hours,
    ae_country: str | None,
    lead_zone: str | None,
    lead_country: str | None,
    busy: Sequence[Span],
    minutes: int,
    lead_time_minutes: int,
    buffer_minutes: int,
    horizon_days: int,
) -> Iterator[datetime]:
    """Yield the starts at which both can meet, earliest first; nothing if there is none.

    A start is on a half hour of the AE's clock, inside the AE's working hours and the lead's
    09:00-17:00 (08:00-18:00 if nothing else is left), on a working day without a public holiday of
    either country, and away from what is busy by the buffer. Wall times are true on days on which
    the clocks change.

    Args:
        now: Aware instant; nothing starts within `lead_time_minutes` of it or later than
            `horizon_days` after it.
        ae_zone: IANA name.
        ae_hours: `{"mon": ["09:00", "17:00"], ...}` in the AE's zone; a missing day is not worked.
        ae_country: ISO 3166 alpha-2; unknown or None means no holidays.
        lead_zone: IANA name; None means the AE's.
        lead_country: As `ae_country`.
        busy: Aware spans in which the AE cannot; any order, may overlap.
        minutes: Length of the meeting.
        lead_time_minutes: See `now`.
        buffer_minutes: Free time before and after what is busy.
        horizon_days: See `now`.

    Yields:
        Aware UTC instants.

    Raises:
        InputError: A zone is unknown or working hours cannot be read.
    """
    length, buffer = timedelta(minutes=minutes), timedelta(minutes=buffer_minutes)
    first = now + timedelta(minutes=lead_time_minutes)
    last = now + timedelta(days=horizon_days)
    calendar = _Busy.of(busy, buffer)
    ae = _Side(zone(ae_zone), ae_country)
    lead = _Side(zone(lead_zone) if lead_zone else ae.zone, lead_country)
    open_starts = [
        start
        for start in _ae_starts(ae, _read_hours(ae_hours), (first, last), length)
        if calendar.is_free(start, start + length)
    ]
    for opens, closes in _LEAD_HOURS:
        suited = [s for s in open_starts if lead.is_within(s, s + length, opens, closes)]
        if suited:
            yield from suited
            return


def is_worked(starts_at: datetime, ends_at: datetime, *, zone_name: str, hours: Hours) -> bool:
    """Tell whether the aware span lies within the working hours of one day there.

    Raises:
        InputError: The zone is unknown or the hours cannot be read.
    """
    there = zone(zone_name)
    start, end = starts_at.astimezone(there), ends_at.astimezone(there)
    span = _read_hours(hours).get(start.weekday())
    if span is None or end.date() != start.date():
        return False
    return span[0] <= start.time() and end.time() <= span[1]


@dataclass(frozen=True, slots=True)
class _Side:
    """Where one of the two lives."""

    zone: ZoneInfo
    country: str | None

    def is_off(self, on: date) -> bool:
        """Tell whether the day is a public holiday there."""
        return on in days_off(self.country, on.year)[0]

    def is_within(self, starts_at: datetime, ends_at: datetime, opens: time, closes: time) -> bool:
        """Tell whether the span lies in one working day there, between these wall times."""
        start, end = starts_at.astimezone(self.zone), ends_at.astimezone(self.zone)
        on = start.date()
        weekend = days_off(self.country, on.year)[1]
        if end.date() != on or start.weekday() in weekend or self.is_off(on):
            return False
        return opens <= start.time() and end.time() <= closes


@dataclass(frozen=True, slots=True)
class _Busy:
    """Busy spans, widened by the buffer, merged, in order."""

    starts: list[datetime]
    ends: list[datetime]

    @classmethod
    def of(cls, spans: Sequence[Span], buffer: timedelta) -> _Busy:
        starts: list[datetime] = []
        ends: list[datetime] = []
        for start, end in sorted((s - buffer, e + buffer) for s, e in spans):
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        return cls(starts, ends)

    def is_free(self, start: datetime, end: datetime) -> bool:
        """Tell whether nothing busy touches the inside of the span."""
        before = bisect_right(self.ends, start)
        return before == len(self.starts) or self.starts[before] >= end


def _ae_starts(
    ae: _Side, hours: dict[int, tuple[time, time]], window: Span, length: timedelta
) -> Iterator[datetime]:
    first, last = window
    on, until = first.astimezone(ae.zone).date(), last.astimezone(ae.zone).date()
    while on <= until:
        if on.weekday() in hours and not ae.is_off(on):
            opens, closes = hours[on.weekday()]
            for start in _day_starts(ae.zone, on, opens, closes, length):
                if first <= start <= last:
                    yield start
        on += timedelta(days=1)


@lru_cache(maxsize=4096)
def _day_starts(
    there: ZoneInfo, on: date, opens: time, closes: time, length: timedelta
) -> tuple[datetime, ...]:
    """Return the starts of one day; colleagues mostly have the same, so they are kept."""
    starts = []
    wall = _half_hour(datetime.combine(on, opens))
    end = datetime.combine(on, closes)
    while wall < end:
        start = wall.replace(tzinfo=there).astimezone(UTC)
        back = start.astimezone(there).replace(tzinfo=None)
        over = (start + length).astimezone(there).replace(tzinfo=None)
        # A wall time that the clocks jump over comes back as another one.
        if back == wall and over <= end and over.date() == on:
            starts.append(start)
        wall += _STEP
    return tuple(starts)


def _half_hour(wall: datetime) -> datetime:
    past = timedelta(minutes=wall.minute % 30, seconds=wall.second)
    return wall + _STEP - past if past else wall


def _read_hours(hours: Hours) -> dict[int, tuple[time, time]]:
    read = {}
    for day, span in hours.items():
        try:
            opens, closes = (time.fromisoformat(value) for value in span)
            read[DAYS.index(day.lower()[:3])] = (opens, closes)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"The working hours '{day}: {span}' cannot be read; write them as "
                'mon: ["09:00", "17:00"].'
            ) from error
    return read
