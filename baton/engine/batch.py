"""Qualifying in sets: the same enrichment, gate and statement as a single hand-off's.

What is due are the leads that are new or changed, and those that time alone may have turned: a
warmth that faded below a threshold, a touch that grew older than a condition asks for. A new
version of the agreement makes every lead due.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.intake.enriching import enrich_leads
from baton.rulebook.active import active_agreement
from baton.rulebook.agreement import Agreement
from baton.rulebook.evaluator import Judged, judge_set, judge_span, know_facts
from baton.rulebook.rules import compile_rules
from baton.runtime import Runtime
from baton.store.batches import commit_soon, last_batch, record_batch
from baton.store.gate_rows import gate_rows
from baton.store.nurtured_leads import (
    Moving,
    Turned,
    due_leads,
    due_of_span,
    move_nurtured,
    nurtured_span,
    settle_due,
    turned_leads,
)
from baton.store.quarantine import quarantine_lead
from baton.store.waiting_leads import (
    Reasons,
    lock_ready,
    lock_waiting,
    look_up_each,
    prepare_waiting,
    settle,
    waiting_leads,
)

GATE = "qualify"
# So many waiting leads are enriched, gated and judged in one transaction each.
CHUNK = 2000
# So many leads at most are judged by one statement where nothing but the database is asked: turned
# ones, and a span of ids of everyone. The server keeps a span's rows in memory until its guard has
# seen them; each span puts all accounts into a table of its own, so there should be few.
TURNED_CHUNK = 20_000
# Fewer for each core take less time as one part.
WORTH_A_PART = 1000
SPAN = 250_000
MOST_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Due:
    """What one batch has to judge.

    Attributes:
        as_of: Whatever is due at this instant (aware UTC).
        since: The instant of the batch before; None if there was none.
        is_everyone: True when every lead is judged, whether anything about it changed or not.
        agreement_id: The version that decided when the batch began.
    """

    as_of: datetime
    since: datetime | None
    is_everyone: bool
    agreement_id: int


def open_batch(runtime: Runtime, *, everyone: bool) -> Due:
    """Return what is due now.

    Everyone is due when it is asked for, the first time, after another version began to decide,
    and under an agreement whose verdicts turn in a way that cannot be told beforehand.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        agreement_id, agreement = active_agreement(session)
        last = last_batch(session)
    is_new = last is None or last.agreement_id != agreement_id
    is_restless = compile_rules(agreement).turns.is_restless
    is_everyone = everyone or is_new or is_restless
    return Due(now, last.as_of if last else None, is_everyone, agreement_id)


def chunks_of_waiting(runtime: Runtime, due: Due) -> Iterator[list[int]]:
    """Yield the ids of the waiting leads that are due, in sets.

    Beforehand who has opted out is closed, and whose check-in is due waits again.
    """
    with runtime.transaction() as session:
        prepare_waiting(session, at=due.as_of)
    after, before = 0, due.as_of if due.is_everyone else None
    while True:
        with runtime.transaction() as session:
            chunk = list(waiting_leads(session, after=after, size=CHUNK, judged_before=before))
        if not chunk:
            return
        yield chunk
        after = chunk[-1]


def enrich_batch(runtime: Runtime, lead_ids: Sequence[int]) -> list[int]:
    """Enrich the leads; return those that are not duplicates of older ones."""
    with runtime.transaction() as session:
        found = enrich_leads(
            session,
            lead_ids,
            firmographics=runtime.firmographics,
            default_country=runtime.settings.default_country,
            at=runtime.clock.now(),
        )
    return [lead_id for lead_id in lead_ids if lead_id not in found.duplicates]


def gate_batch(runtime: Runtime, lead_ids: Sequence[int]) -> list[int]:
    """Quarantine the leads that the gate refuses; return the rest."""
    if not lead_ids or not runtime.gates.has(GATE):
        return list(lead_ids)
    with runtime.transaction() as session:
        rows = gate_rows(session, lead_ids)
    refused = runtime.gates.check(GATE, rows).refused
    with runtime.transaction() as session:
        for lead_id, refusal in refused.items():
            quarantine_lead(
                session,
                int(lead_id),
                field=refusal.column or "",
                value=None if refusal.value is None else str(refusal.value),
                reason=f"gate {GATE}: {refusal.meaning or refusal.expectation}",
                at=runtime.clock.now(),
            )
    return [lead_id for lead_id in lead_ids if lead_id not in refused]


