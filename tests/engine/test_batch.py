"""The nightly batch: who is due is judged, and only they; the rest stands as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from baton.domain.oversight import Consequence, Miss
from baton.engine.batch import Due, chunks_of_waiting, close_batch, open_batch
from baton.rulebook.active import active_agreement
from baton.rulebook.evaluator import evaluate
from baton.rulebook.judged import latest_qualification
from baton.store.health import all_faults, where_leads_are
from baton.store.review_cases import open_reviews
from baton.store.review_draws import Sampling, draw_reviews
from baton.store.tables import Batch, HandOff, Judgement, Judging, Lead, RouteCounter, Touch
from tasks.qualify_batch import judge_chunk, judge_turned, start_hand_offs
from tests.engine.stages.conftest import world
from tests.engine.worlds import NOW, World
from tests.reviews.cases import decide

__all__ = ["world"]
DAY = timedelta(days=1)
STRANGER: dict[str, Any] = {"seniority": "staff", "title": "Clerk", "answers": {"has_need": False}}


def batch(world: World, *, everyone: bool = False) -> tuple[Due, int]:
    """Run the flow's steps up to the hand-offs; return what was due and how many were judged."""
    due = open_batch(world.runtime, everyone=everyone)
    judged = judge_turned.fn(due)
    for chunk in chunks_of_waiting(world.runtime, due):
        judge_chunk.fn(chunk)
        judged += len(chunk)
    close_batch(world.runtime, due, judged=judged)
    return due, judged


def place_of(world: World, lead_id: int) -> str:
    place: str = world.row(Lead, lead_id).place
    return place


def touch(world: World, lead_id: int, kind: str, *, days: float) -> None:
    with world.runtime.transaction() as session:
        session.add(Touch(lead_id=lead_id, kind=kind, at=NOW - days * DAY))


def cold(world: World, **values: Any) -> int:
    """A lead that did nothing."""
    lead_id = world.lead(**values)
    with world.runtime.transaction() as session:
        session.execute(text("delete from touch where lead_id = :lead"), {"lead": lead_id})
    return lead_id


def stands(world: World, lead_ids: Sequence[int]) -> dict[int, str | None]:
    """What each lead's newest qualification is."""
    with world.runtime.transaction() as session:
        found = {lead_id: latest_qualification(session, lead_id) for lead_id in lead_ids}
    return {
        lead: None if one is None else one.result["qualification"] for lead, one in found.items()
    }


def would_be(world: World, lead_ids: Sequence[int]) -> dict[int, str]:
    """What the agreement says of each lead at this instant; nothing is stored."""
    with world.runtime.transaction() as session:
        agreement_id, agreement = active_agreement(session)
        now = world.clock.now()
        judged = evaluate(session, agreement_id, agreement, lead_ids=lead_ids, as_of=now)
        return {one.lead_id: one.qualification.value for one in judged}


def test_the_first_batch_judges_everyone_and_the_next_only_who_is_new_or_changed(
    world: World,
) -> None:
    first, second = world.lead(), cold(world)
    due, judged = batch(world)
    assert (due.since, due.is_everyone, judged) == (None, True, 2)
    assert (place_of(world, first), place_of(world, second)) == ("waiting", "nurture")
    world.clock.advance(timedelta(hours=1))
    assert batch(world) == (replace(due, as_of=world.clock.now(), since=NOW, is_everyone=False), 0)
    world.clock.advance(timedelta(hours=1))
    third = world.lead()
    with world.runtime.transaction() as session:
        session.get_one(Lead, first).changed_at = world.clock.now()
    assert batch(world)[1] == 2
    judgements = Counter(row.lead_id for row in world.all(Judgement))
    assert judgements == {first: 2, second: 1, third: 1}
    assert len(world.all(Judging)) == 2, "nothing is opened for nobody"
    batches = [(row.judged_all, row.judged) for row in world.all(Batch)]
    assert batches == [(True, 2), (False, 0), (False, 2)]


def test_everyone_is_due_when_it_is_asked_for_or_another_version_decides(world: World) -> None:
    leads = [world.lead(), cold(world)]
    batch(world)
    world.clock.advance(DAY / 24)
    assert batch(world)[1] == 0
    world.clock.advance(DAY / 24)
    assert batch(world, everyone=True)[1] == len(leads)
    with world.runtime.transaction() as session:
        world._agreement(session, lambda data: data["scoring"].update(hand_off_at=200, hot_at=210))
    world.clock.advance(DAY / 24)
    due, judged = batch(world)
    assert (due.is_everyone, judged) == (True, len(leads))
    assert [place_of(world, lead) for lead in leads] == ["nurture", "nurture"]


