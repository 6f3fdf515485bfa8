"""Judges stored qualifications again, set-wise and point in time, under any agreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.verdict import Qualification, Verdict
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement, FactType
from baton.rulebook.columns import answered_column
from baton.rulebook.evaluator import plan_for_many
from baton.rulebook.fragments import named, read_as
from baton.rulebook.kept import Gap, kept_statement
from baton.rulebook.reading import VERDICTS

ROWS_AT_ONCE = 1000

_QUALIFICATIONS = {kind.value: kind for kind in Qualification}
_TENTHS = ("fit_tenths", "warmth_tenths")
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


def unknown_facts(gap: Gap, agreement: Agreement) -> tuple[str, ...]:
    """Return the names of the unknown facts; nobody can have answered a question not yet asked."""
    answers = {answered_column(criterion.id).key for criterion in agreement.sales_qualified}
    return tuple(column.key for column in gap.unknown if column.key not in answers)


def deciding_ids(session: Session, period: Period) -> Sequence[int]:
    """Return the versions that decided qualifications in the period, the oldest first."""
    return session.scalars(
        text(
            "select distinct agreement_id from judging"
            " where at >= :since and at < :until order by agreement_id"
        ),
        {"since": period.since, "until": period.until},
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
    deciding = agreement_of(session, deciding_id)
    lists = session.execute(
        text(
            "select distinct f.id, f.keys, f.types from judging g"
            " join fact_list f on f.id = g.fact_list_id"
            " where g.agreement_id = :deciding and g.at >= :since and g.at < :until"
        ),
        {"deciding": deciding_id, "since": period.since, "until": period.until},
    ).all()
    plan_for_many(session)
    session.execute(text("set local cursor_tuple_fraction = 1"))
    for number, keys, types in lists:
        facts = dict(zip(keys, types, strict=True))
        rows = session.execute(
            text(_sql(agreement, deciding, facts, reads_import=outcome_column is not None)),
            {
                "deciding": deciding_id,
                "list": number,
                "since": period.since,
                "until": period.until,
                "outcome": outcome_column,
            },
            execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE},
        )
        rules = (len(agreement.scoring.fit), len(deciding.scoring.fit))
        criteria = (len(agreement.sales_qualified), len(deciding.sales_qualified))
        for row in rows:
            yield _read(row, fit=rules, criteria=criteria)


_WHICH = """g.agreement_id = :deciding and g.fact_list_id = :list
      and g.at >= :since and g.at < :until"""
_STORED = ("qualification", *_TENTHS, *_FLAGS, "verdicts")


def _sql(
    agreement: Agreement, deciding: Agreement, facts: Mapping[str, str], *, reads_import: bool
) -> str:
    """Return the statement over kept facts, beside what was decided and what became of it."""
    stored = {f"stored${name}": f"j.{name}" for name in _STORED}
    also = {"number$": "j.judging_id", "at$": "j.at", **stored}
    judged = kept_statement(agreement, deciding, facts, which=_WHICH, also=also)
    outcome, before, ended = _imported_outcome() if reads_import else _own_outcome()
    said = ", ".join(f"d.{name}" for name in _STORED)
    was = ", ".join(f"d.{named(name)}" for name in stored)
    # Nothing in here is a person's text: see the fragments' module.
    return f"""select d."number$", d.lead_id, d."at$", l.origin, {outcome}, {before}, {was}, {said}
from ({judged}) as d
join lead l on l.id = d.lead_id
{ended}"""  # noqa: S608


def _own_outcome() -> tuple[str, str, str]:
    """Return what sales said of the lead, whether that was later, and the join that knows it."""
    joined = """left join (
    select distinct on (h.lead_id) h.lead_id, h.closed_at, h.state = 'transferred' as was_accepted
    from hand_off h
    where h.state = 'transferred' or (h.state = 'returned' and exists (
        select from outcome o where o.hand_off_id = h.id and o.kind = 'not_met'))
    order by h.lead_id, h.closed_at desc
) ended on ended.lead_id = d.lead_id"""
    return "ended.was_accepted", """coalesce(d."at$" <= ended.closed_at, true)""", joined


def _imported_outcome() -> tuple[str, str, str]:
    return read_as(FactType.BOOLEAN, "(l.custom ->> cast(:outcome as text))"), "true", ""


def _read(row: Sequence[Any], *, fit: tuple[int, int], criteria: tuple[int, int]) -> Replayed:
    stored, now = row[6:12], row[12:18]
    decision_id, lead_id, at, origin, was_accepted, is_before_outcome = row[:6]
    return Replayed(
        decision_id,
        lead_id,
        at,
        origin,
        was_accepted,
        is_before_outcome,
        _judgement(stored, fit[1], criteria[1]),
        _judgement(now, fit[0], criteria[0]),
    )


def _judgement(cells: Sequence[Any], fit: int, criteria: int) -> Judgement:
    said, fit_tenths, warmth_tenths, hot, marketing, verdicts = cells
    return Judgement(
        _QUALIFICATIONS[said],
        fit_tenths / 10,
        warmth_tenths / 10,
        (fit_tenths + warmth_tenths) / 10,
        (hot, marketing),
        tuple(VERDICTS[verdict] for verdict in verdicts[fit : fit + criteria]),
    )
