"""The picture of a month: its lines are what the report says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from baton.rulebook.quota_plotting import BOTTOM, LEFT, RIGHT, TOP, draw
from baton.rulebook.quota_report import Forecast, QuotaDay, QuotaReport, SalesSide
from baton.store.sla_reports import FirstTouches

SVG = "{http://www.w3.org/2000/svg}"
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
AS_OF = datetime(2026, 3, 16, tzinfo=UTC)


def month(*, is_forecast: bool = True, scale: int = 1) -> QuotaReport:
    """15 of 31 days are over; one lead came on each, 31 are promised."""
    ahead = [number for number in range(1, 32) if number >= 16 and is_forecast]
    return QuotaReport(
        month="2026-03",
        since=SINCE,
        until=SINCE + timedelta(days=31),
        as_of=AS_OF,
        promised=31 * scale,
        there=15 * scale,
        promised_by_now=15.0 * scale,
        working_days=31,
        working_days_gone=15,
        countries=("DE",),
        is_agreed=True,
        history_days=60 if is_forecast else 3,
        forecast=Forecast(
            low=20 * scale,
            expected=31.0 * scale,
            high=40 * scale,
            interval_ratio=0.8,
            kept_chance=0.5,
            a_day=1,
            dispersion=1,
        )
        if is_forecast
        else None,
        days=tuple(
            QuotaDay(
                on=date(2026, 3, number),
                working_ratio=float(number % 7 != 1),
                promised=float(number * scale),
                there=number * scale if number < 16 else None,
                low=15 * scale if number in ahead else None,
                expected=float(number * scale) if number in ahead else None,
                high=40 * scale if number in ahead else None,
            )
            for number in range(1, 32)
        ),
        sales=SalesSide(
            first_touch=FirstTouches(judged=0, in_time_ratio=None, median_minutes=None),
            leads=0,
            attempts_a_lead=None,
            below=0,
        ),
    )


def points(line: ET.Element) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in line.get("points", "").split())
    return [(float(x), float(y)) for x, y in pairs]


@pytest.mark.parametrize("scale", [1, 7, 1000])
def test_the_lines_stand_where_the_numbers_are(scale: int) -> None:
    picture = ET.fromstring(draw(month(scale=scale)))
    expected, pace, there = (points(line) for line in picture.iter(f"{SVG}polyline"))
    (fan,) = (points(area) for area in picture.iter(f"{SVG}polygon"))
    assert there[0] == pace[0] == (LEFT, BOTTOM)
    # What is there is as promised, so the two lines lie upon each other up to now, where the
    # forecast begins; that one, too, is as promised.
    assert there[-1] == expected[0] == fan[0] == pace[15]
    assert there[:16] == pace[:16]
    assert expected[1:] == pace[16:]
    assert pace[-1][0] == expected[-1][0] == RIGHT
    assert len(fan) == 1 + 16 + 16
    assert all(TOP <= y <= BOTTOM for _, y in [*fan, *pace, *there])
    assert min(y for _, y in fan) < pace[-1][1]


def test_without_a_forecast_there_is_no_fan_and_the_picture_says_why() -> None:
    picture = ET.fromstring(draw(month(is_forecast=False)))
    assert picture.find(f"{SVG}polygon") is None
    texts = " ".join(element.text or "" for element in picture.iter(f"{SVG}text"))
    assert "cannot be told yet: 3 working days are known" in texts
    assert "forecast, with" not in texts
