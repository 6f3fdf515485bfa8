"""A backtest as a picture: where the scores lie, and what another threshold would have brought."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.orm import Session

from baton.domain.verdict import Qualification
from baton.rulebook.agreement import Agreement
from baton.rulebook.backtest_figures import Backtest
from baton.rulebook.replaying import Period, deciding_ids, replayed

# Below every total that points can add up to.
NO_THRESHOLD = -1e6
MAX_BARS = 40
MAX_STEPS = 200
STEPS = (1, 2, 5, 10, 20, 25, 50, 100)

LEFT, RIGHT = 70, 690
BARS_TOP, BARS_BOTTOM = 95, 295
CURVE_TOP, CURVE_BOTTOM = 385, 585


@dataclass(frozen=True, slots=True)
class Scored:
    """A lead's scores under an agreement.

    Attributes:
        total_points: The highest total that it had.
        reach_points: The highest total at which nothing but the total could hold it back, and
            before its outcome was known; None if there was none.
        was_accepted: What became of it; None while that is not known.
    """

    total_points: float
    reach_points: float | None
    was_accepted: bool | None


@dataclass(frozen=True, slots=True)
class Point:
    """What a threshold would have brought; None where there is nothing to divide by."""

    hand_off_at: float
    precision_ratio: float | None
    recall_ratio: float | None


@dataclass(frozen=True, slots=True)
class Bar:
    """Leads whose total lies in `at <= total < at + width`, by what became of them."""

    at: float
    width: float
    accepted: int
    returned: int
    other: int

    @property
    def leads(self) -> int:
        """All of them."""
        return self.accepted + self.returned + self.other


def score_leads(
    session: Session,
    agreement: Agreement,
    *,
    period: Period,
    outcome_column: str | None = None,
) -> list[Scored]:
    """Return the scores of every lead that was judged in the period; nothing is written."""
    scoring = agreement.scoring.model_copy(update={"hand_off_at": NO_THRESHOLD})
    open_ended = agreement.model_copy(update={"scoring": scoring})
    leads: dict[int, Scored] = {}
    for deciding_id in deciding_ids(session, period):
        for seen in replayed(
            session,
            deciding_id,
            open_ended,
            period=period,
            outcome_column=outcome_column,
        ):
            total = seen.replayed.total_points
            could = seen.replayed.qualification is Qualification.QUALIFIED
            reach = total if could and seen.is_before_outcome else None
            known = leads.get(seen.lead_id, Scored(total, None, seen.was_accepted))
            leads[seen.lead_id] = Scored(
                max(known.total_points, total),
                max((p for p in (known.reach_points, reach) if p is not None), default=None),
                seen.was_accepted,
            )
    return list(leads.values())


def threshold_curve(scored: Sequence[Scored]) -> list[Point]:
    """Return precision and recall for every threshold worth asking, the lowest first."""
    accepted, returned = _reaches(scored, accepted=True), _reaches(scored, accepted=False)
    all_accepted = sum(lead.was_accepted is True for lead in scored)
    if not accepted and not returned:
        return []
    low, high = _range(scored)
    step = _step(high - low, MAX_STEPS)
    return [
        _point(low + number * step, accepted, returned, all_accepted)
        for number in range(math.floor((high - low) / step) + 1)
    ]


def _reaches(scored: Sequence[Scored], *, accepted: bool) -> list[float]:
    return sorted(
        lead.reach_points
        for lead in scored
        if lead.was_accepted is accepted and lead.reach_points is not None
    )


def _point(
    threshold: float, accepted: Sequence[float], returned: Sequence[float], all_accepted: int
) -> Point:
    right = len(accepted) - bisect_left(accepted, threshold)
    wrong = len(returned) - bisect_left(returned, threshold)
    return Point(
        threshold,
        right / (right + wrong) if right + wrong else None,
        right / all_accepted if all_accepted else None,
    )


def score_bars(scored: Sequence[Scored], *, reaching: float = 0) -> list[Bar]:
    """Return the distribution of the totals, the lowest first, empty ones in between too.

    Args:
        scored: At least one lead.
        reaching: Bars go on to here at least.
    """
    low, high = _range(scored, reaching)
    width = _step(high - low, MAX_BARS)
    groups: dict[int, list[Scored]] = {}
    for lead in scored:
        groups.setdefault(math.floor((lead.total_points - low) / width), []).append(lead)
    return [
        Bar(
            low + number * width,
            width,
            accepted=sum(lead.was_accepted is True for lead in groups.get(number, ())),
            returned=sum(lead.was_accepted is False for lead in groups.get(number, ())),
            other=sum(lead.was_accepted is None for lead in groups.get(number, ())),
        )
        for number in range(math.floor((high - low) / width) + 1)
    ]


def _range(scored: Sequence[Scored], reaching: float = 0) -> tuple[float, float]:
    totals = [lead.total_points for lead in scored]
    return math.floor(min(0, *totals) / 10) * 10, math.ceil(max(10, reaching, *totals) / 10) * 10


def _step(length: float, most: int) -> float:
    return next((step for step in STEPS if length / step <= most), length / most)


def draw(found: Backtest, agreement: Agreement, scored: Sequence[Scored]) -> str:
    """Return the picture as SVG: the distribution above, the threshold curve below.

    Args:
        found: For the title and the period.
        agreement: What was judged by; its threshold is marked.
        scored: At least one lead.
    """
    bars, curve = (
        score_bars(scored, reaching=agreement.scoring.hand_off_at),
        threshold_curve(scored),
    )
    low, high = bars[0].at, bars[-1].at + bars[-1].width
    most = max(bar.leads for bar in bars)

    def x(points: float) -> float:
        return round(LEFT + (points - low) / (high - low) * (RIGHT - LEFT), 1)

    return picture(
        "backtest.svg.j2",
        found=found,
        hand_off_at=agreement.scoring.hand_off_at,
        threshold_x=x(max(agreement.scoring.hand_off_at, low)),
        left=LEFT,
        right=RIGHT,
        top=BARS_TOP,
        bottom=BARS_BOTTOM,
        curve_top=CURVE_TOP,
        curve_bottom=CURVE_BOTTOM,
        most=most,
        has_outcomes=bool(curve),
        blocks=[block for bar in bars for block in _blocks(bar, most, x(bar.at), x)],
        ticks=[(x(at), at) for at in _ticks(low, high)],
        lines={
            "precision": _line([(x(p.hand_off_at), p.precision_ratio) for p in curve]),
            "recall": _line([(x(p.hand_off_at), p.recall_ratio) for p in curve]),
        },
    )


def picture(template: str, **values: Any) -> str:
    """Return a template of `pictures` with its values; what people wrote is never markup."""
    environment = Environment(
        loader=PackageLoader("baton.rulebook", "pictures"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def _blocks(bar: Bar, most: int, left: float, x: Any) -> Iterator[dict[str, Any]]:
    """Yield a bar's parts, one upon the other."""
    scale = (BARS_BOTTOM - BARS_TOP) / most
    below = 0
    for name in ("accepted", "returned", "other"):
        leads: int = getattr(bar, name)
        if leads:
            below += leads
            yield {
                "name": name,
                "x": left,
                "y": round(BARS_BOTTOM - below * scale, 1),
                "width": round(max(1, x(bar.at + bar.width) - left - 1), 1),
                "height": round(leads * scale, 1),
                "says": f"{bar.at:g} to {bar.at + bar.width:g} points: {leads} {name}",
            }


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    """Return an SVG path; what has no ratio is left out, for the curve to begin anew after it."""
    parts, is_drawing = [], False
    for x, ratio in points:
        if ratio is not None:
            y = CURVE_BOTTOM - ratio * (CURVE_BOTTOM - CURVE_TOP)
            parts.append(f"{'L' if is_drawing else 'M'}{x:g} {y:.1f}")
        is_drawing = ratio is not None
    return " ".join(parts)


def _ticks(low: float, high: float) -> list[float]:
    step = _step(high - low, 12)
    first = math.ceil(low / step) * step
    return [first + number * step for number in range(math.floor((high - first) / step) + 1)]
