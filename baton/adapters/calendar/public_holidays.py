"""Public holidays and weekends by country, from the library `holidays`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache, partial

import holidays

WEEKEND = frozenset({5, 6})


@lru_cache(maxsize=512)
def days_off(country: str | None, year: int) -> tuple[Mapping[date, str], frozenset[int]]:
    """Return the country's public holidays of the year by date, and its weekend's days.

    Args:
        country: ISO 3166 alpha-2; None, or one that the library does not know, has no holidays.
        year: The year.

    Returns:
        Names in English where the library has them, and week days, of which Monday is 0.
    """
    if not country:
        return {}, WEEKEND
    try:
        known = holidays.country_holidays(country.upper(), years=year, language="en_US")
    except NotImplementedError:  # what the library says of a country that it does not know
        return {}, WEEKEND
    return dict(known), frozenset(known.weekend)


def holiday_namer(country: str | None) -> Callable[[date], str | None]:
    """Return what names the country's holidays: None for a date that is none."""
    return partial(_name, country)


def _name(country: str | None, on: date) -> str | None:
    return days_off(country, on.year)[0].get(on)


def is_known(country: str) -> bool:
    """Tell whether the library knows the country's holidays."""
    return country.upper() in holidays.list_supported_countries()
