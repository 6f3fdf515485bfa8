"""Qualifying in sets: the same enrichment, gate and statement as a single hand-off's.

What is due are the leads that are new or changed, and those that time alone may have turned: a
warmth that faded below a threshold, a touch that grew older than a condition asks for. A new
version of the agreement makes every lead due.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.intake.enriching import enrich_leads
from baton.rulebook.active import active_agreement
from baton.rulebook.agreement import Agreement
from baton.rulebook.evaluator import judge_set, judge_span
from baton.rulebook.rules import compile_rules
from baton.runtime import Runtime
from baton.store.batches import last_batch, record_batch
from baton.store.gate_rows import gate_rows
from baton.store.quarantine import quarantine_lead
from baton.store.waiting_leads import (
    Reasons,
    lock_waiting,
    nurtured_span,
    prepare_waiting,
    settle,
    turned_leads,
    waiting_leads,
    wake_ready,
)

GATE = "qualify"
# So many waiting leads are enriched, gated and judged in one transaction each.
CHUNK = 2000
# So many leads are judged by one statement where nothing but the database is asked: turned ones,
# and a span of ids of everyone.
TURNED_CHUNK = 20_000
SPAN = 125_000
MOST_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Due:
    """What one batch has to judge.

    Attributes:
        as_of: Whatever is due at this instant (aware UTC).
        since: The instant of the batch before; None if there was none.
        is_everyone: True when every lead is judged, whether anything about it changed or not.
    """

    as_of: datetime
    since: datetime | None
    is_everyone: bool


def open_batch(runtime: Runtime, *, everyone: bool) -> Due:
    """Return what is due now; who has opted out is closed, whose check-in is due waits again.

    Everyone is due when it is asked for, the first time, after another version began to decide,
    and under an agreement whose verdicts turn in a way that cannot be told beforehand.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        prepare_waiting(session, at=now)
        agreement_id, agreement = active_agreement(session)
        last = last_batch(session)
    is_new = last is None or last.agreement_id != agreement_id
    is_restless = compile_rules(agreement).turns.is_restless
    return Due(now, last.as_of if last else None, everyone or is_new or is_restless)


def chunks_of_waiting(runtime: Runtime, due: Due) -> Iterator[list[int]]:
    """Yield the ids of the waiting leads that are due, in sets."""
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


def judge_waiting(runtime: Runtime, lead_ids: Sequence[int], *, nurtured_too: bool = False) -> int:
    """Judge waiting leads under the active agreement and store every judgement (I8).

    Who does not qualify is nurtured until the check-in date that was agreed.

    Args:
        runtime: Its database judges.
        lead_ids: Whom, by id; who does not wait any more is left out.
        nurtured_too: True to judge those in nurture too; who is ready then waits again.

    Returns:
        How many waiting leads went to nurture.
    """
    with runtime.transaction() as session:
        agreement_id, agreement = active_agreement(session)
        waiting = lock_waiting(session, lead_ids)
        judged = lead_ids if nurtured_too else waiting
        if not judged:
            return 0
        # Only now: nothing about the waiting leads can change any more before the commit.
        now = runtime.clock.now()
        judging_id = judge_set(session, agreement_id, agreement, lead_ids=judged, at=now)
        if nurtured_too:
            wake_ready(session, judging_id, (judged[0], judged[-1]), at=now)
        return settle(
            session,
            judging_id,
            waiting,
            reasons=reasons_under(agreement),
            check_in_on=(now + timedelta(days=agreement.nurture.not_qualified_days)).date(),
            at=now,
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
    """Judge whom time may have turned, or everyone in nurture; return how many.

    Who is ready now waits for its hand-off, and who is not any more is nurtured.
    """
    if due.is_everyone or due.since is None:
        with runtime.transaction() as session:
            span = nurtured_span(session)
        places = ["nurture"]
        return 0 if span is None else judge_everyone(runtime.database, span, places, at=due.as_of)
    with runtime.transaction() as session:
        _, agreement = active_agreement(session)
        ages = compile_rules(agreement).turns.ages
        turned = turned_leads(session, ages, since=due.since, until=due.as_of)
    for start in range(0, len(turned), TURNED_CHUNK):
        judge_waiting(runtime, turned[start : start + TURNED_CHUNK], nurtured_too=True)
    return len(turned)


def judge_everyone(
    database: Engine, ids: tuple[int, int], places: Sequence[str], *, at: datetime
) -> int:
    """Judge every lead of a span of ids that is in one of the places, on every core.

    Args:
        database: It judges; nothing is asked of any neighbour.
        ids: The first and the last id.
        places: Only leads that are there; a nurtured one that is ready waits again.
        at: Now (aware UTC).

    Returns:
        How many were judged.
    """
    first, last = ids
    spans = [(low, min(low + SPAN - 1, last)) for low in range(first, last + 1, SPAN)]

    def judge(span: tuple[int, int]) -> int:
        with Session(database) as session, session.begin():
            agreement_id, agreement = active_agreement(session)
            judging_id, judged = judge_span(
                session, agreement_id, agreement, span=span, places=places, at=at
            )
            wake_ready(session, judging_id, span, at=at)
            return judged

    with ThreadPoolExecutor(min(os.cpu_count() or 1, MOST_AT_ONCE)) as pool:
        return sum(pool.map(judge, spans))


def close_batch(runtime: Runtime, due: Due, *, judged: int) -> None:
    """Note that all that was due is judged; the next batch looks at what came since."""
    with runtime.transaction() as session:
        agreement_id, _ = active_agreement(session)
        record_batch(
            session,
            agreement_id=agreement_id,
            as_of=due.as_of,
            finished_at=runtime.clock.now(),
            judged_all=due.is_everyone,
            judged=judged,
        )
