"""The obvious way to a due time: look at the wall clock minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from benchmarks.promises.cases import Case

MINUTE = timedelta(minutes=1)


def due_minute_by_minute(case: Case) -> datetime:
    """Return the end of the last of the case's working minutes (aware UTC)."""
    zone = ZoneInfo(case.zone)
    instant, left = case.since, case.minutes
    while left:
        wall = instant.astimezone(zone)
        minute = wall.hour * 60 + wall.minute
        is_open = any(opens <= minute < closes for opens, closes in case.hours[wall.weekday()])
        if (
            is_open
            and wall.date() not in public_holidays(case.country, wall.year)
            and not any(start <= instant < end for start, end in case.away)
        ):
            left -= 1
        instant += MINUTE
    return instant


@cache
def public_holidays(country: str | None, year: int) -> frozenset[object]:
    """Return the country's holidays as the library has them; none for no country."""
    return frozenset(holidays.country_holidays(country, years=year)) if country else frozenset()
