"""The columns that the statement reads: plain facts, and facts that the touches give."""

from __future__ import annotations

from dataclasses import dataclass

from baton.rulebook.agreement import FactType, WarmthRule
from baton.rulebook.facts import Fact
from baton.rulebook.fragments import SQL_TYPES, days_since, named, told


@dataclass(frozen=True, slots=True)
class Count:
    """What the touches of a lead give for one fact.

    Attributes:
        name: What it is called in `t`, what each lead did.
        taken: An aggregate over `p`, what it did kind by kind; empty where `days` says how many.
        kind: Of which touches; None for all.
        days: How many there were within so many days, if that is asked.
    """

    name: str
    taken: str = ""
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
        is_answer: True when it is the SDR's own word on a criterion.
        is_number_of: True when it says how many; then NULL is none, not unknown.
    """

    key: str
    sql_type: str
    live: str
    count: Count | None = None
    is_answer: bool = False
    is_number_of: bool = False


# What the lead did: a row of numbers for each warmth rule of whose touches anything is left. They
# are its place in the agreement from 1, how many touches, when the last was (in microseconds since
# 1970), what decay left of them (in millionths of a fresh one), and the points for it (in tenths).
DID = "did"
# The SDR's own words on the criteria, one after the other; NULL, as mostly, if there are none.
ANSWERED = '"answered$"'
# The status that a lead has while it is judged; no fact can have such a name.
STATUS = '"status$"'
LAST_TOUCH = "days_since_last_touch"
_OF_ALL_TOUCHES = {
    LAST_TOUCH: Count(LAST_TOUCH, "max(p.last_at)"),
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
    counted = Count(key, kind=kind, days=days)
    live = f"cast(nullif(t.{named(key)}, 0) as numeric)"
    return Column(key, "numeric", live, counted, is_number_of=True)


def days_since_column(kind: str) -> Column:
    """Return the column of `days_since('kind')`: days since the last; unknown if never."""
    key = f"days_since('{kind}')"
    return Column(key, "numeric", days_since(f"t.{named(key)}"), Count(key, "max(p.last_at)", kind))


def answered_column(criterion_id: str) -> Column:
    """Return the column of the SDR's own yes or no to a criterion's question."""
    answer = told(FactType.BOOLEAN, criterion_id)
    return Column(f"answered('{criterion_id}')", "boolean", answer, is_answer=True)


def left_key(rule: WarmthRule) -> str:
    """Return the name of what decay left of a rule's touches, among the facts that were seen."""
    return f"left('{rule.touch}', {rule.half_life_days:g})"