def judge_waiting(runtime: Runtime, lead_ids: Sequence[int]) -> int:
    """Judge waiting leads under the active agreement and store every judgement (I8).

    Who does not qualify is nurtured until the check-in date that was agreed.

    Args:
        runtime: Its database judges.
        lead_ids: Whom, by id; who does not wait any more is left out.

    Returns:
        How many went to nurture.
    """
    with runtime.transaction() as session:
        commit_soon(session)
        agreement_id, agreement = active_agreement(session)
        waiting = lock_waiting(session, lead_ids)
        if not waiting:
            return 0
        # Only now: nothing about the leads can change any more before the commit.
        now = runtime.clock.now()
        judged = judge_set(session, agreement_id, agreement, lead_ids=waiting, at=now)
        look_up_each(session)
        return _settle(session, judged, waiting, agreement, at=now)


def _settle(
    session: Session,
    judged: Judged,
    lead_ids: Sequence[int],
    agreement: Agreement,
    *,
    at: datetime,
) -> int:
    until = at + timedelta(days=agreement.nurture.not_qualified_days)
    return settle(
        session,
        judged.judging_id,
        lead_ids,
        reasons=reasons_under(agreement),
        check_in_on=until.date(),
        at=at,
    )


def reasons_under(agreement: Agreement) -> Reasons:
    """Return the words for what a lead lacks under the agreement."""
    criteria = [(c.name, c.required) for c in agreement.sales_qualified]
    groups = [(group.name, True) for group in agreement.sales_qualified_groups]
    first = len(agreement.scoring.fit) + 1
    decisive = [
        (name, place)
        for place, (name, is_decisive) in enumerate(criteria + groups, first)
        if is_decisive
    ]
    return Reasons([name for name, _ in decisive], [place for _, place in decisive])


def judge_turned(runtime: Runtime, due: Due) -> int:
    """Judge whom time or an act of its own may have turned, or everyone in nurture.

    Who is ready now waits for its hand-off, and who is not any more is nurtured.

    Returns:
        How many were judged.
    """
    if due.is_everyone or due.since is None:
        with runtime.transaction() as session:
            span = nurtured_span(session)
        return 0 if span is None else judge_everyone(runtime.database, span, at=due.as_of)
    with runtime.transaction() as session:
        noted = due_leads(session)
    with ThreadPoolExecutor(_cores()) as pool:

        def judge(parts: Iterable[Sequence[int]]) -> list[Future[int]]:
            return [pool.submit(judge_nurtured, runtime, part, noted) for part in parts if part]

        # Who did something is known at once, and is judged while the others are looked for.
        *first, last = _evenly(list(noted)) or [[]]
        judging = judge(first)
        turned = _turned(runtime, due.since, due.as_of)
        rest = [lead_id for lead_id in turned.others if lead_id not in noted]
        is_little = len(rest) < 2 * WORTH_A_PART
        judging += judge([[*last, *rest]] if is_little else [last, *_evenly(rest)])
        judging += [pool.submit(judge_again, runtime, part) for part in _evenly(turned.waiting)]
        return sum(one.result() for one in judging)


def _turned(runtime: Runtime, since: datetime, until: datetime) -> Turned:
    with runtime.transaction() as session:
        _, agreement = active_agreement(session)
        ageing = compile_rules(agreement).turns.ageing
        return turned_leads(session, ageing, since=since, until=until)


