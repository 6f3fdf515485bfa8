"""What routing counts of each AE's day and week, in their own zone: the caps hang on it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from baton.store.routing import Reading, aes_at
from baton.store.tables import RouteDay
from tests.factories import make_lead, make_rep

ZONES = ("Pacific/Kiritimati", "Pacific/Honolulu", "Europe/Berlin", "Asia/Kolkata")
MIDDLE = date(2026, 3, 30)


def given_on(day: date) -> int:
    """How many leads everybody was given on the day; sums of other days differ."""
    return 1 << (day - MIDDLE).days + 12


@pytest.mark.parametrize(
    "at",
    [
        # Around midnight from Sunday to Monday, before, after, and where the clocks change.
        datetime(2026, 3, 29, 23, 30, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 28, 9, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 10, 30, tzinfo=UTC),
        datetime(2026, 4, 5, 9, 30, tzinfo=UTC),
    ],
)
def test_day_and_week_are_those_of_each_aes_zone(session: Session, at: datetime) -> None:
    lead = make_lead(session)
    for zone in ZONES:
        rep = make_rep(session, "AE")
        rep.time_zone = zone
        days = (MIDDLE + timedelta(days=number) for number in range(-12, 13))
        session.add_all(RouteDay(rep_id=rep.id, on_date=d, given=given_on(d)) for d in days)
    session.flush()
    today, week = aes_at(session, Reading(lead.id, at), ("today", "week")).columns
    local = [at.astimezone(ZoneInfo(zone)).date() for zone in ZONES]
    assert today == [given_on(day) for day in local]
    assert week == [
        sum(given_on(day - timedelta(days=ago)) for ago in range(day.weekday() + 1))
        for day in local
    ]
    (nothing,) = aes_at(session, Reading(lead.id, at, counts_days=False), ("week",)).columns
    assert set(nothing) == {0}
