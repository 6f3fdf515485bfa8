from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baton.adapters.calendar.slots import propose_slots
from baton.errors import InputError

WEEK = {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
MONDAY = datetime(2025, 6, 2, 5, 0, tzinfo=UTC)


def slots(**changes: Any) -> list[datetime]:
    values: dict[str, Any] = {
        "now": MONDAY,
        "ae_zone": "Europe/Berlin",
        "ae_hours": WEEK,
        "ae_country": "DE",
        "lead_zone": "Europe/Berlin",
        "lead_country": "DE",
        "busy": [],
        "minutes": 30,
        "lead_time_minutes": 60,
        "buffer_minutes": 15,
        "horizon_days": 5,
    }
    return list(propose_slots(**(values | changes)))


def local(found: list[datetime], zone: str) -> list[str]:
    return [at.astimezone(ZoneInfo(zone)).strftime("%a %H:%M") for at in found]


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_slots_come_in_order_within_working_hours() -> None:
    found = slots(horizon_days=1)
    assert local(found, "Europe/Berlin")[:2] == ["Mon 09:00", "Mon 09:30"]
    assert local(found, "Europe/Berlin")[-1] == "Mon 16:30"
    assert len(found) == 16
    assert found == sorted(found)
    assert all(slot.tzinfo is UTC for slot in found)


def test_nothing_starts_within_the_lead_time() -> None:
    found = slots(now=at("2025-06-03T10:10"), lead_time_minutes=240)
    assert found[0] == at("2025-06-03T14:30")


def test_nothing_starts_after_the_horizon() -> None:
    assert max(slots(horizon_days=2)) <= MONDAY + timedelta(days=2)


def test_both_sides_hours_hold() -> None:
    found = slots(lead_zone="America/New_York", lead_country="US", horizon_days=1)
    assert local(found, "Europe/Berlin") == ["Mon 15:00", "Mon 15:30", "Mon 16:00", "Mon 16:30"]
    assert local(found, "America/New_York")[0] == "Mon 09:00"


def test_wider_hours_are_used_only_when_nothing_else_fits() -> None:
    # 17:00 in Berlin is 08:00 in Los Angeles.
    late = {day: ["09:00", "18:00"] for day in WEEK}
    found = slots(lead_zone="America/Los_Angeles", ae_hours=late, horizon_days=1)
    assert local(found, "America/Los_Angeles") == ["Mon 08:00", "Mon 08:30"]
    later = {day: ["09:00", "19:00"] for day in WEEK}
    found = slots(lead_zone="America/Los_Angeles", ae_hours=later, horizon_days=1)
    assert local(found, "America/Los_Angeles") == ["Mon 09:00", "Mon 09:30"]


def test_sides_that_never_meet_get_nothing() -> None:
    assert slots(lead_zone="Pacific/Auckland", ae_zone="Europe/Berlin", horizon_days=30) == []


def test_days_that_the_ae_does_not_work_are_left_out() -> None:
    found = slots(ae_hours={"wed": ("13:00", "14:00")}, horizon_days=9)
    assert local(found, "Europe/Berlin") == ["Wed 13:00", "Wed 13:30"]


def test_weekends_and_holidays_of_either_side_are_left_out() -> None:
    always = {day: ["00:00", "23:59"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    found = slots(
        now=at("2025-07-03T07:00"),
        ae_hours=always,
        lead_zone="America/New_York",
        lead_country="US",
        horizon_days=6,
    )
    days = {slot.astimezone(ZoneInfo("America/New_York")).date() for slot in found}
    # The 4th is a holiday, the 5th and 6th a weekend.
    assert days == {date(2025, 7, 3), date(2025, 7, 7), date(2025, 7, 8)}
    # Whit Monday, in Germany and not in the United States.
    assert slots(now=at("2025-06-09T05:00"), lead_country="US", horizon_days=1) == []
    assert slots(now=at("2025-06-09T05:00"), ae_country="US", horizon_days=1) == []


def test_weekends_are_those_of_the_leads_country() -> None:
    found = slots(lead_zone="Asia/Jerusalem", lead_country="IL", horizon_days=6)
    assert "Fri" not in {text[:3] for text in local(found, "Asia/Jerusalem")}


@pytest.mark.parametrize("country", [None, "", "ZZ", "nowhere"])
def test_an_unknown_country_has_no_holidays(country: str | None) -> None:
    found = slots(
        now=at("2025-06-09T05:00"), ae_country=country, lead_country=country, horizon_days=1
    )
    assert len(found) == 16


def test_a_lead_without_a_zone_lives_where_the_ae_does() -> None:
    assert slots(lead_zone=None) == slots()


def test_the_buffer_is_kept_around_what_is_busy() -> None:
    busy = [
        (at("2025-06-02T13:00"), at("2025-06-02T14:00")),
        (at("2025-06-02T10:00"), at("2025-06-02T10:30")),
        (at("2025-06-02T10:15"), at("2025-06-02T10:20")),
    ]
    found = local(slots(busy=busy, horizon_days=1), "Europe/Berlin")
    assert found[:3] == ["Mon 09:00", "Mon 11:00", "Mon 11:30"]
    assert "Mon 12:00" in found
    assert "Mon 12:30" not in found
    assert "Mon 14:00" not in found
    assert "Mon 14:30" in found


def test_what_only_touches_is_free_without_a_buffer() -> None:
    busy = [(at("2025-06-02T10:00"), at("2025-06-02T10:30"))]
    found = local(slots(busy=busy, buffer_minutes=0, horizon_days=1), "Europe/Berlin")
    assert "Mon 09:30" in found
    assert "Mon 10:00" not in found
    assert "Mon 10:30" in found


@pytest.mark.parametrize(
    ("monday", "utc_before", "utc_after"),
    [("2025-03-31", 8, 7), ("2025-10-27", 7, 8)],
)
def test_nine_stays_nine_when_the_clocks_change(
    monday: str, utc_before: int, utc_after: int
) -> None:
    start = at(f"{monday}T00:00") - timedelta(days=4)
    found = slots(now=start, horizon_days=6, lead_country=None, ae_country=None)
    nines = [
        s for s in found if s.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "09:00"
    ]
    assert [s.hour for s in nines] == [utc_before, utc_before, utc_after, utc_after]


def test_weeks_between_the_two_changes_shift_the_overlap() -> None:
    # From 9 to 30 March 2025 New York is one hour nearer to Berlin.
    near = slots(
        now=at("2025-03-10T00:00"), lead_zone="America/New_York", horizon_days=1, ae_country=None
    )
    far = slots(
        now=at("2025-03-31T00:00"), lead_zone="America/New_York", horizon_days=1, ae_country=None
    )
    assert local(near, "Europe/Berlin")[0] == "Mon 14:00"
    assert local(far, "Europe/Berlin")[0] == "Mon 15:00"


def test_an_hour_that_the_clocks_jump_over_is_never_offered() -> None:
    # In Jerusalem they do so on a Friday, at two in the morning; on Kiritimati it is afternoon.
    found = slots(
        now=at("2025-03-27T18:00"),
        ae_zone="Asia/Jerusalem",
        ae_hours={"fri": ["01:00", "05:00"]},
        ae_country=None,
        lead_zone="Pacific/Kiritimati",
        lead_country=None,
        horizon_days=1,
    )
    assert local(found, "Asia/Jerusalem") == [
        *("Fri 01:00", "Fri 01:30", "Fri 03:00", "Fri 03:30", "Fri 04:00", "Fri 04:30")
    ]


def test_a_meeting_does_not_run_over_the_end_of_work() -> None:
    found = slots(minutes=60, horizon_days=1)
    assert local(found, "Europe/Berlin")[-1] == "Mon 16:00"


def test_odd_working_hours_begin_at_the_next_half_hour() -> None:
    found = slots(ae_hours={"mon": ["09:10", "10:40"]}, horizon_days=1)
    assert local(found, "Europe/Berlin") == ["Mon 09:30", "Mon 10:00"]


@pytest.mark.parametrize(
    "hours", [{"mon": ["nine", "17:00"]}, {"mon": []}, {"someday": ["9", "1"]}]
)
def test_working_hours_that_cannot_be_read_are_named(hours: dict[str, list[str]]) -> None:
    with pytest.raises(InputError, match=next(iter(hours))):
        slots(ae_hours=hours)


@settings(max_examples=60, deadline=None)
@given(
    now=st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 1)),  # noqa: DTZ001
    ae_zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney"]),
    lead_zone=st.sampled_from(["Europe/London", "America/Chicago", "Asia/Tokyo", "Asia/Kolkata"]),
    blocks=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 300)), max_size=30),
)
def test_every_slot_keeps_every_promise(
    now: datetime, ae_zone: str, lead_zone: str, blocks: list[tuple[int, int]]
) -> None:
    now = now.replace(tzinfo=UTC)
    busy = [
        (now + timedelta(minutes=s), now + timedelta(minutes=s + length)) for s, length in blocks
    ]
    found = slots(now=now, ae_zone=ae_zone, lead_zone=lead_zone, busy=busy, ae_country=None)
    buffer = timedelta(minutes=15)
    for start in islice(found, 40):
        end = start + timedelta(minutes=30)
        assert now + timedelta(minutes=60) <= start <= now + timedelta(days=5)
        assert all(end + buffer <= b or start - buffer >= e for b, e in busy)
        for zone, first, last in ((ae_zone, "09:00", "17:00"), (lead_zone, "08:00", "18:00")):
            begins, ends = (x.astimezone(ZoneInfo(zone)) for x in (start, end))
            assert first <= begins.strftime("%H:%M")
            assert ends.strftime("%H:%M") <= last
            assert begins.weekday() < 5
