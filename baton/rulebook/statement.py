"""An agreement as one SQL statement: its columns are every verdict and every rule's points.

The same judging stands over every source of facts: the live tables, for one lead or for all, and
the facts that decisions kept (I8). A lead alone is a batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeVar

from baton.domain.verdict import Qualification
from baton.rulebook.agreement import Agreement, Scoring
from baton.rulebook.columns import DID, answered_column
from baton.rulebook.fragments import named, quoted
from baton.rulebook.lasting import holds_until
from baton.rulebook.points import FIT, LOST, WARMTH, fit_tenths, sums_of, tenths_up, warmth_tenths
from baton.rulebook.rules import Rules, compile_rules
from baton.rulebook.sources import GIVEN, live_facts
from baton.store.judgements import KEPT_IN

_Part = TypeVar("_Part")

# The result: what was decided, then lists in the agreement's order, then the facts seen by type,
# then what the lead did.
LISTS = ("verdicts", "warmth_tenths")
HEAD = (
    "lead_id",
    "qualification",
    "fit_points",
    "warmth_points",
    "total_points",
    "is_hot",
    "is_marketing_qualified",
    "holds_until",
)
RESULT = (*HEAD, *LISTS, *KEPT_IN.values(), *DID)

_NURTURED = (f"{GIVEN[0]} and l.place = 'nurture'", GIVEN[1])
_WITHIN = (
    "l.id between :first and :last and l.place = any (cast(:places as text[]))",
    "w.lead_id between :first and :last",
)


@dataclass(frozen=True)
class Statement:
    """One agreement as SQL; every form has `RESULT` as its columns.

    Attributes:
        rules: What it was made of.
        judging: What judges `f`, the facts; the sources of facts are put before it.
    """

    rules: Rules
    judging: str

    @cached_property
    def given(self) -> str:
        """SQL over the leads in `:lead_ids` (bigint[]), at `:as_of`, with `:since_<days>`."""
        return f"with {live_facts(self.rules, *GIVEN, are_few=True)},\n{self.judging}"

    @cached_property
    def nurtured(self) -> str:
        """The same over those of `:lead_ids` that are in nurture."""
        return f"with {live_facts(self.rules, *_NURTURED, are_few=True)},\n{self.judging}"

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
    return Statement(rules, judging_of(rules))


def judging_of(rules: Rules, also: Sequence[str] = ()) -> str:
    """Return the part that judges `f`, whatever `f` is made of.

    Args:
        rules: The agreement.
        also: Columns of `f` that the result has before its own.

    `offset 0` keeps the planner from copying one step's expressions into the next, where it
    would work each of them out again for every use.
    """
    before = "".join(f"{name}, " for name in also)
    scoring = rules.agreement.scoring
    warmth = list(_numbered("warmth", rules.warmth))
    no_unmet, _ = _required(rules.agreement)
    # Below a score, only what a loss leaves behind can lift a lead over it again.
    fits = f"{FIT} >= {tenths_up(scoring.fit_floor)}"
    undecided = f"({fits} and ({LOST} <> 0 or {_is_warm(scoring)}) and {no_unmet})"
    fit = dict(zip(_numbered("fit", rules.fit), scoring.fit, strict=True))
    # Nothing in here is a person's text: see the fragments' module.
    return f"""ruled as (
    select f.*,
        {_lines(_ruled(rules))}
    from f offset 0
),
summed as (
    select r.*,
        {fit_tenths(fit)} as {FIT},
        {_lines(sums_of(scoring.warmth, warmth, [named(c.key) for c in rules.warmth]))}
    from ruled r offset 0
),
scored as (
    select s.*,
        {FIT} * 0.1 as fit_points, {WARMTH} * 0.1 as warmth_points,
        ({FIT} + {WARMTH}) * 0.1 as total_points
    from summed s offset 0
),
judged as (
    select s.*,
        coalesce({rules.marketing.sql}, false) as is_marketing_qualified,
        {_lines(_judged(rules))}
    from scored s offset 0
){_grouping(rules.agreement)}
select {before}lead_id,
    {_decision(rules.agreement)} as qualification,
    fit_points, warmth_points, total_points,
    {FIT} + {WARMTH} >= {tenths_up(scoring.hot_at)} as is_hot,
    is_marketing_qualified,
    {holds_until(rules.turns, undecided)} as holds_until,
    {_lines(_lists(rules))},
    {", ".join(DID)}
from {"grouped" if rules.agreement.sales_qualified_groups else "judged"}"""  # noqa: S608


def _ruled(rules: Rules) -> list[str]:
    """Return each fit rule's verdict and each warmth rule's points."""
    fit, warmth = _numbered("fit", rules.fit), _numbered("warmth", rules.warmth)
    return [f"{predicate.sql} as {name}" for name, predicate in fit.items()] + [
        f"{warmth_tenths(rule, named(column.key))} as {name}"
        for (name, column), rule in zip(warmth.items(), rules.agreement.scoring.warmth, strict=True)
    ]


def _judged(rules: Rules) -> list[str]:
    """Return each criterion's verdict; what the facts leave unknown, the SDR's word settles."""
    return [
        f"coalesce({predicate.sql}, {named(answered_column(criterion.id).key)}) as {name}"
        for (name, predicate), criterion in zip(
            _numbered("criterion", rules.criteria).items(),
            rules.agreement.sales_qualified,
            strict=True,
        )
    ]


def _lists(rules: Rules) -> list[str]:
    """Return the result's lists: verdicts, points, and the facts by their type."""
    verdicts = [
        *_numbered("fit", rules.fit),
        *_numbered("criterion", rules.criteria),
        *_numbered("group", rules.agreement.sales_qualified_groups),
    ]
    lists = [
        _list("boolean", verdicts, "verdicts"),
        _list("integer", _numbered("warmth", rules.warmth), "warmth_tenths"),
    ]
    for sql_type, name in KEPT_IN.items():
        facts = [named(c.key) for c in rules.columns if c.sql_type == sql_type]
        lists.append(_list(sql_type, facts, name))
    return lists


def _list(sql_type: str, parts: Iterable[str], name: str) -> str:
    return f"cast(array[{', '.join(parts)}] as {sql_type}[]) as {name}"


def _grouping(agreement: Agreement) -> str:
    """Return the step that judges the groups of criteria, if there are any."""
    if not agreement.sales_qualified_groups:
        return ""
    columns = {c.id: named(f"criterion${n}") for n, c in enumerate(agreement.sales_qualified)}
    groups = _numbered("group", agreement.sales_qualified_groups)
    verdicts = [
        f"{_at_least(group.at_least, [columns[member] for member in group.of])} as {name}"
        for name, group in groups.items()
    ]
    return f""",
grouped as (
    select j.*,
        {_lines(verdicts)}
    from judged j offset 0
)"""  # noqa: S608


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
