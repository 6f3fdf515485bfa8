"""The columns that the statement reads: plain facts, and facts counted out of the touches."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from baton.rulebook.agreement import FactType, WarmthRule
from baton.rulebook.facts import Fact
from baton.rulebook.fragments import (
    EPOCH,
    SQL_TYPES,
    days_since,
    named,
    quoted,
    since,
    told,
)


@dataclass(frozen=True, slots=True)
class Count:
    """What the touches of a lead give for one fact.

    Attributes:
        name: What it is called in `t`, the touches of each lead.
        sql: An aggregate over `w`, the touches.
        kind: Of which touches; None for all.
        days: The window it asks for, if it does.
    """

    name: str
    sql: str
    kind: str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One fact as the statement sees it and as a decision keeps it.

    Attributes:
        key: Its name in the statement and in the decision's facts.
        sql_type: Its type, so that a kept decision can be read back.
        live: SQL over `l`, `a` and `t`.
        count: What the one pass over the touches must give for it, if it comes from them.
        is_kept_unknown: True when an unknown value is worth keeping: people are asked for it.
        is_number_of: True when it says how many; then NULL is none, not unknown.
    """

    key: str
    sql_type: str
    live: str
    count: Count | None = None
    is_kept_unknown: bool = True
    is_number_of: bool = False


# The type of what decay left of touches: whole millionths of a fresh one.
MILLIONTHS: Final = "bigint"
# What the lead did: how many touches each warmth rule counted, and when the last was.
DID = ("did_times", "did_last_at")
LAST_TOUCH = "days_since_last_touch"
_OF_ALL_TOUCHES = {
    LAST_TOUCH: Count(LAST_TOUCH, "max(w.at)"),
    "requested_demo": Count("requested_demo", "bool_or(true)", kind="demo_request"),
    "attended": Count("attended", "bool_or(true)", kind="webinar"),
}


def fact_column(fact: Fact) -> Column:
    """Return the column of a plain fact."""
    return Column(
        key=fact.name,
        sql_type=SQL_TYPES[fact.type],
        live=fact.live,
        count=_OF_ALL_TOUCHES.get(fact.name),
    )


def touches_column(kind: str, days: int) -> Column:
    """Return the column of `touches('kind', days)`: how many within the days; NULL for none."""
    key = f"touches('{kind}', {days})"
    counted = Count(key, "count(*)", kind, days=days)
    live = f"cast(nullif(t.{named(key)}, 0) as numeric)"
    return Column(key, "numeric", live, counted, is_number_of=True)


def days_since_column(kind: str) -> Column:
    """Return the column of `days_since('kind')`: days since the last; unknown if never."""
    key = f"days_since('{kind}')"
    return Column(key, "numeric", days_since(f"t.{named(key)}"), Count(key, "max(w.at)", kind))


def answered_column(criterion_id: str) -> Column:
    """Return the column of the SDR's own yes or no to a criterion's question."""
    answer = told(FactType.BOOLEAN, criterion_id)
    return Column(f"answered('{criterion_id}')", "boolean", answer, is_kept_unknown=False)


def warmth_column(rule: WarmthRule) -> Column:
    """Return the column of a warmth rule: how many fresh touches the old ones are still worth.

    It counts in millionths.
    """
    key = f"left('{rule.touch}', {rule.half_life_days:g})"
    summed = Count(key, _remains(rule.half_life_days), rule.touch)
    live = f"t.{named(key)}"
    return Column(key, MILLIONTHS, live, summed, is_kept_unknown=False)


def did_counts(rule: WarmthRule) -> tuple[Count, Count]:
    """Return how many touches of a rule's kind there were, and when the last: for its reason."""
    return (
        Count(f"count('{rule.touch}')", "count(*)", rule.touch),
        Count(f"last('{rule.touch}')", "max(w.at)", rule.touch),
    )


def counted_touches(
    counts: Sequence[Count], source: str, key: tuple[str, ...] = ("lead_id",)
) -> str:
    """Return `t`, a row of counts for each lead, by one pass over the touches.

    Each touch's kind is looked up once and is a number from then on: dozens of counts ask for it.

    Args:
        counts: What must be counted.
        source: What stands between `from` and `group by`, with the touches as `w`; it must hold
            nothing after the instant.
        key: The columns of `w` that make a row.
    """
    by = ", ".join(f"w.{name}" for name in key)
    kinds = {kind: n for n, kind in enumerate(dict.fromkeys(c.kind for c in counts if c.kind))}
    number = "".join(f" when {quoted(kind)} then {n}" for kind, n in kinds.items())
    facts = "".join(
        f",\n        {count.sql}{_of(count, kinds)} as {named(count.name)}"
        for count in dict.fromkeys(counts)
    )
    return f"""t as (
    select {by}{facts}
    from (
        select {by}, w.at, {f"case w.kind{number} end" if kinds else "0"} as kind
        from {source}
        order by {by} offset 0
    ) w
    group by {by}
)"""  # noqa: S608


def _of(count: Count, kinds: Mapping[str, int]) -> str:
    if not count.kind:
        return ""
    window = f" and w.at > {since(count.days)}" if count.days else ""
    return f" filter (where w.kind = {kinds[count.kind]}{window})"


def _remains(half_life_days: float) -> str:
    """Return the sum of what decay left of touches, in whole millionths.

    Whole numbers add up to the same in whatever order; beyond 28 half-lives less than one is left
    (and exp() would underflow some day). date_part, because extract() goes through numeric, which
    takes longer than all the rest of it.
    """
    speed = f"cast({math.log(2) / (half_life_days * 86400)!r} as float8)"
    seconds = f"(date_part('epoch', w.at) - {EPOCH})"
    return f"sum(cast(1e6 * exp(greatest({speed} * {seconds}, -20)) as integer))"
