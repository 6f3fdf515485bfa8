"""The statement over what judgements kept, point in time, instead of over the live tables.

What a judgement did not keep because its version did not read it, is counted anew from the touches
up to its instant if it comes from touches, and is unknown otherwise: what a lead's fields said
then, nobody kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from baton.rulebook.agreement import Agreement, WarmthRule
from baton.rulebook.columns import Column, left_key
from baton.rulebook.doings import Asked, Done, by_kind, by_lead, pointed
from baton.rulebook.fragments import AS_OF, bigints, named
from baton.rulebook.rules import compile_rules, counts_of
from baton.rulebook.sources import did_columns, seen
from baton.rulebook.statement import judging_of
from baton.rulebook.targets import TITLE, words_of
from baton.store.judgements import KEPT_IN


@dataclass(frozen=True, slots=True)
class Gap:
    """What an agreement reads and the decisions of one version did not keep.

    Attributes:
        recounted: Facts that the touches tell, counted anew for the decision's instant.
        unknown: Facts that nobody kept, or that meant something else then.
        rules: Warmth rules whose touches are counted anew: they were none, or faded otherwise.
    """

    recounted: tuple[Column, ...]
    unknown: tuple[Column, ...]
    rules: tuple[WarmthRule, ...]

    @property
    def recounted_keys(self) -> tuple[str, ...]:
        """The names of what is counted anew."""
        return (*(column.key for column in self.recounted), *map(left_key, self.rules))


def gap_between(deciding: Agreement, agreement: Agreement) -> Gap:
    """Return what `agreement` reads and decisions under `deciding` did not keep.

    A fact of the same name that was read from elsewhere, or as another type, is not the same fact.
    """
    kept = set(compile_rules(deciding).columns)
    absent = [c for c in compile_rules(agreement).columns if c not in kept]
    left = set(map(left_key, deciding.scoring.warmth))
    return Gap(
        recounted=tuple(c for c in absent if c.count),
        unknown=tuple(c for c in absent if not c.count),
        rules=tuple(rule for rule in agreement.scoring.warmth if left_key(rule) not in left),
    )


def kept_statement(
    agreement: Agreement,
    deciding: Agreement,
    facts: Mapping[str, str],
    *,
    which: str,
    also: Mapping[str, str],
) -> str:
    """Return SQL that judges stored judgements anew.

    Args:
        agreement: What is judged by.
        deciding: The version that decided.
        facts: Name and SQL type of each fact that the judgements kept, in order.
        which: Which judgements, as a condition on `j` (judgement) and `g` (judging).
        also: More columns of the result, before the statement's own, as SQL over `j`, which has
            the judgement's columns, `at` and `as_of`.
    """
    rules, gap = compile_rules(agreement), gap_between(deciding, agreement)
    values = {column.key: f"cast(null as {column.sql_type})" for column in rules.columns}
    values |= {key: sql for key, sql in _places(facts).items() if key in values}
    values |= {column.key: f"cast(null as {column.sql_type})" for column in gap.unknown}
    values |= {column.key: column.live.replace(AS_OF, "j.as_of") for column in gap.recounted}
    columns = [
        *(f"{sql} as {named(name)}" for name, sql in also.items()),
        "j.lead_id",
        'j.as_of as "as_of$"',
        did_columns("t"),
        *seen(rules, values, title_words=words_of(values.get(TITLE, "null")), is_answered="true"),
    ]
    judging = judging_of(rules, [*map(named, also), '"as_of$"']).replace(AS_OF, '"as_of$"')
    # Nothing in here is a person's text: see the fragments' module.
    return f"""with chosen as (
    select j.*, g.at, g.as_of
    from judgement j join judging g on g.id = j.judging_id
    where {which}
),
{_did(agreement, deciding, gap)},
f as (
    select {", ".join(columns)}
    from chosen j
    left join t using (lead_id, judging_id)
    offset 0
),
{judging}"""  # noqa: S608


def _places(facts: Mapping[str, str]) -> dict[str, str]:
    """Return where each fact stands in the lists of `j`."""
    numbers = {kind: count(1) for kind in KEPT_IN}
    return {key: f"j.{KEPT_IN[kind]}[{next(numbers[kind])}]" for key, kind in facts.items()}


def _did(agreement: Agreement, deciding: Agreement, gap: Gap) -> str:
    """Return `t`, what each judgement's lead had done: as it was kept, and counted anew."""
    rules = agreement.scoring.warmth
    asked = Asked(rules, counts_of(gap.recounted), frozenset(rule.touch for rule in gap.rules))
    parts = [_kept(asked, deciding)]
    if asked.places:
        source = """(
            select j.lead_id, j.judging_id, j.as_of, x.kind, x.at
            from chosen j join touch x on x.lead_id = j.lead_id and x.at <= j.as_of
        ) w"""
        counted = by_kind(asked, source, key=("lead_id", "judging_id", "as_of"), as_of="w.as_of")
        columns = ["lead_id, judging_id, place, last_at, rule, times, last_us, millionths, tenths"]
        columns += [f"within_{number + 1}" for number in range(asked.windows_a_kind)]
        parts.append(f"select {', '.join(columns)} from ({counted}) w")  # noqa: S608
    return by_lead(asked, "\n    union all\n    ".join(parts), key=("lead_id", "judging_id"))


def _kept(asked: Asked, deciding: Agreement) -> str:
    """Return what judgements kept of what their leads had done, by the places of other rules."""
    places = {left_key(rule): place for place, rule in enumerate(asked.rules, 1)}
    numbers = [places.get(left_key(rule)) for rule in deciding.scoring.warmth]
    done = Done("j.did[i][1]", numbers, "j.did[i][2]", "j.did[i][3]", "j.did[i][4]")
    within = "".join(
        f", cast(null as bigint) as within_{number + 1}" for number in range(asked.windows_a_kind)
    )
    return f"""select j.lead_id, j.judging_id, cast(null as integer) as place,
        cast(null as timestamptz) as last_at, {pointed(asked, done)}{within}
    from chosen j, generate_subscripts(j.did, 1) i
    where {bigints(numbers)}[j.did[i][1]] is not null"""  # noqa: S608
