"""Points as SQL: whole tenths, because the server adds whole numbers far faster than decimals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, TypeVar

from baton.rulebook.agreement import FitRule, WarmthRule
from baton.rulebook.fragments import bigints, floats

# Columns of the statement; no fact can have such a name. What the rules gave and what they took
# away are both 0 or more.
FIT: Final = '"fit$"'
GAINED: Final = '"gained$"'
LOST: Final = '"lost$"'
WARMTH: Final = f"({GAINED} - {LOST})"
# The scores over these columns, in tenths.
TENTHS: Final = {
    "fit_points": FIT,
    "warmth_points": WARMTH,
    "total_points": f"({FIT} + {WARMTH})",
}

# Until the next night, which may come an hour or two late.
LATER_DAYS: Final = 1.1

_MILLION = 1_000_000
_Number = TypeVar("_Number", int, float)
# A little less: floats are not exact.
_HALF = 0.499999


def tenths_up(points: float) -> str:
    """Return the lowest number of whole tenths that reaches the points, as an SQL literal."""
    return _literal(math.ceil(_hundredths(points) / 10))


def fit_tenths(rules: Mapping[str, FitRule]) -> str:
    """Return SQL for the sum of the fit rules, rounded once.

    Args:
        rules: Each rule by the column of its verdict.
    """
    given = {name: _hundredths(rule.points) for name, rule in rules.items()}
    # An agreement that knows whole tenths only need not be rounded.
    is_whole = all(points % 10 == 0 for points in given.values())
    summed = " + ".join(
        f"case when {name} then {_literal(points // 10 if is_whole else points)} else 0 end"
        for name, points in given.items()
    )
    return f"({summed})" if is_whole else f"cast(round(({summed}) / 10.0) as integer)"


def speeds(rules: Sequence[WarmthRule | None]) -> str:
    """Return each rule's decay as an SQL list: the exponent of a second that has passed."""
    return floats(_each(rules, _speed))


def horizons(rules: Sequence[WarmthRule | None]) -> str:
    """Return for each rule, as an SQL list, since when nothing is left of a touch, in seconds.

    They are below zero. Nothing is less than half a millionth, which would be rounded away.
    """
    return floats(_each(rules, lambda rule: -math.log(2.1 * _MILLION) / _speed(rule)))


def _speed(rule: WarmthRule) -> float:
    return math.log(2) / (rule.half_life_days * 86400)


def tenths(rules: Sequence[WarmthRule | None], place: str, millionths: str) -> str:
    """Return SQL for a rule's points: never beyond its cap, rounded once, so that they add up.

    Args:
        rules: The rules; None for what no rule counts.
        place: SQL for the place of one among them, from 1.
        millionths: SQL for what is left of its touches; NULL for nothing, which gives no points.
    """
    points = bigints(_each(rules, lambda rule: abs(_hundredths(rule.points))))
    most = bigints(_each(rules, _most))
    earned = f"({millionths} * {points}[{place}] + {5 * _MILLION}) / {10 * _MILLION}"
    amount = f"least({most}[{place}], {earned}){_sign(rules, place)}"
    return f"case when {millionths} > 0 then cast({amount} as integer) end"


# What the warmth rules' points add up to, over `p`, what was done of each kind; NULL for nothing.
SUMS: Final = {
    GAINED: "sum(p.tenths) filter (where p.tenths > 0)",
    LOST: "- sum(p.tenths) filter (where p.tenths < 0)",
}


def later_tenths(rules: Sequence[WarmthRule], *, lost: bool) -> str:
    """Return SQL for the tenths that rules will give, or take, in `LATER_DAYS` at least.

    It is over `did`. What is left of each touch was rounded, and will be: that is a millionth of it
    at most.

    Args:
        rules: The rules.
        lost: True for those that took points away, False for those that gave some.
    """
    each = floats(map(_tenths_a_millionth, rules))
    later = floats(
        _tenths_a_millionth(rule) * 0.5 ** (LATER_DAYS / rule.half_life_days) for rule in rules
    )
    most = floats(abs(_hundredths(rule.cap)) // 10 for rule in rules)
    left = f"did[i][4] * {later}[did[i][1]] - did[i][2] * {each}[did[i][1]]"
    amount = f"least({most}[did[i][1]], greatest(0, floor({left} + {_HALF})))"
    return f"coalesce({_over_did(f'sum({amount})', lost=lost)}, 0)"


def fading(rules: Sequence[WarmthRule], *, lost: bool) -> str:
    """Return SQL over `did` for how fast those rules' points fade now, in tenths a day, all summed.

    That is above 0 if any of them gave, or took, points.
    """
    rates = floats(math.log(2) / rule.half_life_days for rule in rules)
    return _over_did(f"sum(abs(did[i][5]) * {rates}[did[i][1]])", lost=lost)


def _over_did(aggregate: str, *, lost: bool) -> str:
    sign = "<" if lost else ">"
    return f"(select {aggregate} from generate_subscripts(did, 1) i where did[i][5] {sign} 0)"  # noqa: S608


def _each(
    rules: Sequence[WarmthRule | None], number: Callable[[WarmthRule], _Number]
) -> list[_Number | None]:
    """Return a number of each rule, and None for what no rule counts."""
    return [None if rule is None else number(rule) for rule in rules]


def _tenths_a_millionth(rule: WarmthRule) -> float:
    return abs(_hundredths(rule.points)) / (10 * _MILLION)


def _most(rule: WarmthRule) -> int:
    """Return the most tenths that a rule gives or takes."""
    cap = Decimal(abs(_hundredths(rule.cap)))
    return int((cap / 10).quantize(Decimal(1), ROUND_HALF_UP))


def _sign(rules: Sequence[WarmthRule | None], place: str) -> str:
    """Return what turns the amount of a rule around that takes points away; empty if none does."""
    takes = [rule is not None and (rule.points < 0 or rule.cap < 0) for rule in rules]
    return f" * {bigints(-1 if one else 1 for one in takes)}[{place}]" if any(takes) else ""


def _literal(value: int) -> str:
    return f"({value})" if value < 0 else str(value)


def _hundredths(points: float) -> int:
    """Return points, which have two decimals at most, as whole hundredths."""
    return round(points * 100)
