"""An agreement as one SQL statement: its columns are every verdict and every rule's points.

The same judging stands over two sources of facts: the live tables, for one lead or for all, and
the facts that a decision kept (I8). A lead alone is a batch of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from baton.rulebook.agreement import Agreement, Scoring, WarmthRule
from baton.rulebook.columns import Column, WarmthColumns, answered_column, warmth_columns
from baton.rulebook.facts import vocabulary_of
from baton.rulebook.fragments import AS_OF, named, numeral
from baton.rulebook.predicates import Predicate, compile_predicate

_Part = TypeVar("_Part")

HEAD = (
    "lead_id",
    "qualification",
    "fit_points",
    "warmth_points",
    "total_points",
    "is_hot",
    "is_marketing_qualified",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """One agreement with its conditions compiled; all in the agreement's order.

    Attributes:
        agreement: What it was compiled from.
        columns: The facts that it reads, each once.
        fit: Each fit rule's condition.
        warmth: What each warmth rule reads.
        marketing: The condition of a marketing-qualified lead.
        criteria: Each criterion's condition.
    """

    agreement: Agreement
    columns: tuple[Column, ...]
    fit: tuple[Predicate, ...]
    warmth: tuple[WarmthColumns, ...]
    marketing: Predicate
    criteria: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One agreement as SQL.

    Attributes:
        rules: What it was made of, in the order of the result's columns.
        live: SQL with `:lead_ids` (bigint[], NULL for all that wait for qualification) and
            `:as_of`; its result has `HEAD`, then a verdict and points for each fit rule, points
            for each warmth rule, a verdict for each criterion, the facts, and a verdict for each
            group of criteria.
        kept: The same over `:facts` (jsonb), which a decision kept, and `:lead_id`.
    """

    rules: Rules
    live: str
    kept: str


@lru_cache(maxsize=64)
def compile_agreement(agreement: Agreement) -> Statement:
    """Return the agreement as one statement.

    Raises:
        PredicateError: A condition cannot be used; loading a file says where.
    """
    before = vocabulary_of(agreement, with_scores=False)
    after = vocabulary_of(agreement, with_scores=True)
    fit = tuple(compile_predicate(rule.when, before) for rule in agreement.scoring.fit)
    warmth = tuple(warmth_columns(rule) for rule in agreement.scoring.warmth)
    criteria = tuple(compile_predicate(c.met_when, after) for c in agreement.sales_qualified)
    marketing = compile_predicate(agreement.marketing_qualified.met_when, after)
    answers = tuple(answered_column(c.id) for c in agreement.sales_qualified)
    read = {
        column.key: column
        for column in (
            *(c for predicate in (*fit, marketing, *criteria) for c in predicate.reads),
            *answers,
            *(c for columns in warmth for c in columns.all),
        )
    }
    columns = tuple(read.values())
    rules = Rules(agreement, columns, fit, warmth, marketing, criteria)
    judging = _judging(rules)
    return Statement(
        rules,
        live=f"with {_live_facts(columns)},\n{judging}",
        kept=f"with {_kept_facts(columns)},\n{judging}",
    )


def _live_facts(columns: Sequence[Column]) -> str:
    """Return `f`, the facts of the chosen leads, with one pass over their touches."""
    aggregates = dict(pair for column in columns for pair in column.aggregates)
    counted = _lines(f"{sql} as {named(name)}" for name, sql in aggregates.items())
    facts = _lines(f"{column.live} as {named(column.key)}" for column in columns)
    return f"""chosen as (
    select l.id from lead l
    where (cast(:lead_ids as bigint[]) is null and l.place = 'waiting')
       or l.id = any (cast(:lead_ids as bigint[]))
),
t as (
    select w.lead_id,
        {counted}
    from chosen join touch w on w.lead_id = chosen.id
    where w.at <= {AS_OF}
    group by w.lead_id
),
f as (
    select l.id as lead_id,
        {facts}
    from chosen
    join lead l on l.id = chosen.id
    left join account a on a.id = l.account_id
    left join t on t.lead_id = l.id
    offset 0
)"""  # noqa: S608


