"""An agreement as one SQL statement: its columns are every verdict and every rule's points.

The same judging stands over every source of facts: the live tables, for one lead or for all, and
the facts that decisions kept (I8). A lead alone is a batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

from baton.domain.verdict import Qualification
from baton.rulebook.agreement import Agreement, Scoring
from baton.rulebook.columns import ANSWERED, DID, STATUS
from baton.rulebook.fragments import named, quoted
from baton.rulebook.lasting import holds_until
from baton.rulebook.points import (
    FIT,
    LOST,
    SUMS,
    WARMTH,
    fit_tenths,
    tenths_up,
)
from baton.rulebook.rules import Rules, compile_rules
from baton.rulebook.sources import GIVEN, live_facts
from baton.rulebook.targets import TITLE, TITLE_WORDS
from baton.store.judgements import KEPT_IN

_Part = TypeVar("_Part")

# The result: what was decided, then the verdicts in the agreement's order, then the facts seen by
# type, then what the lead did.
HEAD = (
    "lead_id",
    "qualification",
    "fit_tenths",
    "warmth_tenths",
    "is_hot",
    "is_marketing_qualified",
    "holds_until",
)
RESULT = (*HEAD, "verdicts", *KEPT_IN.values(), DID)

_PLACED = (f"{GIVEN[0]} and l.place = :place", GIVEN[1])
_WITHIN = (
    "l.id between :first and :last and l.place = any (cast(:places as text[]))",
    "w.lead_id between :first and :last",
)


@dataclass(frozen=True)
class Statement:
    """One agreement as SQL; every form has `STATUS` and `RESULT` as its columns.

    Attributes:
        rules: What it was made of.
        judging: What judges `f`, the facts; the sources of facts are put before it.
    """

    rules: Rules
    judging: str

    @cached_property
    def given(self) -> str:
        """SQL over the leads in `:lead_ids` (bigint[]), at `:as_of`."""
        return f"with {live_facts(self.rules, *GIVEN, are_few=True)},\n{self.judging}"

    @cached_property
    def placed(self) -> str:
        """The same over those of `:lead_ids` that are in `:place`."""
        return f"with {live_facts(self.rules, *_PLACED, are_few=True)},\n{self.judging}"

    @cached_property
    def within(self) -> str:
        """The same over the leads from `:first` to `:last` in one of `:places` (text[])."""
        return f"with {live_facts(self.rules, *_WITHIN)},\n{self.judging}"


@lru_cache(maxsize=64)
def compile_agreement(agreement: Agreement) -> Statement:
    """Return the agreement as one statement.

    Raises:
        PredicateError: A condition cannot be used; loading a file says where.
    """
    rules = compile_rules(agreement)
    return Statement(rules, judging_of(rules, [STATUS]))


def judging_of(rules: Rules, also: Sequence[str] = ()) -> str:
    """Return the part that judges `f`, whatever `f` is made of.

    Args:
        rules: The agreement.
        also: Columns of `f` that the result has before its own.

    `offset 0` keeps the planner from copying one step's expressions into the next, where it
    would work each of them out again for every use. Every step hands its columns on, which takes
    time for each: so there are few of both.
    """
    before = "".join(f"{name}, " for name in also)
    scoring = rules.agreement.scoring
    no_unmet, _ = _required(rules.agreement)
    # Below a score, only what a loss leaves behind can lift a lead over it again.
    fits = f"{FIT} >= {tenths_up(scoring.fit_floor)}"
    warm = f"{fits} and ({LOST} <> 0 or {_is_warm(scoring)})"
    fit = dict(zip(_numbered("fit", rules.fit), scoring.fit, strict=True))
    steps = {
        "ruled": ["lead_id", *also, DID, *SUMS, *_ruled(rules)],
        "summed": ["ruled.*", f"{fit_tenths(fit)} as {FIT}"],
        "judged": ["summed.*", *_judged(rules, with_scores=True)],
        "grouped": ["judged.*", *_grouped(rules)],
    }
    # Nothing in here is a person's text: see the fragments' module.
    return f"""{_steps(steps)}
select {before}lead_id,
    {_decision(rules.agreement)} as qualification,
    {FIT} as fit_tenths, {WARMTH} as warmth_tenths,
    {FIT} + {WARMTH} >= {tenths_up(scoring.hot_at)} as is_hot,
    coalesce({rules.marketing.sql}, false) as is_marketing_qualified,
    {holds_until(rules.turns, scoring.warmth, warm=warm, no_unmet=no_unmet)} as holds_until,
    {_list("boolean", _verdicts(rules))} as verdicts,
    {", ".join((*KEPT_IN.values(), DID))}
