"""Baton's own functions that are measured, each as one call.

Everything else here calls these, so that a change of Baton's functions is a change in one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation
from baton.rulebook import backtesting
from baton.rulebook.agreement import Agreement
from baton.rulebook.backtest_figures import Reproduction
from baton.rulebook.evaluator import evaluate
from baton.store.decisions import record_qualifications
from baton.store.touches import insert_touches, mark_changed

# Each lead's newest decision, as `lead_id` and `decision`.
DECISIONS = """
    select distinct on (lead_id) lead_id, result ->> 'qualification' as decision
    from decision where kind = 'qualification' order by lead_id, id desc
"""


def judge_everyone(
    engine: Engine, agreement_id: int, agreement: Agreement, *, as_of: datetime
) -> None:
    """Judge all leads that wait, and store every decision with its points and reasons."""
    _judge(engine, agreement_id, agreement, None, as_of)


def judge_due(engine: Engine, agreement_id: int, agreement: Agreement, *, as_of: datetime) -> None:
    """Judge, as the nightly batch does, and store the decisions."""
    _judge(engine, agreement_id, agreement, None, as_of)


def judge_some(
    engine: Engine,
    agreement_id: int,
    agreement: Agreement,
    lead_ids: Sequence[int],
    *,
    as_of: datetime,
) -> None:
    """Judge these leads, and store the decisions."""
    _judge(engine, agreement_id, agreement, lead_ids, as_of)


def judge_one(
    engine: Engine, agreement_id: int, agreement: Agreement, lead_id: int, *, as_of: datetime
) -> None:
    """Judge one lead as for its hand-off, and store the decision."""
    _judge(engine, agreement_id, agreement, [lead_id], as_of)


def _judge(
    engine: Engine,
    agreement_id: int,
    agreement: Agreement,
    lead_ids: Sequence[int] | None,
    as_of: datetime,
) -> None:
    with Session(engine) as session, session.begin():
        judged = evaluate(session, agreement_id, agreement, lead_ids=lead_ids, as_of=as_of)
        record_qualifications(session, judged, hand_off_id=None, at=as_of)


def evaluate_some(
    engine: Engine,
    agreement_id: int,
    agreement: Agreement,
    lead_ids: Sequence[int],
    *,
    as_of: datetime,
) -> Iterator[Evaluation]:
    """Yield what the agreement says of these leads; nothing is stored."""
    with Session(engine) as session:
        yield from evaluate(session, agreement_id, agreement, lead_ids=lead_ids, as_of=as_of)


def backtest(
    engine: Engine, agreement: Agreement, *, since: datetime, until: datetime
) -> Reproduction:
    """Judge the period's stored decisions again; return how many came out the same."""
    with Session(engine) as session:
        return backtesting.backtest(session, agreement, since=since, until=until).reproduction


def add_touches(
    engine: Engine, lead_ids: Sequence[int], *, kinds: Sequence[str], at: datetime
) -> None:
    """Give each lead a new touch, of each kind in turn, as an import does."""
    rows = [
        {"lead_id": lead, "kind": kinds[n % len(kinds)], "at": at.isoformat(), "detail": "bench"}
        for n, lead in enumerate(lead_ids)
    ]
    with Session(engine) as session, session.begin():
        insert_touches(session, rows)
        mark_changed(session, lead_ids, at)


def forget(engine: Engine) -> None:
    """Take all decisions away, so that the next full run does the same work as the first."""
    with engine.begin() as connection:
        connection.execute(text("truncate decision cascade"))
