"""The columns that the statement reads: plain facts, and facts counted out of the touches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from baton.rulebook.agreement import FactType, WarmthRule
from baton.rulebook.facts import Fact
from baton.rulebook.fragments import (
    EPOCH,
    SQL_TYPES,
    days_since,
    named,
    quoted,
    read_as,
    since,
)


@dataclass(frozen=True, slots=True)
class Count:
    """What the touches of a lead give for one fact, out of `k`: one row for each lead and kind.

    Attributes:
        name: What it is called in `t`, the touches of each lead.
        sql: An aggregate over `k`, which has `kind`, `n` (how many), `last_at`, `remains` (what
            decay left of them) and `n_<days>` (how many within the days).
        kind: Of which touches; None for all.
        days: The window it asks for, if it does.
        half_life_days: How fast what it sums decays, if it does.
    """

    name: str
    sql: str
    kind: str | None = None
    days: int | None = None
    half_life_days: float | None = None


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


# What the lead did: the kinds of its touches, how many of each, and when the last.
DID = ("did", "did_times", "did_last_at")
LAST_TOUCH = "days_since_last_touch"
_OF_ALL_TOUCHES = {
    LAST_TOUCH: Count(LAST_TOUCH, "max(k.last_at)"),
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
    counted = Count(key, f"max(k.n_{days})", kind, days=days)
    return Column(key, "numeric", f"cast(t.{named(key)} as numeric)", counted, is_number_of=True)


def days_since_column(kind: str) -> Column:
    """Return the column of `days_since('kind')`: days since the last; unknown if never."""
    key = f"days_since('{kind}')"
    return Column(key, "numeric", days_since(f"t.{named(key)}"), Count(key, "max(k.last_at)", kind))


def answered_column(criterion_id: str) -> Column:
    """Return the column of the SDR's own yes or no to a criterion's question."""
    answer = read_as(FactType.BOOLEAN, f"(l.told ->> {quoted(criterion_id)})")
    return Column(f"answered('{criterion_id}')", "boolean", answer, is_kept_unknown=False)


def warmth_column(rule: WarmthRule) -> Column:
    """Return the column of a warmth rule: how many fresh touches the old ones are still worth."""
    key = f"left('{rule.touch}', {rule.half_life_days:g})"
    summed = Count(key, "max(k.remains)", rule.touch, half_life_days=rule.half_life_days)
    return Column(key, "numeric", f"t.{named(key)} * 0.000001", summed, is_kept_unknown=False)


def touches_by_kind(
    counts: Sequence[Count], source: str, key: tuple[str, ...] = ("lead_id",)
) -> str:
    """Return `k`, a row for each lead and kind of touch, and `t`, a row for each lead.

    Touches are counted by kind first: a rule's kind is then looked for among a few rows of a
    lead, not among all its touches.

    Args:
        counts: What must be counted.
        source: What stands between `from` and `group by`, with the touches as `w`; it must hold
            nothing after the instant.
        key: The columns of `w` that make a row of `t`.
    """
    by = ", ".join(f"w.{name}" for name in key)
    of = ", ".join(f"k.{name}" for name in key)
    days = sorted({count.days for count in counts if count.days})
    windows = "".join(
        f",\n        nullif(count(*) filter (where w.at > {since(number)}), 0) as n_{number}"
        for number in days
    )
    # Numbers for the kinds, because a number is compared in half the time of a word.
    kinds = list(dict.fromkeys(count.kind for count in counts if count.kind))
    facts = "".join(
        f",\n        {count.sql}{_of_kind(count, kinds)} as {named(count.name)}"
        for count in dict.fromkeys(counts)
    )
    return f"""k as (
    select {by}, w.kind as name, {_numbered(kinds)} as kind, count(*) as n, max(w.at) as last_at,
        {_remains(counts)} as remains{windows}
    from {source}
    group by {by}, w.kind
    offset 0
),
t as (
    select {of}, array_agg(k.name) as {DID[0]}, array_agg(k.n) as {DID[1]},
        array_agg(k.last_at) as {DID[2]}{facts}
    from k group by {of}
)"""  # noqa: S608


def _numbered(kinds: Sequence[str]) -> str:
    if not kinds:
        return "0"
    numbers = " ".join(f"when {quoted(kind)} then {place}" for place, kind in enumerate(kinds))
    return f"case w.kind {numbers} end"


def _of_kind(count: Count, kinds: Sequence[str]) -> str:
    return f" filter (where k.kind = {kinds.index(count.kind)})" if count.kind else ""


def _remains(counts: Sequence[Count]) -> str:
    """Return the sum of what decay left of a kind's touches, in whole millionths.

    Whole numbers add up to the same in whatever order; beyond 28 half-lives less than one is left
    (and exp() would underflow some day). date_part, because extract() goes through numeric, which
    takes longer than all the rest of it.
    """
    speeds = " ".join(
        f"when {quoted(count.kind)} then {_decay(count.half_life_days)}"
        for count in counts
        if count.kind and count.half_life_days
    )
    if not speeds:
        return "cast(null as numeric)"
    seconds = f"(date_part('epoch', w.at) - {EPOCH})"
    return f"sum(cast(1e6 * exp(greatest(case w.kind {speeds} end * {seconds}, -20)) as bigint))"


def _decay(half_life_days: float) -> str:
    """Return the part of it that a touch loses in a second, as a constant."""
    return f"cast({math.log(2) / (half_life_days * 86400)!r} as float8)"
