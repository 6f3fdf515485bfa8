"""What routing counts of each AE: their day and week in their own zone, and what they have open."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from baton.store.routing import Reading, aes_at, give
from baton.store.tables import HandOff, RouteDay
from tests.factories import make_hand_off, make_lead, make_rep

ZONES = ("Pacific/Kiritimati", "Pacific/Honolulu", "Europe/Berlin", "Asia/Kolkata")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
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


def open_of(session: Session, lead_id: int) -> dict[int, int]:
    """How many hand-offs routing says that each AE has open, of those who have any."""
    reps, counted = aes_at(session, Reading(lead_id, NOW), ("id", "open")).columns
    return {rep: number for rep, number in zip(reps, counted, strict=True) if number}


@pytest.mark.parametrize("seed", range(5))
def test_what_is_open_is_counted_whatever_happens_to_it(session: Session, seed: int) -> None:
    dice, lead = random.Random(seed), make_lead(session)
    aes = [make_rep(session, "AE").id for _ in range(4)]
    going: list[HandOff] = []
    for _ in range(60):
        match dice.choice(("begin", "give", "give", "end", "lose", "delete")):
            case "begin":
                going.append(make_hand_off(session, at=NOW))
            case "give" if going:
                give(session, dice.choice(going), dice.choice(aes), at=NOW)
            case "end" if going:
                ended = going.pop(dice.randrange(len(going)))
                ended.state, ended.closed_at, ended.close_reason = "closed", NOW, "no_contact"
            case "lose" if going:
                dice.choice(going).ae_id = None
            case "delete" if going:
                session.delete(going.pop(dice.randrange(len(going))))
        session.flush()
        assert open_of(session, lead.id) == Counter(one.ae_id for one in going if one.ae_id)
