"""A month as a picture: leads that are there, the promised pace, and the forecast's fan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from baton.rulebook.plotting import picture
from baton.rulebook.quota_report import QuotaDay, QuotaReport
from baton.rulebook.quota_telling import interval_of, title_of

LEFT, RIGHT = 70, 690
TOP, BOTTOM = 110, 370
MOST_TICKS = 6
_STEPS = (1, 2, 5)


def draw(found: QuotaReport) -> str:
    """Return the picture as SVG: days of the month to the right, leads so far upwards."""
    length = found.until - found.since
    steps = _ticks(max(found.promised, found.there, *(day.high or 0 for day in found.days)))

    def x(at: datetime) -> float:
        return round(LEFT + (at - found.since) / length * (RIGHT - LEFT), 1)

    def y(leads: float) -> float:
        return round(BOTTOM - leads / steps[-1] * (BOTTOM - TOP), 1)

    def line(points: Sequence[tuple[datetime, float]]) -> str:
        return " ".join(f"{x(at):g},{y(leads):g}" for at, leads in points)

    ahead = [day for day in found.days if day.low is not None]
    here = (found.as_of, float(found.there))
    return picture(
        "quota.svg.j2",
        title=title_of(found),
        says=interval_of(found),
        found=found,
        left=LEFT,
        right=RIGHT,
        top=TOP,
        bottom=BOTTOM,
        now_x=x(found.as_of),
        levels=[(y(leads), leads) for leads in steps],
        dates=[(x(_begin(day.on)), day.on.day) for day in found.days if day.on.day % 5 == 1],
        free=[
            (x(_begin(day.on)), round((RIGHT - LEFT) / len(found.days), 1))
            for day in found.days
            if not day.working_ratio
        ],
        pace=line([(found.since, 0.0), *((_end(found, day), day.promised) for day in found.days)]),
        there=line([*_gone(found), here]),
        expected=line([here, *((_end(found, day), day.expected or 0.0) for day in ahead)]),
        fan=line(
            [
                here,
                *((_end(found, day), day.low or 0) for day in ahead),
                *((_end(found, day), day.high or 0) for day in reversed(ahead)),
            ]
        ),
    )


def _gone(found: QuotaReport) -> list[tuple[datetime, float]]:
    over = [(_end(found, day), float(day.there)) for day in found.days if day.there is not None]
    return [(found.since, 0.0), *((at, leads) for at, leads in over if at <= found.as_of)]


def _begin(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, tzinfo=UTC)


def _end(found: QuotaReport, day: QuotaDay) -> datetime:
    number = day.on.day
    return found.until if number == len(found.days) else _begin(day.on.replace(day=number + 1))


def _ticks(most: float) -> list[int]:
    """Return round numbers of leads from 0 to at least `most`."""
    scale = 1
    while True:
        for step in (one * scale for one in _STEPS):
            if most <= step * MOST_TICKS:
                return list(range(0, int(-(-most // step)) * step + 1, step))
        scale *= 10
