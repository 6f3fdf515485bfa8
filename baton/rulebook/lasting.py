"""Until when a judgement surely stands if nothing happens, as SQL over its own points.

What a lead did fades, so its points pass a threshold some day without anybody doing anything.
Here is a lower bound of that day: no closed form gives the day itself when rules fade at several
speeds. The nightly batch looks at the lead again then, and gets a new, longer bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from baton.rulebook.agreement import Agreement, WarmthRule
from baton.rulebook.columns import DID
from baton.rulebook.fragments import AS_OF, numeral
from baton.rulebook.limits import Limit
from baton.rulebook.points import (
    FIT,
    GAINED,
    LATER_DAYS,
    LOST,
    WARMTH,
    later_tenths,
    shortest_half_life,
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
        marketing: The one of a marketing-qualified lead.
        criteria: Of each criterion that is required, or counts in a group: its place in the
            agreement from 0, whether it is required, and its condition.
    """

    fit: Sequence[Predicate]
    marketing: Predicate
    criteria: Sequence[tuple[int, bool, Predicate]]


@dataclass(frozen=True, slots=True)
class Turns:
    """What can turn a qualification by itself.

    Attributes:
        scores: Thresholds of warmth and of the total, and SQL that is true of the leads for which
            passing one turns anything; None where it may turn the qualification.
        ageing: What turns as touches grow older.
        is_restless: True when a condition moves in a way that cannot be told beforehand.
    """

    scores: tuple[tuple[Limit, str | None], ...]
    ageing: Ageing
    is_restless: bool


def turns_of(agreement: Agreement, conditions: Conditions) -> Turns:
    """Return what can turn a qualification under the agreement without anything happening.

    A criterion that nothing rests on does not count: its verdict may grow old.
    """
    every = (*conditions.fit, conditions.marketing, *(c for _, _, c in conditions.criteria))
    scoring = agreement.scoring
    found = [(limit, each.may_turn) for each in every for limit in each.limits or ()]
    scores: list[tuple[Limit, str | None]] = [
        (Limit("warmth_points", scoring.warmth_floor), None),
        (Limit("total_points", scoring.hand_off_at), None),
        (Limit("total_points", scoring.hot_at), "true"),
        *((limit, when) for limit, when in found if limit.subject != "days"),
    ]
    return Turns(
        tuple(dict.fromkeys(scores)),
        _ageing(agreement, conditions, every),
        any(each.limits is None for each in every),
    )


def _ageing(agreement: Agreement, conditions: Conditions, every: Iterable[Predicate]) -> Ageing:
    ages = tuple(dict.fromkeys(age for condition in every for age in _ages(condition)))
    if any(_ages(condition) for condition in (*conditions.fit, conditions.marketing)):
        return Ageing(ages, floors=None, fixed=())
    # A qualification has its verdicts after those of the fit rules.
    first = len(conditions.fit) + 1
    fixed = tuple(
        first + place
        for place, is_required, condition in conditions.criteria
        if is_required and condition.limits == () and not _ages(condition)
    )
    scoring = agreement.scoring
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


def holds_until(turns: Turns, rules: Sequence[WarmthRule], undecided: str) -> str:
    """Return SQL for the instant until which no threshold is passed by fading; NULL for never.

    Args:
        turns: The thresholds.
        rules: The warmth rules.
        undecided: SQL that is true of the leads whose qualification rests on their warmth.
    """
    days = ", ".join(
        f"case when {when or undecided} then {_days(limit, rules)} end"
        for limit, when in turns.scores
    )
    return f"""case when {GAINED} <> 0 or {LOST} <> 0
        then {AS_OF} + least({days}) * interval '24 hours' end"""


def _days(limit: Limit, rules: Sequence[WarmthRule]) -> str:
    """Return the days within which one threshold is surely not passed; NULL for never.

    Points can fall as far as what was gained fades, and rise as far as what was lost does. At
    worst all of it fades at the speed of the fastest rule that gave any; but for the next night it
    is worked out how far each rule's points can fall, which is what spares most of the leads. Few
    leads come to that, so it is asked of `did` where it is needed.
    """
    bar = f"cast({numeral(round(limit.value * 10, 6))} as float8)"
    if limit.subject == "total_points":
        bar = f"({bar} - {FIT})"
    gained_later, lost_later = (later_tenths(rules, lost=lost) for lost in (False, True))
    falls = _fading(
        GAINED,
        f"({bar} + {LOST} + {_ROUNDED})",
        shortest_half_life(rules, lost=False),
        f"{gained_later} - {LOST} > {bar}",
    )
    rises = _fading(
        LOST,
        f"({GAINED} + {_ROUNDED} - {bar})",
        shortest_half_life(rules, lost=True),
        f"{GAINED} - {lost_later} < {bar}",
    )
    # At the very threshold, only what does not move at all stands.
    return (
        f"case when {WARMTH} = {bar} then "
        f"case when {LOST} = 0 and {gained_later} = {GAINED} then {LATER_DAYS} else 0 end "
        f"when {WARMTH} > {bar} then case when {GAINED} <> 0 then {falls} end "
        f"when {LOST} <> 0 then {rises} end"
    )


def _fading(whole: str, rest: str, half_life: str, stands_later: str) -> str:
    """Return in how many days at least `whole` fades to `rest`; NULL for never.

    Args:
        whole: SQL for what fades, in tenths.
        rest: SQL for what must be left of it.
        half_life: SQL for the days in which it halves at worst.
        stands_later: SQL that is true if enough is surely left after `LATER_DAYS`.
    """
    days = (
        f"case when {whole} <= {rest} then 0 "
        f"else least({DAYS_AHEAD}, {half_life} * ln({whole} / {rest}) / {math.log(2)!r}) end"
    )
    return (
        f"case when {rest} <= 0 then null "
        f"when {stands_later} then greatest({LATER_DAYS}, {days}) else {days} end"
    )
