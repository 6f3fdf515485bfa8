"""Judges stored qualifications again, set-wise and point in time, under any agreement.

Each decision is judged by the facts that it kept. What a decision did not keep because its version
did not read it, is counted anew from the touches up to the decision's instant if it comes from
touches, and is unknown otherwise: what a lead's fields said then, nobody kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.verdict import Qualification, Verdict
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement, FactType
from baton.rulebook.columns import Column, answered_column
from baton.rulebook.fragments import AS_OF, named, quoted, read_as
from baton.rulebook.statement import HEAD, Statement, compile_agreement
from baton.store.decisions import QUALIFICATION

ROWS_AT_ONCE = 1000
# PostgreSQL passes at most 100 arguments to a function: a name and a value for each fact.
FACTS_AT_ONCE = 50

_VERDICTS = {True: Verdict.MET, False: Verdict.UNMET, None: Verdict.UNKNOWN}
_POINTS = ("fit_points", "warmth_points", "total_points")
_FLAGS = ("is_hot", "is_marketing_qualified")


@dataclass(frozen=True, slots=True)
class Period:
    """`since <= decided < until`, both aware UTC instants."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """The parts of a qualification that decide.

    Attributes:
        flags: Whether the lead is hot, and whether it is marketing-qualified.
        verdicts: One for each criterion, in the agreement's order.
    """

    qualification: Qualification
    fit_points: float
    warmth_points: float
    total_points: float
    flags: tuple[bool, bool]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stored qualification and what another agreement says of the same instant.

    Attributes:
        at: When it was decided (aware UTC).
        origin: How the lead came to us; None where that is not known.
        was_accepted: What became of the lead: True if sales accepted it, False if sales returned
            it as not meeting the definition, None while neither is known.
        is_before_outcome: True unless it was decided only after that.
        stored: As it was decided.
        replayed: As the other agreement decides.
    """

    decision_id: int
    lead_id: int
    at: datetime
    origin: str | None
    was_accepted: bool | None
    is_before_outcome: bool
    stored: Judgement
    replayed: Judgement


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
    kept = set(compile_agreement(deciding).rules.columns)
    absent = [c for c in compile_agreement(agreement).rules.columns if c not in kept]
    return Gap(
        recounted=tuple(c for c in absent if c.aggregates),
        unknown=tuple(c for c in absent if not c.aggregates),
    )


def unknown_facts(gap: Gap, agreement: Agreement) -> tuple[str, ...]:
    """Return the names of the unknown facts; nobody can have answered a question not yet asked."""
    answers = {answered_column(criterion.id).key for criterion in agreement.sales_qualified}
    return tuple(column.key for column in gap.unknown if column.key not in answers)


def deciding_ids(session: Session, period: Period) -> Sequence[int]:
    """Return the versions that decided qualifications in the period, the oldest first."""
    return session.scalars(
        text(
            "select distinct agreement_id from decision"
            " where kind = :kind and at >= :since and at < :until order by agreement_id"
        ),
        {"kind": QUALIFICATION, "since": period.since, "until": period.until},
    ).all()


def replayed(
    session: Session,
    deciding_id: int,
    agreement: Agreement,
    *,
    period: Period,
    outcome_column: str | None = None,
) -> Iterator[Replayed]:
    """Yield every qualification that one version decided in the period, judged anew.

    Rows stream from the server; nothing is written.

    Args:
        session: Do not commit it before the last one is taken.
        deciding_id: The version that decided.
        agreement: What is judged by now; it need not be stored.
        period: When it was decided.
        outcome_column: A column of the import that says yes or no to what became of the lead;
            None for the hand-offs' own outcomes.
    """
    statement = compile_agreement(agreement)
    gap = gap_between(agreement_of(session, deciding_id), agreement)
    rows = session.execute(
        text(_sql(statement, gap, reads_import=outcome_column is not None)),
        {
            "kind": QUALIFICATION,
            "deciding": deciding_id,
            "since": period.since,
            "until": period.until,
            "absent": [column.key for column in (*gap.unknown, *gap.recounted)],
            "outcome": outcome_column,
        },
        execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE},
    )
    for row in rows:
        yield _read(row)


