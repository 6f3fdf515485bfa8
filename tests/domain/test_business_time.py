"""Working minutes, at the edges that calendars have."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.domain.business_time import (
    Openings,
    Skipped,
    Span,
    WorkCalendar,
    calendar_of,
    due,
    open_spans,
    worked_minutes,
)
from baton.errors import NoWorkingTimeError
from benchmarks.promises.cases import Case, cases
from benchmarks.promises.figures import due_of
from benchmarks.promises.oracle import due_minute_by_minute

NINE_TO_FIVE = ((540, 1020),)
WEEK: tuple[Openings, ...] = (*(NINE_TO_FIVE,) * 5, (), ())
ALWAYS: tuple[Openings, ...] = (((0, 1440),),) * 7
BERLIN = "Europe/Berlin"
THANKSGIVING = date(2026, 11, 26)


def calendar(
    zone: str = BERLIN, hours: tuple[Openings, ...] = WEEK, away: tuple[Span, ...] = ()
) -> WorkCalendar:
    def holiday(on: date) -> str | None:
        return "Thanksgiving" if on == THANKSGIVING else None

    return calendar_of(ZoneInfo(zone), hours, holiday, away)


def at(text: str, zone: str = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "minutes", "until"),
    [
        ("2026-11-23 10:00", 60, "2026-11-23 11:00"),
        # The last minute of a day is still that day's.
        ("2026-11-23 16:00", 60, "2026-11-23 17:00"),
        ("2026-11-23 16:00", 61, "2026-11-24 09:01"),
        ("2026-11-23 07:00", 1, "2026-11-23 09:01"),
        ("2026-11-23 16:59:30", 1, "2026-11-24 09:00:30"),
        # Over a holiday and a weekend.
        ("2026-11-25 16:30", 60, "2026-11-27 09:30"),
        ("2026-11-27 16:30", 60, "2026-11-30 09:30"),
    ],
)
def test_only_working_minutes_count(since: str, minutes: int, until: str) -> None:
    assert due(at(since), minutes, calendar()).due_at == at(until)


def test_a_due_time_says_what_counted_and_what_did_not() -> None:
    found = due(at("2026-11-25 16:30"), 60, calendar())
    assert found.counted == (
        (at("2026-11-25 16:30"), at("2026-11-25 17:00")),
        (at("2026-11-27 09:00"), at("2026-11-27 09:30")),
    )
    assert found.skipped == (Skipped(THANKSGIVING, "Thanksgiving"),)
    weekend = due(at("2026-11-27 18:00"), 60, calendar()).skipped
    assert [one.why for one in weekend] == [
        "its hours are over",
        "Saturday is not worked",
        "Sunday is not worked",
    ]


def test_absences_do_not_count_whatever_their_order() -> None:
    away = (
        (at("2026-11-24 00:00"), at("2026-11-25 00:00")),
        (at("2026-11-23 10:00"), at("2026-11-23 12:00")),
        (at("2026-11-23 11:00"), at("2026-11-23 13:00")),
    )
    found = due(at("2026-11-23 09:30"), 30 + 240 + 30, calendar(away=away))
    assert found.due_at == at("2026-11-25 09:30")
    assert found.skipped == (Skipped(date(2026, 11, 24), "away"),)


@pytest.mark.parametrize(
    ("zone", "midnight", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        # They change at midnight: the day begins at one, or has its last hour twice.
        ("Africa/Cairo", "2026-04-24", 23),
        ("Africa/Cairo", "2026-10-29", 25),
        ("America/Havana", "2026-03-08", 23),
        ("Asia/Kathmandu", "2026-03-29", 24),
    ],
)
def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is(
    zone: str, midnight: str, hours: float
) -> None:
    there = ZoneInfo(zone)
    on = date.fromisoformat(midnight)
    before = datetime.combine(on, datetime.min.time(), there) - timedelta(hours=12)
    after = datetime.combine(on, datetime.min.time(), there) + timedelta(hours=40)
    days: list[Openings] = [()] * 7
    days[on.weekday()] = ((0, 1440),)
    only = calendar(zone, tuple(days))
    assert worked_minutes(before, after, only) == hours * 60


def test_what_the_clocks_jump_over_is_never_open_and_what_they_repeat_twice() -> None:
    night: tuple[Openings, ...] = (((120, 180),),) * 7
    jumped = due(at("2026-03-29 00:00"), 60, calendar(hours=night))
    assert jumped.due_at == at("2026-03-30 03:00")
    assert jumped.skipped == (Skipped(date(2026, 3, 29), "the clocks leave its hours out"),)
    assert worked_minutes(
        at("2026-10-25 00:00"), at("2026-10-26 00:00"), calendar(hours=night)
    ) == pytest.approx(120)


def test_nobody_there_is_an_error_and_no_endless_search() -> None:
    never = calendar(hours=((),) * 7)
    with pytest.raises(NoWorkingTimeError, match="hours and the absences"):
        due(at("2026-11-23 09:00"), 1, never)
    gone = calendar(away=((at("2026-01-01 00:00"), at("2030-01-01 00:00")),))
    with pytest.raises(NoWorkingTimeError):
        due(at("2026-11-23 09:00"), 1, gone)
    seldom = calendar(hours=(((0, 1),), (), (), (), (), (), ()))
    with pytest.raises(NoWorkingTimeError):
        due(at("2026-11-23 09:00"), 10_000, seldom)


def test_what_is_worked_between_is_what_is_due() -> None:
    since = at("2026-10-23 15:00")
    until = due(since, 700, calendar()).due_at
    assert worked_minutes(since, until, calendar()) == 700
    assert open_spans(until, since, calendar()) == []


@given(st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_due_times_are_those_of_counting_minute_by_minute(seed: int) -> None:
    (case,) = cases(1, seed)
    assert due_of(case) == due_minute_by_minute(case)


def test_the_cases_meet_clocks_that_change_holidays_and_absences() -> None:
    dice = Random(1)
    found: list[Case] = list(cases(400, dice.randrange(100)))
    changed = [
        case
        for case in found
        if case.since.astimezone(ZoneInfo(case.zone)).utcoffset()
        != due_of(case).astimezone(ZoneInfo(case.zone)).utcoffset()
    ]
    assert len(changed) > 10
    assert sum(bool(case.away) for case in found) > 100
    assert ALWAYS[0] in {day for case in found for day in case.hours}
