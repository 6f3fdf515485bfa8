"""What texts can do with values: show an instant in the reader's zone, or a date."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date

from baton.errors import RulesError
from baton.messages.languages import DEFAULT


def local(at: datetime, time_zone: str | None, language: str = DEFAULT) -> str:
    """Return the instant as people there say it: `Tuesday 3 June 2025, 15:00 CEST`.

    Args:
        at: Aware instant.
        time_zone: IANA name; None or an unknown one means UTC, and the text says so.
        language: Of the names of weekday and month.

    Raises:
        RulesError: The instant is naive or no instant.
    """
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise RulesError("The filter 'local' needs an instant with a time zone, e.g. starts_at.")
    there = at.astimezone(_zone(time_zone))
    name = there.tzname() or "UTC"
    # Zones without an abbreviation call themselves "-03".
    zone = f"UTC{name}" if name[0] in "+-" else name
    pattern = "EEEE d MMMM y" if language == DEFAULT else "full"
    return f"{format_date(there.date(), pattern, language)}, {there:%H:%M} {zone}"


def day(on: date, language: str = DEFAULT) -> str:
    """Return the date in words: `3 June 2025`.

    Raises:
        RulesError: It is no date.
    """
    if not isinstance(on, date):
        raise RulesError("The filter 'day' needs a date, e.g. check_in_on.")
    return format_date(on, "d MMMM y" if language == DEFAULT else "long", language)


def _zone(time_zone: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(time_zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
