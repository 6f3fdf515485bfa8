"""The statement over what judgements kept, point in time, instead of over the live tables.

What a judgement did not keep because its version did not read it, is counted anew from the touches
up to its instant if it comes from touches, and is unknown otherwise: what a lead's fields said
then, nobody kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from baton.rulebook.agreement import Agreement
from baton.rulebook.columns import DID, MILLIONTHS, Column, counted_touches
from baton.rulebook.fragments import AS_OF, EPOCH, named, since
from baton.rulebook.rules import compile_rules, counts_of
from baton.rulebook.statement import judging_of
from baton.store.judgements import KEPT_IN


@dataclass(frozen=True, slots=True)
class Gap:
    """What an agreement reads and the decisions of one version did not keep.

    Attributes:
        recounted: Facts that the touches tell, counted anew for the decision's instant.
        unknown: Facts that nobody kept, or that meant something else then.
    """

    recounted: tuple[Column, ...]
    unknown: tuple[Column, ...]


def gap_between(deciding: Agreement, agreement: Agreement) -> Gap:
    """Return what `agreement` reads and decisions under `deciding` did not keep.

    A fact of the same name that was read from elsewhere, or as another type, is not the same fact.
    """
    kept = set(compile_rules(deciding).columns)
    absent = [c for c in compile_rules(agreement).columns if c not in kept]
    return Gap(
        recounted=tuple(c for c in absent if c.count),
        unknown=tuple(c for c in absent if not c.count),
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
        also: More columns of the result, before the statement's own, as SQL over `d`, which has
            the judgement's columns, `at` and `as_of`.
    """
    rules, gap = compile_rules(agreement), gap_between(deciding, agreement)
    recounted, unknown = set(gap.recounted), set(gap.unknown)
    places = _places(facts, {column.key: column.sql_type for column in rules.columns})
    live = {
        column.key: column.live.replace(AS_OF, "d.as_of")
        if column in recounted
        else places.get(column.key, "")
        for column in rules.columns
        if column not in unknown
    }
    seen = ",\n        ".join(
        f"{live.get(c.key) or f'cast(null as {c.sql_type})'} as {named(c.key)}"
        for c in rules.columns
    )
    more = "".join(f"{sql} as {named(name)}, " for name, sql in also.items())
    judging = judging_of(rules, [named(name) for name in also]).replace(AS_OF, '"as_of$"')
    # Nothing in here is a person's text: see the fragments' module.
    return f"""with chosen as (
    select j.*, g.at, g.as_of
    from judgement j join judging g on g.id = j.judging_id
    where {which}
),
{_recounted(gap.recounted)}f as (
    select {more}d.lead_id, d.as_of as "as_of$", {", ".join(f"d.{name}" for name in DID)},
        {seen}
    from chosen d
    {"left join t using (lead_id, judging_id)" if gap.recounted else ""}
    offset 0
),
{judging}"""  # noqa: S608


def _places(facts: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return where each fact stands in the lists of `d`, as the type that is wanted."""
    seen, found = dict.fromkeys(KEPT_IN, 0), {}
    for key, kind in facts.items():
        seen[kind] += 1
        found[key] = f"d.{KEPT_IN[kind]}[{seen[kind]}]"
        if kind == "numeric" and wanted.get(key) == MILLIONTHS:
            # Kept by a release that did not count in millionths.
            found[key] = f"cast({found[key]} * 1000000 as bigint)"
    return found


def _recounted(columns: Sequence[Column]) -> str:
    """Return `t`, the touches of each judgement's lead as they were at its instant."""
    if not columns:
        return ""
    counts = counts_of(tuple(columns))
    source = """(
        select d.lead_id, d.judging_id, d.as_of, x.kind, x.at
        from chosen d join touch x on x.lead_id = d.lead_id and x.at <= d.as_of
    ) w"""
    counted = counted_touches(counts, source, key=("lead_id", "judging_id", "as_of"))
    counted = counted.replace(EPOCH, "date_part('epoch', w.as_of)")
    for days in {count.days for count in counts if count.days}:
        counted = counted.replace(since(days), f"(w.as_of - interval '{days * 24} hours')")
    return f"{counted},\n"
