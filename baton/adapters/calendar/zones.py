"""Writes a time zone into an invite so that every calendar program understands it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Component, Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from baton.errors import InputError

_YEARS_CHECKED = 6
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of the offset: `at` is the wall time just before it, without zone."""

    at: datetime
    before: timedelta
    after: timedelta
    name: str


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone.

    Raises:
        InputError: There is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"There is no time zone '{name}'; use an IANA name such as Europe/Berlin."
        ) from error


def time_zone_component(name: str, at: datetime) -> Component:
    """Return the VTIMEZONE that is right around the instant.

    Yearly rules (`RRULE`) where the zone follows them, since some calendar programs read nothing
    else; single dates where it does not (Morocco's follow the moon).

    Args:
        name: IANA name.
        at: Aware instant of the meeting.

    Raises:
        InputError: There is no such zone.
    """
    there = zone(name)
    year = at.astimezone(there).year
    component = Timezone()
    component.add("tzid", name)
    first = _changes(there, year - 1)
    if not first and not _changes(there, year) and not _changes(there, year + 1):
        component.add_component(_fixed(there, at))
        return component
    rules = [_yearly(there, change, index, len(first)) for index, change in enumerate(first)]
    observances = [_observance(c, r) for c, r in zip(first, rules, strict=True) if r is not None]
    if observances and len(observances) == len(first):
        for observance in observances:
            component.add_component(observance)
        return component
    changes = [change for each in (year - 1, year, year + 1) for change in _changes(there, each)]
    component.add_component(_ever(changes[0].before))
    for change in changes:
        component.add_component(_observance(change, None))
    return component


@lru_cache(maxsize=1024)
def _changes(there: ZoneInfo, year: int) -> tuple[_Change, ...]:
    """Find the year's changes of the offset, in order, to the second."""
    found = []
    day, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    while day < end:
        following = day + timedelta(days=1)
        if _offset(there, day) != _offset(there, following):
            found.append(_change(there, day, following))
        day = following
    return tuple(found)


def _change(there: ZoneInfo, low: datetime, high: datetime) -> _Change:
    before, after = _offset(there, low), _offset(there, high)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if _offset(there, middle) == before else (low, middle)
    instant = high.replace(microsecond=0)
    return _Change(
        at=(instant + before).replace(tzinfo=None),
        before=before,
        after=after,
        name=instant.astimezone(there).tzname() or "",
    )


def _offset(there: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(there).utcoffset() or timedelta()


def _yearly(there: ZoneInfo, change: _Change, index: int, count: int) -> vRecur | None:
    """Return the yearly rule that this change and those of the next years follow, if any."""
    same = []
    for year in range(change.at.year + 1, change.at.year + _YEARS_CHECKED):
        changes = _changes(there, year)
        if len(changes) != count:
            return None
        same.append(changes[index])
    candidates = _weeks(change.at)
    for other in same:
        is_alike = (
            (other.before, other.after) == (change.before, change.after)
            and other.at.month == change.at.month
            and other.at.weekday() == change.at.weekday()
            and other.at.time() == change.at.time()
        )
        candidates &= _weeks(other.at) if is_alike else set()
    if not candidates:
        return None
    # "The last Sunday" fits before "the fourth Sunday" does.
    day = f"{min(candidates)}{_DAYS[change.at.weekday()]}"
    return vRecur({"FREQ": ["YEARLY"], "BYMONTH": [change.at.month], "BYDAY": [day]})


def _weeks(at: datetime) -> set[int]:
    is_last = (at + timedelta(days=7)).month != at.month
    return {(at.day - 1) // 7 + 1} | ({-1} if is_last else set())


def _observance(change: _Change, rule: vRecur | None) -> Component:
    is_summer = change.after > change.before
    observance: Component = TimezoneDaylight() if is_summer else TimezoneStandard()
    observance.add("dtstart", change.at)
    if rule is not None:
        observance.add("rrule", rule)
    observance.add("tzoffsetfrom", change.before)
    observance.add("tzoffsetto", change.after)
    if change.name:
        observance.add("tzname", change.name)
    return observance


def _fixed(there: ZoneInfo, at: datetime) -> Component:
    observance = _ever(_offset(there, at))
    observance.add("tzname", at.astimezone(there).tzname() or "")
    return observance


def _ever(offset: timedelta) -> Component:
    observance = TimezoneStandard()
    observance.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 (wall time, by RFC 5545)
    observance.add("tzoffsetfrom", offset)
    observance.add("tzoffsetto", offset)
    return observance