def test_a_version_that_begins_to_decide_during_a_batch_makes_everyone_due_after_it(
    world: World,
) -> None:
    leads = [world.lead(), cold(world)]
    batch(world)
    world.clock.advance(DAY / 24)
    due = open_batch(world.runtime, everyone=False)
    with world.runtime.transaction() as session:
        world._agreement(session, lambda data: data["scoring"].update(hand_off_at=200, hot_at=210))
    close_batch(world.runtime, due, judged=0)
    world.clock.advance(DAY / 24)
    due, judged = batch(world)
    assert (due.is_everyone, judged) == (True, len(leads))


def test_who_does_not_qualify_is_nurtured_until_the_agreed_day(world: World) -> None:
    lead_id = cold(world)
    batch(world)
    lead = world.row(Lead, lead_id)
    assert (lead.place, lead.check_in_on) == ("nurture", (NOW + 90 * DAY).date())
    assert lead.place_reason == ("not met: The person has read or attended what we offer, lately")
    with world.runtime.transaction() as session:
        assert where_leads_are(session).difference == 0


def test_who_came_to_be_ready_in_nurture_is_handed_off(world: World) -> None:
    lead_id = world.lead()
    touch(world, lead_id, "unsubscribed", days=0)
    for _ in range(2):
        batch(world, everyone=True)
    before = place_of(world, lead_id)
    with world.runtime.transaction() as session:
        session.execute(text("delete from touch where kind = 'unsubscribed'"))
        session.get_one(Lead, lead_id).changed_at = world.clock.now()
    world.clock.advance(DAY / 24)
    batch(world, everyone=True)
    assert (before, place_of(world, lead_id)) == ("nurture", "waiting")
    assert start_hand_offs.fn(10) == 1
    assert start_hand_offs.fn(10) == 0
    assert place_of(world, lead_id) == "hand_off"


def test_the_warmest_are_handed_off_first_and_no_more_than_asked_for(world: World) -> None:
    leads = [world.lead() for _ in range(3)]
    touch(world, leads[1], "demo_request", days=0.1)
    batch(world)
    assert start_hand_offs.fn(1) == 1
    with Session(world.runtime.database) as session:
        assert session.scalars(select(HandOff.lead_id)).all() == [leads[1]]
    assert start_hand_offs.fn(10) == 2


@pytest.mark.parametrize("step_days", [3, 5, 30])
def test_what_is_due_leaves_every_lead_as_if_everyone_were_judged(
    world: World, step_days: int
) -> None:
    leads = [world.lead() if number % 3 else cold(world, **STRANGER) for number in range(12)]
    for number, lead_id in enumerate(leads):
        touch(world, lead_id, "email_click", days=55 - number)
        if number % 2:
            touch(world, lead_id, "unsubscribed", days=360 - number)
            touch(world, lead_id, "webinar", days=number)
    batch(world)
    first, judged = stands(world, leads), 0
    for _ in range(8):
        world.clock.advance(step_days * DAY)
        judged += batch(world)[1]
        assert stands(world, leads) == would_be(world, leads)
    assert stands(world, leads) != first
    assert 0 < judged < 8 * len(leads)


def routed(agreement: dict[str, Any]) -> None:
    agreement["routing"] = {
        "fallback": {"name": "Nobody's", "to": "max@seller.example", "within_minutes": 60}
    }


def test_a_lead_that_fitted_after_all_is_handed_over_again(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The committee says so (E3): it waits, and its AE's credit is gone."""
    world = World(database, monkeypatch, routed)
    hand_off_id = world.returned()
    lead_id = world.hand_off(hand_off_id).lead_id
    assert [row.given for row in world.all(RouteCounter)] == [0]
    closed_at = world.hand_off(hand_off_id).closed_at
    assert closed_at is not None
    over = closed_at + timedelta(days=32)
    with world.runtime.transaction() as session:
        period = f"{closed_at:%Y-%m}"
        draw_reviews(session, period=period, seed=1, sampling=Sampling(1, 1), at=over)
        [case] = open_reviews(session)
    batch(world)
    assert start_hand_offs.fn(10) == 0
    world.clock.advance(timedelta(hours=1))
    with world.runtime.transaction() as session:
        decided = decide(session, case.id, Miss.SALES, at=world.clock.now())
    assert decided.came_of_it == (Consequence.LEAD_WAITS, Consequence.CREDIT_WITHDRAWN)
    assert [row.given for row in world.all(RouteCounter)] == [1]
    with world.runtime.transaction() as session:
        assert where_leads_are(session).difference == 0
        assert all_faults(session, world.clock.now(), idle_minutes=0) == []
    world.clock.advance(timedelta(hours=1))
    batch(world)
    assert start_hand_offs.fn(10) == 1
    again: list[HandOff] = world.all(HandOff, HandOff.state == "open")
    assert [one.lead_id for one in again] == [lead_id]
