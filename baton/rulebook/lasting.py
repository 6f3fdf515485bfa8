"""Until when a judgement surely stands if nothing happens, as SQL over its own points.

What a lead did fades, so its points pass a threshold some day without anybody doing anything.
Here is a lower bound of that day: no closed form gives the day itself when rules fade at several
speeds. The nightly batch looks at the lead again then, and gets a new, longer bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baton.rulebook.agreement import Scoring, WarmthRule
from baton.rulebook.columns import DID
from baton.rulebook.fragments import AS_OF, numeral
from baton.rulebook.limits import Limit
from baton.rulebook.points import (
    FIT,
    GAINED,
    LATER_DAYS,
    LOST,
    WARMTH,
    fading,
    later_tenths,
)
from baton.rulebook.predicates import Predicate
from baton.store.nurtured_leads import Ageing, Floors

DAYS_AHEAD = 3650
# Each rule's points were rounded, by half a tenth at most, and will be.
_ROUNDED = f"coalesce(array_length({DID}, 1), 0)"


@dataclass(frozen=True, slots=True)
class Conditions:
    """An agreement's conditions, compiled: those that a qualification rests on.

    Attributes:
        fit: Each fit rule's.
        criteria: Of each criterion that is required, or counts in a group: its place in the
            agreement from 0, whether it is required, and its condition.
    """

    fit: Sequence[Predicate]
    criteria: Sequence[tuple[int, bool, Predicate]]


@dataclass(frozen=True, slots=True)
class Turns:
    """What can turn a qualification by itself.

    Attributes:
        floors: The warmth and the total below which nobody is qualified.
        bars: The scores at which a criterion turns.
        ageing: What turns as touches grow older.
        is_restless: True when a condition moves in a way that cannot be told beforehand.
    """

    floors: tuple[Limit, ...]
    bars: tuple[Limit, ...]
    ageing: Ageing
    is_restless: bool


def turns_of(scoring: Scoring, conditions: Conditions) -> Turns:
    """Return what can turn a qualification without anything happening.

    A criterion that nothing rests on does not count: its verdict may grow old. Nor does it count
    whether a lead is hot, or marketing-qualified: nothing follows from either until the lead does
    something, or is handed off, and then it is judged anew.
    """
    criteria = [condition for _, _, condition in conditions.criteria]
    found = (limit for each in criteria for limit in each.limits or ())
    return Turns(
        (
            Limit("warmth_points", scoring.warmth_floor),
            Limit("total_points", scoring.hand_off_at),
        ),
        tuple(dict.fromkeys(limit for limit in found if limit.subject != "days")),
        _ageing(scoring, conditions),
        any(each.limits is None for each in (*conditions.fit, *criteria)),
    )


def _ageing(scoring: Scoring, conditions: Conditions) -> Ageing:
    every = [*conditions.fit, *(condition for _, _, condition in conditions.criteria)]
    ages = tuple(dict.fromkeys(age for condition in every for age in _ages(condition)))
    if any(map(_ages, conditions.fit)):
        return Ageing(ages, floors=None, fixed=())
    # A qualification has its verdicts after those of the fit rules.
    first = len(conditions.fit) + 1
    fixed = tuple(
        first + place
        for place, is_required, condition in conditions.criteria
        if is_required and condition.limits == () and not _ages(condition)
    )
    floors = Floors(scoring.fit_floor, scoring.warmth_floor, scoring.hand_off_at)
    return Ageing(ages, floors, fixed)


def _ages(condition: Predicate) -> list[tuple[str | None, float]]:
    """Return the kind of touch (None for any) and the days of each age that a condition asks for.

    The days of touches('kind', days), and those that the days since the last are compared with.
    """
    counts = [column.count for column in condition.reads if column.count]
    return [
        *((count.kind, float(count.days)) for count in counts if count.days),
        *((limit.kind, limit.value) for limit in condition.limits or () if limit.subject == "days"),
    ]


def holds_until(turns: Turns, rules: Sequence[WarmthRule], *, warm: str, no_unmet: str) -> str:
    """Return SQL for the instant until which no threshold is passed by fading; NULL for never.

    Args:
        turns: The thresholds.
        rules: The warmth rules.
        warm: SQL that is true of the leads that have enough points, or will when a loss has faded.
        no_unmet: SQL that is true of those that have no unmet requirement.
    """
    bars, floors = ([_days(limit, rules) for limit in each] for each in (turns.bars, turns.floors))
    days = [*bars, f"case when {no_unmet} then least({', '.join(floors)}) end"]
    return f"""case when {warm} and ({GAINED} <> 0 or {LOST} <> 0)
        then {AS_OF} + least({", ".join(days)}) * interval '24 hours' end"""


def _days(limit: Limit, rules: Sequence[WarmthRule]) -> str:
    """Return the days within which one threshold is surely not passed; NULL for never.

    Points can fall as far as what was gained fades, and rise as far as what was lost does. It never
    fades faster than it does now, in proportion, since what fades faster is gone the sooner: so the
    day is not before that on which all of it would have faded at the present pace.
    """
    bar = f"cast({numeral(round(limit.value * 10, 6))} as float8)"
    if limit.subject == "total_points":
        bar = f"({bar} - {FIT})"
    gained_later, lost_later = (later_tenths(rules, lost=lost) for lost in (False, True))
    falls = _days_to_fade(
        GAINED,
        f"({bar} + {LOST} + {_ROUNDED})",
        fading(rules, lost=False),
        f"{gained_later} - {LOST} > {bar}",
    )
    rises = _days_to_fade(
        LOST,
        f"({GAINED} + {_ROUNDED} - {bar})",
        fading(rules, lost=True),
        f"{GAINED} - {lost_later} < {bar}",
    )
    # At the very threshold, only what does not move at all stands.
    return (
        f"case when {WARMTH} = {bar} then "
        f"case when {LOST} = 0 and {gained_later} = {GAINED} then {LATER_DAYS} else 0 end "
        f"when {WARMTH} > {bar} then case when {GAINED} <> 0 then {falls} end "
        f"when {LOST} <> 0 then {rises} end"
    )


def _days_to_fade(whole: str, rest: str, pace: str, stands_later: str) -> str:
    """Return in how many days at least `whole` fades to `rest`; NULL for never.

    Args:
        whole: SQL for what fades, in tenths.
        rest: SQL for what must be left of it.
        pace: SQL for how fast it fades now, in tenths a day.
        stands_later: SQL that is true if enough is surely left after `LATER_DAYS`.
    """
    days = (
        f"case when {whole} <= {rest} then 0 "
        f"else least({DAYS_AHEAD}, ln({whole} / {rest}) * {whole} / {pace}) end"
    )
    at_least = f"case when {stands_later} then {LATER_DAYS} else 0 end"
    return f"case when {rest} > 0 then greatest({days}, {at_least}) end"
