"""The sweep: expire, escalate, remind, settle, bring on; twice does nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from baton.engine import actions
from baton.engine.sweep import sweep
from baton.errors import MailUnavailableError
from baton.store.tables import HandOff
from tasks.approve import approve
from tasks.book import book
from tasks.introduce import introduce
from tests.engine.ageing import pass_pauses
from tests.engine.worlds import World


def test_a_wait_that_gives_up_expires_once(world: World) -> None:
    hand_off_id = world.invited()
    world.clock.advance_to(world.waits(hand_off_id)[0].due_at)
    assert sweep(world.runtime).expired == 1
    assert sweep(world.runtime).expired == 0
    (wait,) = world.waits(hand_off_id)
    assert (wait.state, wait.decision, wait.decided_by) == ("expired", "give_up", "baton")


def test_nothing_expires_a_minute_too_early(world: World) -> None:
    hand_off_id = world.invited()
    world.clock.advance_to(world.waits(hand_off_id)[0].due_at - timedelta(minutes=1))
    assert sweep(world.runtime).expired == 0


def test_an_overdue_outcome_is_escalated_to_the_manager_once_and_stays_open(world: World) -> None:
    hand_off_id = world.suspect()
    world.clock.advance_to(world.waits(hand_off_id)[-1].due_at)
    first, second = sweep(world.runtime), sweep(world.runtime)
    assert (first.escalated, second.escalated) == (1, 0)
    assert world.waits(hand_off_id)[-1].state == "open"
    assert len(world.mails_to(world.manager)) == 1


def test_the_outcome_is_asked_for_at_the_meetings_end_and_then_reminded(world: World) -> None:
    hand_off_id = world.suspect()
    before = len(world.mails_to(world.ae))
    assert sweep(world.runtime).reminded == 1
    assert sweep(world.runtime).reminded == 0
    assert "outcome_request" in " ".join(world.effects(hand_off_id))
    world.clock.advance(timedelta(minutes=240))
    assert sweep(world.runtime).reminded == 1
    assert len(world.mails_to(world.ae)) == before + 2


def test_what_a_down_mail_server_left_is_sent_by_a_later_sweep(world: World) -> None:
    world.suspect()
    world.transport.fail_next(MailUnavailableError("421"))
    assert sweep(world.runtime).unsettled == 1
    pass_pauses(world.runtime)
    result = sweep(world.runtime)
    assert (result.settled, result.unsettled) == (1, 0)


def test_effects_of_a_running_segment_are_left_to_it(world: World) -> None:
    hand_off_id = world.start()
    world.transport.fail_next(MailUnavailableError("421"))
    with pytest.raises(MailUnavailableError):
        world.walk(hand_off_id, introduce)
    with world.leased(hand_off_id):
        pass_pauses(world.runtime)
        assert sweep(world.runtime).settled == 0
    assert sweep(world.runtime).settled == 1


@pytest.mark.parametrize(
    ("state", "woken", "driven", "launched"),
    [
        ("PAUSED", 1, 0, 0),
        ("FAILED", 0, 1, 0),
        ("CRASHED", 0, 1, 0),
        ("COMPLETED", 0, 1, 0),
        (None, 0, 0, 1),
        ("RUNNING", 0, 0, 0),
        ("SCHEDULED", 0, 0, 0),
    ],
)
def test_a_decided_hand_off_that_stands_still_is_brought_on(
    world: World, state: str | None, woken: int, driven: int, launched: int
) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.engine.state = state
    result = sweep(world.runtime)
    assert (result.woken, result.driven_again, result.launched) == (woken, driven, launched)
    assert world.hand_off(hand_off_id).state == "open"


def test_a_hand_off_that_waits_for_a_person_is_left_alone(world: World) -> None:
    world.invited()
    world.engine.state = "FAILED"
    result = sweep(world.runtime)
    assert (result.woken, result.driven_again, result.launched) == (0, 0, 0)


def test_a_run_that_died_under_its_lease_is_driven_again_after_it_ended(world: World) -> None:
    hand_off_id = world.start()
    world.engine.state = "RUNNING"
    with world.leased(hand_off_id):
        assert sweep(world.runtime).driven_again == 0
        world.age_lease(hand_off_id)
        assert sweep(world.runtime).driven_again == 1


@pytest.mark.parametrize(("state", "seconds"), [("RUNNING", 60), ("PENDING", 600)])
def test_a_run_that_died_before_it_took_the_lease_is_driven_again(
    world: World, state: str, seconds: float
) -> None:
    world.start()
    world.engine.state, world.engine.for_seconds = state, seconds
    assert sweep(world.runtime).driven_again == 0
    world.engine.for_seconds += 1
    assert sweep(world.runtime).driven_again == 1


def test_what_could_not_be_launched_is_launched_when_the_engine_is_back(world: World) -> None:
    world.engine.is_up = False
    hand_off_id = world.start()
    assert world.hand_off(hand_off_id).flow_run_id is None
    assert sweep(world.runtime).launched == 0
    world.engine.is_up = True
    assert sweep(world.runtime).launched == 1
    assert sweep(world.runtime).launched == 0
    assert world.hand_off(hand_off_id).flow_run_id == f"run-{hand_off_id}"


def test_a_run_cancelled_in_prefect_cancels_the_hand_off_even_of_a_suspect(world: World) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    world.engine.state = "CANCELLED"
    assert sweep(world.runtime).cancelled == 1
    assert world.hand_off(hand_off_id).state == "cancelled"
    assert (world.lead_of(hand_off_id).status, world.lead_of(hand_off_id).place) == (
        "nurture",
        "nurture",
    )
    assert sweep(world.runtime).cancelled == 0


def test_every_kind_of_wait_can_be_reminded_and_escalated(
    world_with: Callable[[Any], World],
) -> None:
    def eager(agreement: dict[str, Any]) -> None:
        agreement["approval"] = {"when": "always"}
        agreement["slas"] = []
        for promise in agreement["promises"].values():
            promise.update(remind_after_minutes=[1], on_expiry="escalate")
            promise.pop("escalate_after_minutes", None)

    world = world_with(eager)
    approval = world.start()
    world.walk(approval, approve)
    result = _two_days_later(world, approval)
    assert (result.reminded, result.escalated) == (1, 1)
    actions.approve(world.runtime, approval, approved=True, by=world.approver)
    world.run(approve, approval)
    world.run(introduce, approval)
    world.run(book, approval)
    assert world.waits(approval)[-1].kind == "acceptance"
    result = _two_days_later(world, approval)
    assert (result.reminded, result.escalated) == (1, 1)
    questions = world.start(seniority=None, title=None)
    world.walk(questions, world.stage("validate"))
    result = _two_days_later(world, questions)
    assert (result.reminded, result.escalated) == (1, 1)


def test_a_wait_that_nobody_can_be_told_of_does_not_hold_up_the_others(world: World) -> None:
    overdue, given_up = world.suspect(), world.invited()
    with world.runtime.transaction() as session:
        session.execute(world.sql("update rep set is_active = role = 'AE'"))
    world.clock.advance(timedelta(days=4))
    result = sweep(world.runtime)
    assert (result.escalated, result.expired) == (0, 1)
    assert world.waits(given_up)[-1].state == "expired"
    with world.runtime.transaction() as session:
        session.execute(world.sql("update rep set is_active = true"))
    assert sweep(world.runtime).escalated == 1
    assert world.waits(overdue)[-1].escalated_at is not None


def _two_days_later(world: World, hand_off_id: Any) -> Any:
    world.clock.advance_to(world.waits(hand_off_id)[-1].due_at + timedelta(minutes=1))
    return sweep(world.runtime)


def test_a_lead_that_is_nowhere_is_counted(world: World) -> None:
    lead_id = world.lead()
    assert sweep(world.runtime).difference == 0
    with world.runtime.transaction() as session:
        session.execute(world.sql("update lead set place = 'quarantined', place_reason = 'lost'"))
    assert sweep(world.runtime).difference == 1
    assert world.all(HandOff, HandOff.lead_id == lead_id) == []