def _sql(statement: Statement, gap: Gap, *, reads_import: bool) -> str:
    """Return the statement over kept facts, joined to each decision that kept them."""
    rules = statement.rules
    first_verdict = len(HEAD) + 2 * len(rules.fit) + len(rules.warmth)
    last_verdict = first_verdict + len(rules.criteria)
    cells = [f"c{n}" for n in range(last_verdict + len(rules.columns))]
    judged = [f"k.{name}" for name in cells[1 : len(HEAD)] + cells[first_verdict:last_verdict]]
    # The parameters become the decision's own columns: one statement for all of them.
    kept = re.sub(r"(?<![:\\]):lead_id\b", "d.id", statement.kept)
    kept = re.sub(r"(?<![:\\]):facts\b", "d.kept", kept)
    outcome, before, ended = _imported_outcome() if reads_import else _own_outcome()
    # Nothing in here is a person's text: see the fragments' module.
    return f"""with chosen as (
    select d.id, d.lead_id, d.at, d.as_of, d.facts, d.result
    from decision d
    where d.kind = :kind and d.agreement_id = :deciding
      and d.at >= :since and d.at < :until
),
{_recounted(gap.recounted)}
seen as (
    select d.*, {_facts(gap.recounted)} as kept
    from chosen d {"left join t on t.id = d.id" if gap.recounted else ""}
    offset 0
)
select d.id, d.lead_id, d.at, l.origin, {outcome}, {before},
    d.result ->> 'qualification',
    {", ".join(f"cast(d.result ->> '{name}' as numeric)" for name in _POINTS)},
    {", ".join(f"cast(d.result ->> '{name}' as boolean)" for name in _FLAGS)},
    jsonb_path_query_array(d.result, '$.criteria[*].verdict'),
    {", ".join(judged)}
from seen d
join lead l on l.id = d.lead_id
{ended}
cross join lateral ({kept}) as k({", ".join(cells)})"""  # noqa: S608


def _recounted(columns: Sequence[Column]) -> str:
    """Return `t`, the touches of each decision's lead as they were at its instant."""
    if not columns:
        return ""
    aggregates = dict(pair for column in columns for pair in column.aggregates)
    counted = ", ".join(
        f"{sql.replace(AS_OF, 'd.as_of')} as {named(name)}" for name, sql in aggregates.items()
    )
    return f"""t as (
    select d.id, {counted}
    from chosen d join touch w on w.lead_id = d.lead_id and w.at <= d.as_of
    group by d.id, d.as_of
),"""  # noqa: S608


def _facts(recounted: Sequence[Column]) -> str:
    """Return the facts kept, without those that are absent, with those counted anew."""
    pairs = [f"{quoted(column.key)}, {column.live}" for column in recounted]
    parts = [
        f"jsonb_build_object({', '.join(pairs[n : n + FACTS_AT_ONCE])})"
        for n in range(0, len(pairs), FACTS_AT_ONCE)
    ]
    return " || ".join(["(d.facts - cast(:absent as text[]))", *parts])


def _own_outcome() -> tuple[str, str, str]:
    """Return what sales said of the lead, whether that was later, and the join that knows it."""
    joined = """left join (
    select distinct on (h.lead_id) h.lead_id, h.closed_at, h.state = 'transferred' as was_accepted
    from hand_off h
    where h.state = 'transferred' or (h.state = 'returned' and exists (
        select from outcome o where o.hand_off_id = h.id and o.kind = 'not_met'))
    order by h.lead_id, h.closed_at desc
) ended on ended.lead_id = d.lead_id"""
    return "ended.was_accepted", "coalesce(d.at <= ended.closed_at, true)", joined


def _imported_outcome() -> tuple[str, str, str]:
    return read_as(FactType.BOOLEAN, "(l.custom ->> cast(:outcome as text))"), "true", ""


def _read(row: Sequence[Any]) -> Replayed:
    cells = iter(row)
    decision_id, lead_id, at, origin, was_accepted, is_before = (next(cells) for _ in range(6))
    qualification, fit, warmth, total, hot, marketing, said = (next(cells) for _ in range(7))
    stored = Judgement(
        Qualification(qualification),
        float(fit),
        float(warmth),
        float(total),
        (hot, marketing),
        tuple(Verdict(verdict) for verdict in said),
    )
    head = dict(zip(HEAD[1:], cells, strict=False))
    return Replayed(
        decision_id, lead_id, at, origin, was_accepted, is_before, stored, _judged(head, [*cells])
    )


def _judged(head: dict[str, Any], verdicts: Sequence[bool | None]) -> Judgement:
    return Judgement(
        Qualification(head["qualification"]),
        float(head["fit_points"]),
        float(head["warmth_points"]),
        float(head["total_points"]),
        flags=(head["is_hot"], head["is_marketing_qualified"]),
        verdicts=tuple(_VERDICTS[verdict] for verdict in verdicts),
    )