def judge_again(runtime: Runtime, lead_ids: Sequence[int]) -> int:
    """Judge leads that wait and were ready, if they wait still; return how many were judged.

    Who is not ready any more is nurtured. Who changes meanwhile is left to those who judge whoever
    is new or changed.
    """
    with runtime.transaction() as session:
        commit_soon(session)
        agreement_id, agreement = active_agreement(session)
        now = runtime.clock.now()
        judged = judge_set(
            session, agreement_id, agreement, lead_ids=lead_ids, at=now, place="waiting"
        )
        look_up_each(session)
        ready = set(judged.ready)
        turned = lock_ready(session, [lead_id for lead_id in lead_ids if lead_id not in ready])
        _settle(session, judged, turned, agreement, at=now)
        return judged.leads


def judge_nurtured(runtime: Runtime, lead_ids: Sequence[int], noted: Mapping[int, str]) -> int:
    """Judge those of the leads that are in nurture where they are; return how many were.

    Args:
        runtime: Its database judges.
        lead_ids: Whom, by id.
        noted: As `due_leads` gave it; what is noted of a lead since keeps it due.
    """
    due = {lead_id: noted[lead_id] for lead_id in lead_ids if lead_id in noted}
    with runtime.transaction() as session:
        commit_soon(session)
        agreement_id, agreement = active_agreement(session)
        # Only now: what was noted of them before is seen.
        now = runtime.clock.now()
        judged = judge_set(
            session, agreement_id, agreement, lead_ids=lead_ids, at=now, place="nurture"
        )
        _act_on(session, judged, due, agreement, at=now)
        return judged.leads


def judge_everyone(database: Engine, ids: tuple[int, int], *, at: datetime) -> int:
    """Judge every lead in nurture with an id of the span; return how many were judged.

    Args:
        database: It judges; nothing is asked of any neighbour.
        ids: The first and the last id.
        at: Now (aware UTC).
    """
    first, last = ids
    with Session(database) as session, session.begin():
        # Beforehand, so that no span waits for another that notes the same.
        know_facts(session, active_agreement(session)[1])

    def judge(span: tuple[int, int]) -> int:
        with Session(database) as session, session.begin():
            commit_soon(session)
            agreement_id, agreement = active_agreement(session)
            due = due_of_span(session, *span)
            judged = judge_span(
                session, agreement_id, agreement, span=span, places=["nurture"], at=at
            )
            _act_on(session, judged, due, agreement, at=at)
            return judged.leads

    size = min(SPAN, -(-(last - first + 1) // _cores()))
    spans = [(low, min(low + size - 1, last)) for low in range(first, last + 1, size)]
    with ThreadPoolExecutor(_cores()) as pool:
        return sum(pool.map(judge, spans))


def _act_on(
    session: Session, judged: Judged, due: Mapping[int, str], agreement: Agreement, *, at: datetime
) -> None:
    """Have who is ready wait for a hand-off, and say of the others that did something how it is."""
    ready = set(judged.ready)
    moving = Moving(
        judged.ready,
        [lead_id for lead_id in judged.otherwise if lead_id in due and lead_id not in ready],
        due.keys() & ready,
    )
    look_up_each(session)
    reasons = reasons_under(agreement)
    move_nurtured(session, moving, judging_id=judged.judging_id, reasons=reasons, at=at)
    settle_due(session, due)


def _evenly(lead_ids: Sequence[int]) -> list[Sequence[int]]:
    """Return the leads in parts, as many for one core as for another; a few are one part."""
    parts = max(1, min(_cores(), len(lead_ids) // WORTH_A_PART))
    size = min(TURNED_CHUNK, -(-len(lead_ids) // parts) or 1)
    return [lead_ids[start : start + size] for start in range(0, len(lead_ids), size)]


def _cores() -> int:
    return min(os.cpu_count() or 1, MOST_AT_ONCE)


def close_batch(runtime: Runtime, due: Due, *, judged: int) -> None:
    """Note that all that was due is judged; the next batch looks at what came since.

    A version that began to decide meanwhile is not noted: the next batch judges everyone under it.
    """
    with runtime.transaction() as session:
        record_batch(
            session,
            agreement_id=due.agreement_id,
            as_of=due.as_of,
            finished_at=runtime.clock.now(),
            judged_all=due.is_everyone,
            judged=judged,
        )
