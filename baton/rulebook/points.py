"""Points as SQL: whole tenths, because the server adds whole numbers far faster than decimals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from baton.rulebook.agreement import FitRule, WarmthRule

# Columns of the statement; no fact can have such a name. What the rules gave and what they took
# away are both 0 or more, and so is what will be left of each in `LATER_DAYS` at least; so many
# rules did either; the shortest half-life among those of each.
FIT: Final = '"fit$"'
GAINED: Final = '"gained$"'
LOST: Final = '"lost$"'
GAINED_LATER: Final = '"gained_later$"'
LOST_LATER: Final = '"lost_later$"'
ROUNDED: Final = '"rounded$"'
GAIN_HALVES: Final = '"gain_halves$"'
LOSS_HALVES: Final = '"loss_halves$"'
WARMTH: Final = f"({GAINED} - {LOST})"

# Until the next night, which may come an hour or two late.
LATER_DAYS: Final = 1.1

_MILLION = 1_000_000
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


def warmth_tenths(rule: WarmthRule, millionths: str) -> str:
    """Return SQL for a rule's points: never beyond its cap, rounded once, so that they add up.

    NULL for none: most leads have done nothing of most kinds.

    Args:
        rule: Points and cap have the same sign.
        millionths: SQL for how many fresh touches the old ones are still worth, in millionths.
    """
    points, cap = abs(_hundredths(rule.points)), abs(_hundredths(rule.cap))
    most = int((Decimal(cap) / 10).quantize(Decimal(1), ROUND_HALF_UP))
    earned = f"{millionths} * {points}"
    sign = "-" if rule.points < 0 or rule.cap < 0 else ""
    return (
        f"{sign}(case when {earned} >= {cap * _MILLION} then {most} "
        f"else cast(({earned} + {5 * _MILLION}) / {10 * _MILLION} as integer) end)"
    )


def sums_of(
    rules: Sequence[WarmthRule], columns: Sequence[str], millionths: Sequence[str]
) -> list[str]:
    """Return the columns that the warmth rules' points add up to.

    Args:
        rules: The rules.
        columns: The column of each one's points.
        millionths: The column of what each one's points were made of.
    """
    pairs = list(zip(rules, columns, strict=True))
    gains = [(rule, column) for rule, column in pairs if rule.points >= 0]
    losses = [(rule, column) for rule, column in pairs if rule.points < 0]
    later = [
        (rule.points < 0, _later(rule, left, f"did_times[{place}]"))
        for place, (rule, left) in enumerate(zip(rules, millionths, strict=True), 1)
    ]
    gained_later = " + ".join(sql for is_loss, sql in later if not is_loss)
    lost_later = " + ".join(sql for is_loss, sql in later if is_loss)
    gained = " + ".join(f"coalesce({column}, 0)" for _, column in gains)
    lost = " + ".join(f"coalesce({column}, 0)" for _, column in losses)
    rounded = " + ".join(f"case when {column} <> 0 then 1 else 0 end" for column in columns)
    return [
        f"{gained or 0} as {GAINED}",
        f"{f'- ({lost})' if lost else 0} as {LOST}",
        f"{gained_later or 0} as {GAINED_LATER}",
        f"{lost_later or 0} as {LOST_LATER}",
        f"{rounded} as {ROUNDED}",
        f"{_shortest(gains)} as {GAIN_HALVES}",
        f"{_shortest(losses)} as {LOSS_HALVES}",
    ]


def _later(rule: WarmthRule, millionths: str, times: str) -> str:
    """Return SQL for the tenths that a rule will give or take in `LATER_DAYS` at least.

    What is left of each touch was rounded, and will be: that is a millionth of it at most.

    Args:
        rule: The rule.
        millionths: SQL for what is left of its touches.
        times: SQL for how many they are.
    """
    points, most = abs(_hundredths(rule.points)), abs(_hundredths(rule.cap)) // 10
    tenths = points / (10 * _MILLION)
    share = tenths * 0.5 ** (LATER_DAYS / rule.half_life_days)
    return (
        f"least({_float(most)}, greatest(0, floor(coalesce({millionths} * {_float(share)} "
        f"- {times} * {_float(tenths)} + {_HALF}, 0))))"
    )


def _shortest(rules: Sequence[tuple[WarmthRule, str]]) -> str:
    halves = ", ".join(
        f"case when {column} <> 0 then {_float(rule.half_life_days)} end" for rule, column in rules
    )
    return f"least({halves})" if rules else "cast(null as float8)"


def _float(value: float) -> str:
    return f"cast({float(value)!r} as float8)"


def _literal(value: int) -> str:
    return f"({value})" if value < 0 else str(value)


def _hundredths(points: float) -> int:
    """Return points, which have two decimals at most, as whole hundredths."""
    return round(points * 100)
