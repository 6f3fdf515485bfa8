"""The columns that the statement reads: plain facts, and facts counted out of the touches."""

from __future__ import annotations

from dataclasses import dataclass

from baton.rulebook.agreement import FactType, WarmthRule
from baton.rulebook.facts import Fact
from baton.rulebook.fragments import AS_OF, SQL_TYPES, named, numeral, quoted, read_as


@dataclass(frozen=True, slots=True)
class Column:
    """One fact as the statement sees it and as a decision keeps it.

    Attributes:
        key: Its name in the statement and in the decision's facts.
        sql_type: Its type, so that a kept decision can be read back.
        live: SQL over `l`, `a` and `t`.
        aggregates: What the one pass over the touches (`w`) must count for it, by name in `t`.
        is_kept_unknown: True when an unknown value is worth keeping: people are asked for it.
    """

    key: str
    sql_type: str
    live: str
    aggregates: tuple[tuple[str, str], ...] = ()
    is_kept_unknown: bool = True


_SINCE = "round(cast(extract(epoch from {since}) as numeric) / 86400, 3)"
# Decayed touches are summed as whole millionths: the sum is exact, whatever order it is made in.
# Beyond 40 half-lives nothing is left of a touch (and power() would underflow).
_LEFT = "cast(1e6 * power(cast(0.5 as float8), least({age_days} / {half_life}, 40)) as bigint)"
_AGE_DAYS = f"cast(extract(epoch from {AS_OF} - w.at) / 86400 as float8)"

_OF_ALL_TOUCHES = {
    "days_since_last_touch": _SINCE.format(since=f"{AS_OF} - max(w.at)"),
    "requested_demo": "bool_or(w.kind = 'demo_request')",
}


def fact_column(fact: Fact) -> Column:
    """Return the column of a plain fact."""
    aggregate = _OF_ALL_TOUCHES.get(fact.name)
    return Column(
        key=fact.name,
        sql_type=SQL_TYPES[fact.type],
        live=fact.live,
        aggregates=((fact.name, aggregate),) if aggregate else (),
    )


def touches_column(kind: str, days: int) -> Column:
    """Return the column of `touches('kind', days)`: how many within the days; 0 for none."""
    key = f"touches('{kind}', {days})"
    # Hours, because a day's length is a matter of the session's time zone.
    since = f"{AS_OF} - interval '{days * 24} hours'"
    counted = f"count(*) filter (where w.kind = {quoted(kind)} and w.at > {since})"
    return Column(key, "numeric", f"coalesce(t.{named(key)}, 0)", ((key, counted),))


def days_since_column(kind: str) -> Column:
    """Return the column of `days_since('kind')`: days since the last; unknown if never."""
    key = f"days_since('{kind}')"
    last = f"max(w.at) filter (where w.kind = {quoted(kind)})"
    counted = _SINCE.format(since=f"{AS_OF} - {last}")
    return Column(key, "numeric", f"t.{named(key)}", ((key, counted),))


def answered_column(criterion_id: str) -> Column:
    """Return the column of the SDR's own yes or no to a criterion's question."""
    answer = read_as(FactType.BOOLEAN, f"(l.answers ->> {quoted(criterion_id)})")
    return Column(f"answered('{criterion_id}')", "boolean", answer, is_kept_unknown=False)


@dataclass(frozen=True, slots=True)
class WarmthColumns:
    """What one warmth rule reads: how many touches, the last of them, and what is left of them."""

    count: Column
    last: Column
    left: Column

    @property
    def all(self) -> tuple[Column, ...]:
        """The three of them."""
        return (self.count, self.last, self.left)


def warmth_columns(rule: WarmthRule) -> WarmthColumns:
    """Return the columns of a warmth rule."""
    of_kind = f"filter (where w.kind = {quoted(rule.touch)})"
    left = _LEFT.format(
        age_days=_AGE_DAYS, half_life=f"cast({numeral(rule.half_life_days)} as float8)"
    )

    def column(key: str, sql_type: str, aggregate: str) -> Column:
        live = f"t.{named(key)}"
        return Column(key, sql_type, live, ((key, aggregate),), is_kept_unknown=False)

    return WarmthColumns(
        count=column(f"count('{rule.touch}')", "numeric", f"nullif(count(*) {of_kind}, 0)"),
        last=column(f"last('{rule.touch}')", "timestamptz", f"max(w.at) {of_kind}"),
        left=column(
            f"left('{rule.touch}', {rule.half_life_days:g})",
            "numeric",
            f"cast(sum({left}) {of_kind} as numeric) / 1000000",
        ),
    )
