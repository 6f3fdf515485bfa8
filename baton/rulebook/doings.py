"""What leads did, as SQL: by one pass over their touches, kind by kind, and then lead by lead.

A lead does few kinds of things. What is worked out for each kind that it did, instead of for each
kind that there is, takes a fraction of the time; so the rules' numbers are lists, and a touch's
kind is a place in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from baton.rulebook.agreement import WarmthRule
from baton.rulebook.columns import DID, Count
from baton.rulebook.fragments import AS_OF, bigints, floats, named, quoted
from baton.rulebook.points import SUMS, horizons, speeds, tenths

_DAY = 86400
# How long before the judgement a touch `w` was, in seconds, as a number below zero. This function
# of PostgreSQL's measures ranges of time; date_part() takes several times as long, extract() more.
_AGO = "tstzrange_subdiff(w.at, {as_of})"


@dataclass(frozen=True)
class Asked:
    """What is asked of the touches.

    Attributes:
        rules: The rules that give points for them; none where no points are asked for.
        counts: What is counted for facts.
        counted: Which kinds the rules count in the touches themselves; None for all of theirs.
    """

    rules: tuple[WarmthRule, ...]
    counts: tuple[Count, ...]
    counted: frozenset[str] | None = None

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each kind in the lists, from 1; those with the most windows come first."""
        kinds = dict.fromkeys(
            (
                *(rule.touch for rule in self.rules if self._is_counted(rule)),
                *(count.kind for count in self.counts if count.kind),
            )
        )
        ordered = sorted(kinds, key=lambda kind: -len(self.windows.get(kind, ())))
        return {kind: place for place, kind in enumerate(ordered, 1)}

    @cached_property
    def windows(self) -> Mapping[str, Sequence[int]]:
        """The days of each window that is asked for, by kind."""
        found: dict[str, dict[int, None]] = {}
        for count in self.counts:
            if count.kind and count.days:
                found.setdefault(count.kind, {})[count.days] = None
        return {kind: tuple(days) for kind, days in found.items()}

    @property
    def windows_a_kind(self) -> int:
        """How many windows are asked for of one kind at most."""
        return max(map(len, self.windows.values()), default=0)

    @cached_property
    def numbers(self) -> Sequence[int | None]:
        """For each place: which rule counts the kind, by its place in the agreement from 1."""
        rules = {
            rule.touch: number
            for number, rule in enumerate(self.rules, 1)
            if self._is_counted(rule)
        }
        return [rules.get(kind) for kind in self.places]

    def _is_counted(self, rule: WarmthRule) -> bool:
        return self.counted is None or rule.touch in self.counted

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(self.rules or self.counts)


def by_kind(
    asked: Asked, source: str, *, key: Sequence[str] = ("lead_id",), as_of: str = AS_OF
) -> str:
    """Return a query for what was done of each kind.

    Its columns are those of `key`, `place` (in `asked`), `rule`, `times`, `last_at`, `millionths`
    and `within_1`, `within_2` and so on: how many were in each window of the kind.

    Args:
        asked: What is asked.
        source: What stands between `from` and `order by`, with the touches as `w`; it must hold
            nothing after the instant.
        key: The columns of `w` that a row is for, beside the kind.
        as_of: SQL over `w` for the instant.
    """
    by = ", ".join(f"w.{name}" for name in key)
    within = "".join(
        f",\n        count(*) filter (where {_window(asked, number)}) as within_{number + 1}"
        for number in range(asked.windows_a_kind)
    )
    last_us = "cast(1e6 * tstzrange_subdiff(max(w.at), 'epoch') as bigint)"
    done = Done("min(w.place)", asked.numbers, "count(*)", last_us, _millionths(asked))
    # Touches lie in an index in this order.
    return f"""select {by}, min(w.place) as place, max(w.at) as last_at,
        {pointed(asked, done)}{within}
    from (
        select {by}, w.kind, w.at, {_AGO.format(as_of=as_of)} as ago, {_place(asked)} as place
        from {source}
        order by {by}, w.kind offset 0
    ) w
    group by {by}, w.kind"""  # noqa: S608


