"""Whose minutes a promise counts: a rep's hours, holidays and absences, or the office's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from baton.adapters.calendar.public_holidays import holiday_namer
from baton.domain.best_time import DAYS
from baton.domain.business_time import Openings, Span, WorkCalendar, calendar_of
from baton.rulebook.sla_part import OfficeCalendar
from baton.store.reps import parse_working_hours


def openings_of(hours: Mapping[str, Any]) -> tuple[Openings, ...]:
    """Return hours such as `{"mon": ["09:00", "17:30"]}` by week day, Monday first.

    Raises:
        ValueError: They are written otherwise.
    """
    return tuple(_opening(hours.get(day)) for day in DAYS)


def _opening(hours: Sequence[str] | None) -> Openings:
    if not hours:
        return ()
    opens, closes = (time.fromisoformat(value) for value in hours)
    return ((opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute),)


def office_calendar(office: OfficeCalendar) -> WorkCalendar:
    """Return when the office works.

    Raises:
        ValueError: Its hours or its zone cannot be read; the message says what is wrong.
    """
    hours = parse_working_hours(office.hours)
    return rep_calendar(office.zone, hours, office.country)


def rep_calendar(
    zone: str, hours: Mapping[str, Any], country: str | None, away: Sequence[Span] = ()
) -> WorkCalendar:
    """Return when somebody works.

    Args:
        zone: IANA name.
        hours: As `openings_of` takes them.
        country: ISO 3166 code of the public holidays; None for none.
        away: Aware UTC spans of absence, in any order.

    Raises:
        ValueError: Hours or zone cannot be read; the message says what is wrong.
    """
    if zone not in available_timezones():
        raise ValueError(f"the time zone '{zone}' is not known; write it like Europe/Berlin")
    return calendar_of(ZoneInfo(zone), openings_of(hours), holiday_namer(country), away)