def _kept_facts(columns: Sequence[Column]) -> str:
    """Return `f` out of the facts that a decision kept; a missing one is unknown."""
    record = ", ".join(f"{named(column.key)} {column.sql_type}" for column in columns)
    return f"""f as (
    select cast(:lead_id as bigint) as lead_id, kept.*
    from jsonb_to_record(cast(:facts as jsonb)) as kept({record})
    offset 0
)"""  # noqa: S608


def _judging(rules: Rules) -> str:
    """Return the part that judges `f`, whatever `f` is made of.

    `offset 0` keeps the planner from copying one step's expressions into the next, where it
    would work each of them out again for every use.
    """
    agreement, scoring = rules.agreement, rules.agreement.scoring
    fit = _numbered("fit", rules.fit)
    warmth = _numbered("warmth", rules.warmth)
    criteria = _numbered("criterion", rules.criteria)
    points = [
        f"case when {name} then {numeral(rule.points)} else 0 end"
        for name, rule in zip(fit, scoring.fit, strict=True)
    ]
    ruled = [f"{fit[name].sql} as {name}" for name in fit] + [
        f"{_warmth(rule, columns)} as {name}"
        for (name, columns), rule in zip(warmth.items(), scoring.warmth, strict=True)
    ]
    # What the facts leave unknown, the SDR's own yes or no settles.
    judged = [
        f"coalesce({predicate.sql}, {named(answered_column(criterion.id).key)}) as {name}"
        for (name, predicate), criterion in zip(
            criteria.items(), agreement.sales_qualified, strict=True
        )
    ]
    result = [
        *(f"{name}, {earned}" for name, earned in zip(fit, points, strict=True)),
        *warmth,
        *criteria,
        *(named(column.key) for column in rules.columns),
        *_numbered("group", agreement.sales_qualified_groups),
    ]
    # Nothing in here is a person's text: see the fragments' module.
    return f"""ruled as (
    select f.*,
        {_lines(ruled)}
    from f offset 0
),
summed as (
    select r.*,
        round({" + ".join(points)}, 1) as fit_points,
        {" + ".join(warmth)} as warmth_points
    from ruled r offset 0
),
scored as (
    select s.*, fit_points + warmth_points as total_points from summed s offset 0
),
judged as (
    select s.*,
        coalesce({rules.marketing.sql}, false) as is_marketing_qualified,
        {_lines(judged)}
    from scored s offset 0
){_grouping(agreement)}
select lead_id,
    {_decision(agreement)} as qualification,
    fit_points, warmth_points, total_points,
    total_points >= {numeral(scoring.hot_at)} as is_hot,
    is_marketing_qualified,
    {_lines(result)}
from {"grouped" if agreement.sales_qualified_groups else "judged"}"""  # noqa: S608


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


def _warmth(rule: WarmthRule, columns: WarmthColumns) -> str:
    """Return the rule's points: never beyond its cap, rounded once, so that they add up."""
    bound = "least" if rule.cap >= 0 else "greatest"
    earned = f"{numeral(rule.points)} * coalesce({named(columns.left.key)}, 0)"
    return f"round({bound}({numeral(rule.cap)}, {earned}), 1)"


def _decision(agreement: Agreement) -> str:
    scoring: Scoring = agreement.scoring
    required = [
        named(f"criterion${n}") for n, c in enumerate(agreement.sales_qualified) if c.required
    ]
    required += _numbered("group", agreement.sales_qualified_groups)
    no_unmet = " and ".join(f"coalesce({name}, true)" for name in required) or "true"
    all_met = " and ".join(f"coalesce({name}, false)" for name in required) or "true"
    return f"""case
        when fit_points < {numeral(scoring.fit_floor)}
          or warmth_points < {numeral(scoring.warmth_floor)}
          or total_points < {numeral(scoring.hand_off_at)} then 'not_qualified'
        when {all_met} then 'qualified'
        when {no_unmet} then 'needs_answers'
        else 'not_qualified'
    end"""


def _lines(parts: Iterable[str]) -> str:
    return ",\n        ".join(parts)