def _place(asked: Asked) -> str:
    """Return SQL for the place of a touch's kind; NULL for one that nobody asks for.

    What counts for little happens often, so that is looked for first.
    """
    points = {rule.touch: abs(rule.points) for rule in asked.rules}
    kinds = sorted(asked.places, key=lambda kind: points.get(kind, 0))
    cases = "".join(f" when {quoted(kind)} then {asked.places[kind]}" for kind in kinds)
    return f"case w.kind{cases} end" if cases else "cast(null as integer)"


def _millionths(asked: Asked) -> str:
    """Return the sum of what decay left of touches, in whole millionths; NULL if it is nothing.

    Whole numbers add up to the same in whatever order. Those of which less than half a millionth
    is left are passed over, which more than half of them are, as leads grow old.
    """
    rules = rules_of(asked, asked.numbers)
    if not any(rules):
        return "cast(null as bigint)"
    left = f"cast(1e6 * exp({speeds(rules)}[w.place] * w.ago) as integer)"
    return f"sum({left}) filter (where w.ago > {horizons(rules)}[w.place])"


def _window(asked: Asked, number: int) -> str:
    """Return what is true of a touch in its kind's window of this number."""
    windows = [asked.windows.get(kind, ()) for kind in asked.places]
    days = [each[number] for each in windows if len(each) > number]
    # Most touches are of kinds that nobody asks windows of.
    return f"w.place <= {len(days)} and w.ago > {floats(-n * _DAY for n in days)}[w.place]"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done of one kind, as SQL.

    Attributes:
        place: A place in a list of rules, from 1.
        numbers: That list: each rule's place in the agreement, from 1, or None for no rule.
        times: How often.
        last_us: When last, in microseconds since 1970.
        millionths: What is left of it, in millionths of a fresh touch; NULL for nothing.
    """

    place: str
    numbers: Sequence[int | None]
    times: str
    last_us: str
    millionths: str


def rules_of(asked: Asked, numbers: Sequence[int | None]) -> list[WarmthRule | None]:
    """Return the rules that have these places in the agreement."""
    return [None if number is None else asked.rules[number - 1] for number in numbers]


def pointed(asked: Asked, done: Done) -> str:
    """Return the columns `rule`, `times`, `last_us`, `millionths` and `tenths`.

    Args:
        asked: What is asked.
        done: Where they come from.
    """
    rules = rules_of(asked, done.numbers)
    columns = {
        "rule": f"{bigints(done.numbers)}[{done.place}]",
        "times": done.times,
        "last_us": done.last_us,
        "millionths": done.millionths,
        "tenths": tenths(rules, done.place, done.millionths),
    }
    return ", ".join(f"{sql} as {name}" for name, sql in columns.items())


def by_lead(asked: Asked, source: str, *, key: Sequence[str] = ("lead_id",)) -> str:
    """Return `p` and `t`: what was done kind by kind, and a row for each key.

    The columns of `t` are those of `key`, each count's, and if there are rules `DID` and the sums
    of points.

    Args:
        asked: What is asked.
        source: A query with the columns of `by_kind`.
        key: Its columns that a row is for.
    """
    by = ", ".join(f"p.{name}" for name in key)
    columns = [f"{_taken(asked, count)} as {named(count.name)}" for count in asked.counts]
    if asked.rules:
        columns.append(f"{_DID} as {DID}")
        columns += [f"{sql} as {name}" for name, sql in SUMS.items()]
    lines = ",\n        ".join([by, *columns])
    return f"""p as (
    {source}
),
t as (
    select {lines}
    from p
    group by {by}
)"""  # noqa: S608


def _taken(asked: Asked, count: Count) -> str:
    if count.kind is None:
        return count.taken
    taken = count.taken
    if count.days:
        number = asked.windows[count.kind].index(count.days) + 1
        taken = f"max(p.within_{number})"
    return f"{taken} filter (where p.place = {asked.places[count.kind]})"


# Of what nothing is left, nothing is kept.
_DID = (
    "array_agg(array[p.rule, p.times, p.last_us, p.millionths, p.tenths])"
    " filter (where p.millionths > 0)"
)