from grouped"""  # noqa: S608


def _steps(steps: Mapping[str, Sequence[str]]) -> str:
    """Return steps, each by its name with its columns; each reads the one before it, the first `f`.

    One that adds nothing is a name for the one before it.
    """
    sources = ("f", *steps)
    return ",\n".join(
        f"{name} as (\n    select {_lines(columns)}\n    from {source}"  # noqa: S608
        f"{' offset 0' if len(columns) > 1 else ''}\n)"
        for source, (name, columns) in zip(sources, steps.items(), strict=False)
    )


def _ruled(rules: Rules) -> list[str]:
    """Return what the facts alone tell: they themselves by type, fit, and criteria without scores.

    And those facts that are asked for again once the scores are known.
    """
    lists = [
        _list(
            kind,
            [named(c.key) for c in rules.columns if c.sql_type == kind and not c.is_answer],
            also=ANSWERED if kind == "boolean" else "",
        )
        for kind in KEPT_IN
    ]
    return [
        *_asked_again(rules),
        *(f"{sql} as {name}" for sql, name in zip(lists, KEPT_IN.values(), strict=True)),
        *(f"{one.sql} as {name}" for name, one in _numbered("fit", rules.fit).items()),
        *_judged(rules, with_scores=False),
    ]


def _asked_again(rules: Rules) -> list[str]:
    """Return the columns that are asked for once the scores are known."""
    late = [rules.marketing, *(one for one in rules.criteria if one.scores)]
    names = dict.fromkeys(named(column.key) for one in late for column in one.reads)
    if named(TITLE) in names and rules.agreement.personas:
        names[TITLE_WORDS] = None
    return [*names, ANSWERED]


def _judged(rules: Rules, *, with_scores: bool) -> list[str]:
    """Return criteria's verdicts; what the facts leave unknown, the SDR's word settles."""
    criteria = enumerate(_numbered("criterion", rules.criteria).items(), 1)
    return [
        f"coalesce({one.sql}, ({ANSWERED})[{place}]) as {name}"
        for place, (name, one) in criteria
        if bool(one.scores) == with_scores
    ]


def _verdicts(rules: Rules) -> list[str]:
    """Return the columns of all verdicts: the fit rules', the criteria's and the groups'."""
    return [
        *_numbered("fit", rules.fit),
        *_numbered("criterion", rules.criteria),
        *_numbered("group", rules.agreement.sales_qualified_groups),
    ]


def _list(sql_type: str, parts: Iterable[str], also: str = "") -> str:
    """Return a list of the parts, and if it is not NULL the list `also` behind them."""
    plain = f"cast(array[{', '.join(parts)}] as {sql_type}[])"
    return f"case when {also} is null then {plain} else {plain} || {also} end" if also else plain


def _grouped(rules: Rules) -> list[str]:
    """Return the verdict of each group of criteria."""
    agreement = rules.agreement
    columns = {c.id: named(f"criterion${n}") for n, c in enumerate(agreement.sales_qualified)}
    return [
        f"{_at_least(group.at_least, [columns[member] for member in group.of])} as {name}"
        for name, group in _numbered("group", agreement.sales_qualified_groups).items()
    ]


def _at_least(least: int, criteria: Sequence[str]) -> str:
    """Return true when so many are met, false when so many cannot be any more, else NULL."""
    met = " + ".join(f"case when {name} then 1 else 0 end" for name in criteria)
    possible = " + ".join(
        f"case when coalesce({name}, true) then 1 else 0 end" for name in criteria
    )
    return f"case when {met} >= {least} then true when {possible} < {least} then false end"


def _numbered(prefix: str, parts: Sequence[_Part]) -> dict[str, _Part]:
    """Return the parts by the names of their columns, which no fact can have."""
    return {named(f"{prefix}${number}"): part for number, part in enumerate(parts)}


def _required(agreement: Agreement) -> tuple[str, str]:
    """Return when nothing that is required is unmet, and when all of it is met."""
    required = [
        named(f"criterion${n}") for n, c in enumerate(agreement.sales_qualified) if c.required
    ]
    required += _numbered("group", agreement.sales_qualified_groups)
    no_unmet = " and ".join(f"coalesce({name}, true)" for name in required) or "true"
    all_met = " and ".join(f"coalesce({name}, false)" for name in required) or "true"
    return no_unmet, all_met


def _decision(agreement: Agreement) -> str:
    scoring: Scoring = agreement.scoring
    no_unmet, all_met = _required(agreement)
    said = {kind: f"cast({quoted(kind)} as qualification)" for kind in Qualification}
    return f"""case
        when {FIT} < {tenths_up(scoring.fit_floor)} or not {_is_warm(scoring)}
            then {said[Qualification.NOT_QUALIFIED]}
        when {all_met} then {said[Qualification.QUALIFIED]}
        when {no_unmet} then {said[Qualification.NEEDS_ANSWERS]}
        else {said[Qualification.NOT_QUALIFIED]}
    end"""


def _is_warm(scoring: Scoring) -> str:
    floor, total = tenths_up(scoring.warmth_floor), tenths_up(scoring.hand_off_at)
    return f"({WARMTH} >= {floor} and {FIT} + {WARMTH} >= {total})"


def _lines(parts: Iterable[str]) -> str:
    return ",\n        ".join(parts)
