"""Baton's own functions that are measured, each as one call.

Everything else here calls these, so that a change of Baton's functions is a change in one place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.domain.verdict import Evaluation
from baton.engine import batch
from baton.rulebook import backtesting
from baton.rulebook.active import active_agreement
from baton.rulebook.agreement import Agreement
from baton.rulebook.backtest_figures import Reproduction
from baton.rulebook.evaluator import evaluate, judge_lead, judge_set
from baton.rulebook.statement import compile_agreement
from baton.store.touches import insert_touches, mark_changed
from baton.testing.runtime import make_runtime

# Each lead's newest decision, as `lead_id` and `decision`.
DECISIONS = """
    select distinct on (lead_id) lead_id, cast(qualification as text) as decision
    from judgement order by lead_id, judging_id desc
"""


# A batch judges on every core, while its flow looks for who waits.
CONNECTIONS = batch.MOST_AT_ONCE + 1
_STATUSES = """
    update lead l set status = 'marketing_qualified'
    from judgement j where j.lead_id = l.id and j.is_marketing_qualified and l.place = 'nurture'
"""


def read_agreement(engine: Engine) -> None:
    """Leave the process as a worker that judged before: connected, the agreement read."""
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            session = stack.enter_context(Session(engine))
            compile_agreement(active_agreement(session)[1])


def judge_everyone(engine: Engine, leads: int, *, as_of: datetime) -> int:
    """Judge all nurtured leads, as the batch does for everyone; return how many."""
    return batch.judge_everyone(engine, (1, leads), at=as_of)


def finish_batch(engine: Engine, *, as_of: datetime) -> None:
    """Leave everything as a batch that judged everyone as of the instant does at its end.

    The invented leads were never qualified before; each gets the status that it has earned.
    """
    with engine.begin() as connection:
        connection.execute(text(_STATUSES))
    runtime = make_runtime(engine, SetClock(as_of))
    with Session(engine) as session:
        agreement_id, _ = active_agreement(session)
    due = batch.Due(as_of, None, is_everyone=True, agreement_id=agreement_id)
    batch.close_batch(runtime, due, judged=0)


def clean_up(engine: Engine) -> None:
    """Do what the server does by itself within minutes; the next batch is a day later."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze lead, lead_place, judgement, due"))


def judge_due(engine: Engine, *, as_of: datetime) -> int:
    """Judge whoever is due, as the nightly batch does; return how many.

    Enriching and the quality gate are left out here and in the full run: both ask for new leads
    only, and neither judges.
    """
    runtime = make_runtime(engine, SetClock(as_of))
    due = batch.open_batch(runtime, everyone=False)
    judged = 0
    with ThreadPoolExecutor(1) as pool:
        turned = pool.submit(batch.judge_turned, runtime, due)
        for chunk in batch.chunks_of_waiting(runtime, due):
            batch.judge_waiting(runtime, chunk)
            judged += len(chunk)
        judged += turned.result()
    batch.close_batch(runtime, due, judged=judged)
    return judged


def judge_some(
    engine: Engine,
    agreement_id: int,
    agreement: Agreement,
    lead_ids: Sequence[int],
    *,
    as_of: datetime,
) -> None:
    """Judge these leads, and store the judgements."""
    with Session(engine) as session, session.begin():
        judge_set(session, agreement_id, agreement, lead_ids=lead_ids, at=as_of)


def judge_one(
    engine: Engine, agreement_id: int, agreement: Agreement, lead_id: int, *, as_of: datetime
) -> None:
    """Judge one lead as for its hand-off, and store the judgement."""
    with Session(engine) as session, session.begin():
        judge_lead(session, agreement_id, agreement, lead_id=lead_id, hand_off_id=None, at=as_of)


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
    """Take all judgements away, so that the next full run does the same work as the first."""
    with engine.begin() as connection:
        connection.execute(text("truncate judgement, judging, batch cascade"))
        connection.execute(
            text(
                "update lead set place = 'nurture', check_in_on = date '2036-01-01'"
                " where place <> 'nurture'"
            )
        )
