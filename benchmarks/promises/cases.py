"""Invented promises: when somebody works, when the clock starts, how many minutes there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from baton.domain.business_time import Openings, Span

# They change their clocks on different days, at different hours, by an hour or by half of one,
# or not at all; one of them changes at midnight, one has a quarter of an hour in its offset.
ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "UTC",
)
COUNTRIES = (None, "DE", "GB", "US", "BR", "FR", "ES", "JP", "IN", "EG", "IL", "AU", "NZ", "CL")
FIRST, LAST = 2021, 2027
# Northern spring and autumn, and the southern ones: the days around them are asked for more often.
_CHANGES = ((3, 8), (3, 14), (3, 25), (3, 31), (4, 1), (4, 7), (9, 2), (9, 8), (9, 24), (10, 1))
_CHANGES_LATE = ((10, 7), (10, 25), (10, 31), (11, 1), (11, 7))


@dataclass(frozen=True, slots=True)
class Case:
    """One promise.

    Attributes:
        zone: IANA name of the calendar's zone.
        hours: Openings by week day, Monday first, in minutes since midnight on the wall.
        country: ISO 3166 code of the holidays; None for none.
        away: Absences in order (aware UTC, whole minutes), not touching one another.
        since: Aware UTC instant, on a whole minute.
        minutes: How many working minutes.
    """

    zone: str
    hours: tuple[Openings, ...]
    country: str | None
    away: tuple[Span, ...]
    since: datetime
    minutes: int


def cases(count: int, seed: int = 1) -> Iterator[Case]:
    """Yield so many cases; the same seed gives the same ones."""
    dice = Random(seed)  # noqa: S311 (invented data, not secrets)
    for _ in range(count):
        since = _since(dice)
        yield Case(
            zone=dice.choice(ZONES),
            hours=_hours(dice),
            country=dice.choice(COUNTRIES),
            away=tuple(_away(dice, since)),
            since=since,
            minutes=dice.choice((1, 5, 30, 60, 240, 480, dice.randint(1, 1500))),
        )


def _since(dice: Random) -> datetime:
    year = dice.randint(FIRST, LAST)
    month, day = dice.choice(_CHANGES + _CHANGES_LATE)
    if dice.random() < 1 / 3:
        month, day = dice.randint(1, 12), dice.randint(1, 28)
    around = timedelta(minutes=dice.randint(-3 * 1440, 2 * 1440))
    return datetime(year, month, day, tzinfo=UTC) + around


def _hours(dice: Random) -> tuple[Openings, ...]:
    kind = dice.random()
    if kind < 1 / 2:
        opens = dice.choice((420, 480, 540))
        usual = ((opens, opens + dice.choice((240, 480, 510))),)
        return (usual,) * 5 + ((), ())
    week = [_openings(dice) if dice.random() < 3 / 4 else () for _ in range(7)]
    return tuple(week) if any(week) else (*week[:-1], ((0, 1440),))


def _openings(dice: Random) -> Openings:
    """Return up to two openings, also by night, when the clocks change."""
    if dice.random() < 1 / 3:
        return dice.choice((((0, 1440),), ((0, 270),), ((60, 180),), ((90, 150), (180, 1440))))
    cuts = sorted(dice.sample(range(1441), 4 if dice.random() < 1 / 2 else 2))
    return tuple(zip(cuts[::2], cuts[1::2], strict=True))


def _away(dice: Random, since: datetime) -> Iterator[Span]:
    at = since - timedelta(minutes=dice.randint(0, 2880))
    for _ in range(dice.choice((0, 0, 1, 2, 3))):
        start = at + timedelta(minutes=dice.randint(1, 2000))
        at = start + timedelta(minutes=dice.choice((1, 30, 480, 1440, dice.randint(1, 4000))))
        yield start, at
