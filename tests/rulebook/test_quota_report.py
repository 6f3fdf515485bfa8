"""Marketing's number of the month: the pace by working days, the forecast, sales' side."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from baton.errors import RulesError
from baton.rulebook.doubts import doubts_of
from baton.rulebook.loading import agreement_from_content
from baton.rulebook.quota_report import QuotaReport, quota_report, sla_report, working_ratio
from baton.rulebook.quota_telling import quota_lines, quota_markdown
from baton.store.month_promises import begin_month
from baton.store.tables import Attempt, Lead, PromiseRow, StatusChange
from baton.testing.agreeing import agreed
from tests.factories import make_lead, make_rep, make_transferred
from tests.rulebook.documents import content

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
TOUCH = {
    "id": "touch",
    "name": "First touch",
    "owed_by": "ae",
    "since": "introduced",
    "until": "first_touch",
    "within_minutes": 240,
}


def promising(session: Session, leads: int = 44, **more: Any) -> int:
    data = content() | {"quota": {"sales_qualified_a_month": leads, **more}, "slas": [TOUCH]}
    return agreed(session, data, at=SINCE - timedelta(days=300))


def qualified(session: Session, *instants: datetime) -> None:
    lead: Lead = make_lead(session, at=SINCE - timedelta(days=300))
    for at in instants:
        session.add(
            StatusChange(
                lead_id=lead.id,
                from_status="suspect",
                to_status="sales_qualified",
                from_place="hand_off",
                to_place="with_ae",
                reason="transferred",
                by="test",
                at=at,
            )
        )
    session.flush()


def on(day: date, hour: int = 10) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def seen(session: Session, at: datetime = NOON) -> QuotaReport:
    found = quota_report(session, as_of=at)
    assert found is not None
    return found


def test_a_holiday_of_one_country_is_half_a_working_day_of_two() -> None:
    may_day, saturday = date(2026, 5, 1), date(2026, 5, 2)
    assert working_ratio(may_day, ["DE"]) == 0
    assert working_ratio(may_day, ["DE", "US"]) == 0.5
    assert working_ratio(may_day, [None]) == 1
    assert working_ratio(saturday, [None, "DE", "US"]) == 0
    # In Israel Sunday is worked and Friday is not.
    assert working_ratio(date(2026, 5, 3), ["IL"]) == 1


def test_the_pace_goes_by_working_days_and_by_what_of_today_is_over(session: Session) -> None:
    promising(session, countries=["DE"])
    qualified(session, on(date(2026, 2, 27)), on(date(2026, 3, 2)), NOON - timedelta(hours=1))
    found = seen(session)
    # March 2026 has 22 working days in Germany; ten are over, and half of the 16th.
    assert (found.working_days, found.working_days_gone) == (22, 10.5)
    assert (found.promised, found.promised_by_now, found.there) == (44, 21, 2)
    assert (found.countries, found.is_agreed) == (("DE",), True)
    days = {day.on.day: day for day in found.days}
    assert [days[n].promised for n in (1, 2, 6, 7, 8, 9, 31)] == [0, 2, 10, 10, 10, 12, 44]
    assert [days[n].there for n in (1, 2, 15, 16, 17)] == [0, 1, 1, 2, None]


def test_without_countries_the_days_are_those_of_the_aes(session: Session) -> None:
    promising(session, 42)
    assert seen(session, datetime(2026, 5, 31, tzinfo=UTC)).working_days == 21
    for country in ("DE", "DE", "US", None):
        make_rep(session, "AE").country = country
    make_rep(session, "SDR").country = "GB"
    session.flush()
    # 1 and 14 May in Germany, 25 May in Germany and the USA.
    found = seen(session, datetime(2026, 5, 31, tzinfo=UTC))
    assert found.working_days == 21 - 0.5 - 0.5 - 0.75
    assert (found.countries, found.is_agreed) == (("DE", "US"), False)


def test_with_few_days_it_is_said_that_nothing_can_be_told(session: Session) -> None:
    promising(session)
    qualified(session, on(date(2026, 2, 27)), on(date(2026, 3, 2)))
    found = seen(session)
    assert (found.forecast, found.history_days) == (None, 10)
    assert all(day.low is None for day in found.days)
    says = dict(quota_lines(found))
    assert says["at the month's end"] == (
        "cannot be told yet: 10 working days are known since the first one, 20 are needed"
    )
    assert "chance that the promise is kept" not in says


def test_the_forecast_puts_the_days_before_today_forth(session: Session) -> None:
    promising(session, 44)
    first = date(2025, 12, 1)
    days = [first + timedelta(days=n) for n in range((NOON.date() - first).days)]
    # Two on each working day, one of Friday's on the Saturday after it.
    qualified(
        session,
        *(on(day) for day in days if day.weekday() < 5),
        *(on(day) for day in days if day.weekday() in (0, 1, 2, 3, 5)),
    )
    found = seen(session)
    forecast = found.forecast
    assert forecast is not None
    # 13 weeks from Monday 15 December on; today is not among them.
    assert (found.history_days, forecast.a_day, forecast.dispersion) == (65, 2.0, 1.0)
    assert found.there == 20
    left = 22 - 10.5
    assert forecast.expected == pytest.approx(20 + left * 130.5 / 65)
    assert forecast.low < forecast.expected < forecast.high
    assert 0.3 < forecast.kept_chance < 0.7
    ahead = [day for day in found.days if day.low is not None]
    assert ahead[0].on == NOON.date()
    assert (ahead[-1].low, ahead[-1].expected, ahead[-1].high) == (
        forecast.low,
        forecast.expected,
        forecast.high,
    )
    widths = [(day.high or 0) - (day.low or 0) for day in ahead]
    assert widths == sorted(widths)


def test_when_the_month_is_over_nothing_is_uncertain(session: Session) -> None:
    promising(session, 20)
    weekdays = [date(2026, 1, 5) + timedelta(days=n) for n in range(90)]
    qualified(session, *(on(day) for day in weekdays if day.weekday() < 5))
    found = seen(session, datetime(2026, 4, 1, tzinfo=UTC))
    assert (found.month, found.there, found.promised_by_now) == ("2026-03", 22, 20)
    forecast = found.forecast
    assert forecast is not None
    assert (forecast.low, forecast.expected, forecast.high) == (22, 22, 22)
    assert forecast.kept_chance == 1
    assert seen(session, datetime(2026, 4, 1, 1, tzinfo=UTC)).month == "2026-04"


def test_the_version_that_promised_the_month_counts_and_not_a_later_one(session: Session) -> None:
    first = promising(session, 44)
    assert begin_month(session, first, 44, at=SINCE)
    later = content() | {"title": "Later", "quota": {"sales_qualified_a_month": 90}}
    agreed(session, later, at=SINCE + timedelta(days=2))
    assert seen(session).promised == 44
    assert seen(session, NOON + timedelta(days=31)).promised == 90


def test_without_a_promised_number_there_is_none_to_report(session: Session) -> None:
    assert quota_report(session, as_of=NOON) is None
    agreed(session, content(), at=SINCE)
    assert quota_report(session, as_of=NOON) is None
    found = sla_report(session, since=SINCE, until=NOON, now=NOON)
    assert (found.promises, found.quota) == ((), None)


def test_sales_side_stands_beside_it(session: Session) -> None:
    version = promising(session)
    hand_offs = [make_transferred(session, at=SINCE, lead=make_lead(session)) for _ in range(2)]
    for channel, hours in (("phone", 1), ("email", 2), ("phone", 3)):
        at = SINCE + timedelta(days=4, hours=hours)
        session.add(
            Attempt(
                lead_id=hand_offs[0].lead_id,
                rep_id=hand_offs[0].ae_id,
                channel=channel,
                at=at,
                source_key=f"attempt-{hours}",
            )
        )
    for hand_off, state, minutes in (
        (hand_offs[0], "kept", 30),
        (hand_offs[1], "breached", 300),
    ):
        session.add(
            PromiseRow(
                agreement_id=version,
                sla="touch",
                hand_off_id=hand_off.id,
                responsible_id=hand_off.ae_id,
                occurrence="1",
                team="sales",
                since=SINCE,
                due_at=SINCE + timedelta(minutes=240),
                opened_at=SINCE,
                state=state,
                is_measured=False,
                breached_at=None if state == "kept" else SINCE + timedelta(minutes=240),
                fulfilled_at=SINCE + timedelta(minutes=minutes),
                took_minutes=minutes,
            )
        )
    session.flush()
    sales = seen(session).sales
    touch = sales.first_touch
    assert (touch.judged, touch.in_time_ratio, touch.median_minutes) == (2, 0.5, 165)
    assert (sales.leads, sales.attempts_a_lead, sales.below) == (2, 1.5, 2)
    said = quota_markdown(seen(session))
    assert "| sales: first touch, this month | 50% of 2 in time, median 165 minutes |" in said
    assert "| sales: attempts a lead, now | 1.5 on each of 2 leads with AEs |" in said
    assert "@" not in said


def test_countries_are_checked() -> None:
    data = content() | {"quota": {"sales_qualified_a_month": 5, "countries": ["DE", "ZZ"]}}
    (doubt,) = doubts_of(agreement_from_content(data))
    assert doubt.keys == ("quota", "countries", 1)
    assert doubt.message.startswith("the holidays of 'ZZ' are not known")
    data["quota"]["countries"] = ["DE", "DE"]
    with pytest.raises(RulesError, match=r"quota.countries\[1\]: 'DE' counts once"):
        agreement_from_content(data)
    data["quota"]["countries"] = ["Germany"]
    with pytest.raises(RulesError, match=r"quota.countries\[0\]"):
        agreement_from_content(data)
