"""What happens to a lead while the batch judges it is judged too, now or by the next batch (I5)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.engine.batch import judge_nurtured
from baton.runtime import Runtime
from baton.store.judgements import latest_judgement
from baton.store.nurtured_leads import due_leads, settle_due
from baton.store.tables import DueLead
from baton.store.touches import mark_changed, record_touch
from baton.testing.runtime import make_runtime
from tests.factories import make_lead
from tests.rulebook.documents import NOW, decides

HOUR = timedelta(hours=1)
LEADS = 3


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return make_runtime(database, SetClock(NOW + HOUR))


@pytest.fixture
def leads(runtime: Runtime) -> list[int]:
    with runtime.transaction() as session:
        decides(session)
        return [
            make_lead(session, place="nurture", check_in_on=date(2030, 1, 1)).id
            for _ in range(LEADS)
        ]


def does_something(session: Session, lead_ids: Sequence[int], name: str) -> None:
    for lead_id in lead_ids:
        record_touch(session, lead_id, kind="webinar", at=NOW, detail=name)
    mark_changed(session, lead_ids, NOW)


def due(runtime: Runtime) -> list[int]:
    with runtime.transaction() as session:
        return list(session.scalars(select(DueLead.lead_id).order_by(DueLead.lead_id)))


def judge(runtime: Runtime, leads: Sequence[int]) -> int:
    """Do as the batch does with those of the leads that are noted."""
    with runtime.transaction() as session:
        noted = due_leads(session)
    return judge_nurtured(runtime, leads, noted)


def webinars(runtime: Runtime, lead_id: int) -> int:
    """How many webinars the lead's newest judgement counted."""
    with runtime.transaction() as session:
        said = latest_judgement(session, lead_id)
    assert said is not None
    return max((times for _, times, *_ in said.did), default=0)


def test_what_is_being_noted_while_the_batch_judges_makes_the_lead_due_again(
    runtime: Runtime, leads: list[int]
) -> None:
    with runtime.transaction() as session:
        does_something(session, leads[:1], "first")
    with ThreadPoolExecutor(1) as pool:
        with runtime.transaction() as session:
            does_something(session, leads[:1], "second")
            judging = pool.submit(judge, runtime, leads)
            wait_for_a_lock(runtime)
        judging.result()
    assert (webinars(runtime, leads[0]), due(runtime)) == (1, leads[:1])
    judge(runtime, leads)
    assert (webinars(runtime, leads[0]), due(runtime)) == (2, [])


def wait_for_a_lock(runtime: Runtime) -> None:
    """Return once somebody waits for a row that another holds."""
    waits = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
    for _ in range(500):
        with runtime.transaction() as session:
            if session.scalar(waits):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def test_what_is_noted_between_the_judging_and_its_end_makes_the_lead_due_again(
    runtime: Runtime, leads: list[int]
) -> None:
    with runtime.transaction() as session:
        does_something(session, leads[:1], "first")
    with runtime.transaction() as session:
        before = due_leads(session)
        with runtime.transaction() as other:
            does_something(other, leads[:1], "second")
        settle_due(session, before)
    assert due(runtime) == leads[:1]
    judge(runtime, leads)
    assert (webinars(runtime, leads[0]), due(runtime)) == (2, [])


def test_many_that_note_and_judge_at_once_lose_nothing_and_block_nobody_for_ever(
    runtime: Runtime, leads: list[int]
) -> None:
    rounds = 15

    def noting(who: int) -> None:
        for number in range(rounds):
            with runtime.transaction() as session:
                does_something(session, leads if who else leads[::-1], f"{who} {number}")

    with ThreadPoolExecutor(3) as pool:
        notes = [pool.submit(noting, who) for who in range(2)]
        while not all(note.done() for note in notes):
            pool.submit(judge, runtime, leads).result()
        for note in notes:
            note.result()
    judge(runtime, leads)
    assert [webinars(runtime, lead_id) for lead_id in leads] == [2 * rounds] * LEADS
    assert due(runtime) == []
