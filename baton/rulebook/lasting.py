"""Until when a judgement surely stands if nothing happens, as SQL over its own points.

What a lead did fades, so its points pass a threshold some day without anybody doing anything.
Here is a lower bound of that day: no closed form gives the day itself when rules fade at several
speeds. The nightly batch looks at the lead again then, and gets a new, longer bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from baton.rulebook.agreement import Agreement, WarmthRule
from baton.rulebook.fragments import AS_OF, numeral
from baton.rulebook.limits import Limit
from baton.rulebook.predicates import Predicate

# Each rule's points are rounded to a tenth, now and then: so far may a sum be off for each rule.
ROUNDING_POINTS = 0.1
# Columns of the statement; no fact can have such a name.
GAINED, LOST = '"gained$"', '"lost$"'
DAYS_AHEAD = 3650


@dataclass(frozen=True, slots=True)
class Turns:
    """What can turn a verdict by itself.

    Attributes:
        scores: Thresholds of warmth and of the total, and SQL that is true of the leads for which
            passing one turns anything; None where it may turn the qualification.
        ages: Kind of touch (None for the lead's last of any) and the days at which its age counts.
        is_restless: True when a condition moves in a way that cannot be told beforehand.
    """

    scores: tuple[tuple[Limit, str | None], ...]
    ages: tuple[tuple[str | None, float], ...]
    is_restless: bool


def turns_of(
    agreement: Agreement, conditions: Iterable[Predicate], windows: Iterable[tuple[str, int]]
) -> Turns:
    """Return what can turn a verdict under the agreement without anything happening.

    Args:
        agreement: Its floors and thresholds count too.
        conditions: All of its conditions.
        windows: The kind and the days of each touches('kind', days).
    """
    every = tuple(conditions)
    scoring = agreement.scoring
    found = [(limit, each.may_turn) for each in every for limit in each.limits or ()]
    scores: list[tuple[Limit, str | None]] = [
        (Limit("warmth_points", scoring.warmth_floor), None),
        (Limit("total_points", scoring.hand_off_at), None),
        (Limit("total_points", scoring.hot_at), "true"),
        *((limit, when) for limit, when in found if limit.subject != "days"),
    ]
    ages: list[tuple[str | None, float]] = [(kind, float(days)) for kind, days in windows]
    ages += [(limit.kind, limit.value) for limit, _ in found if limit.subject == "days"]
    return Turns(
        tuple(dict.fromkeys(scores)),
        tuple(dict.fromkeys(ages)),
        any(each.limits is None for each in every),
    )


def gained_and_lost(rules: Sequence[WarmthRule], columns: Sequence[str]) -> tuple[str, str]:
    """Return SQL for what the rules gave and for what they took away, both 0 or more."""
    pairs = list(zip(rules, columns, strict=True))
    given = " + ".join(f"coalesce({column}, 0)" for rule, column in pairs if rule.points >= 0)
    taken = " + ".join(f"coalesce({column}, 0)" for rule, column in pairs if rule.points < 0)
    return given or "0.0", f"(- ({taken}))" if taken else "0.0"


def holds_until(
    turns: Turns, rules: Sequence[WarmthRule], columns: Sequence[str], undecided: str
) -> str:
    """Return SQL for the instant until which no threshold is passed by fading; NULL for never.

    Args:
        turns: The thresholds.
        rules: The warmth rules.
        columns: The column of each one's points; `GAINED` and `LOST` are their sums.
        undecided: SQL that is true of the leads whose qualification rests on their warmth.
    """
    pairs = list(zip(rules, columns, strict=True))
    rounded = " + ".join(f"case when {column} <> 0 then 1 else 0 end" for column in columns)
    slack = f"({numeral(ROUNDING_POINTS)} * ({rounded}))"
    gaining = _fastest([(rule, column) for rule, column in pairs if rule.points > 0])
    losing = _fastest([(rule, column) for rule, column in pairs if rule.points < 0])
    days = ", ".join(
        f"case when {when or undecided} then {_days(limit, slack, gaining, losing)} end"
        for limit, when in turns.scores
    )
    return f"""case when {GAINED} <> 0 or {LOST} <> 0
        then {AS_OF} + least({days}) * interval '24 hours' end"""


def _days(limit: Limit, slack: str, gaining: str, losing: str) -> str:
    """Return the days within which one threshold is surely not passed; NULL for never.

    Points can fall as far as what was gained fades, and rise as far as what was lost does. At
    worst all of it fades at the speed of the fastest rule that gave any.
    """
    bar = numeral(limit.value)
    if limit.subject == "total_points":
        bar = f"({bar} - fit_points)"
    down = _fading(GAINED, f"({bar} + {LOST} + {slack})", gaining)
    up = _fading(LOST, f"({GAINED} + {slack} - {bar})", losing)
    return (
        f"case when warmth_points = {bar} then 0 "
        f"when warmth_points > {bar} then case when {GAINED} <> 0 then {down} end "
        f"when {LOST} <> 0 then {up} end"
    )


def _fading(whole: str, rest: str, half_life: str) -> str:
    """Return in how many days at least `whole` fades to `rest`; 0 if it is no more already."""
    return (
        f"case when {rest} <= 0 then null when {whole} <= {rest} then 0 "
        f"else least({DAYS_AHEAD}, {half_life} "
        f"* ln(cast({whole} as float8) / cast({rest} as float8)) / ln(cast(2 as float8))) end"
    )


def _fastest(rules: Sequence[tuple[WarmthRule, str]]) -> str:
    speeds = ", ".join(
        f"case when {column} <> 0 then {numeral(rule.half_life_days)} end" for rule, column in rules
    )
    return f"cast(least({speeds}) as float8)" if rules else "cast(null as float8)"
