"""What people do to a hand-off, over all its states: taken where it is due, refused elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from baton.domain.meeting import OutcomeKind
from baton.engine import actions
from baton.errors import InputError, NotFoundError, NotSignedError, RefusedError
from baton.store.tables import Attempt, HandOff, Outcome
from tasks.approve import approve
from tasks.await_outcome import await_outcome
from tasks.book import book
from tests.engine.stages.test_opting_out import asked, unreachable
from tests.engine.worlds import World


def unapproved(world: World) -> uuid.UUID:
    hand_off_id = world.start()
    world.walk(hand_off_id, approve)
    return hand_off_id


def booked(world: World) -> uuid.UUID:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    world.run(await_outcome, hand_off_id)
    return hand_off_id


def cancelled(world: World) -> uuid.UUID:
    hand_off_id = world.start()
    actions.cancel_hand_off(world.runtime, hand_off_id, by="Max", reason="a test")
    return hand_off_id


STATES: dict[str, Callable[[World], uuid.UUID]] = {
    "opened": World.start,
    "answers": asked,
    "contact": unreachable,
    "approval": unapproved,
    "acceptance": World.invited,
    "outcome": World.suspect,
    "transferred": World.transferred,
    "returned": World.returned,
    "cancelled": cancelled,
}
# Each action with the one wait that it answers.
ACTIONS: dict[str, tuple[str, Callable[[World, uuid.UUID], object]]] = {
    "approve": (
        "approval",
        lambda w, h: actions.approve(w.runtime, h, approved=True, by=w.approver),
    ),
    "answer_questions": (
        "answers",
        lambda w, h: actions.answer_questions(w.runtime, h, answers={}, by=w.sdr),
    ),
    "correct_contact": (
        "contact",
        lambda w, h: actions.correct_contact(w.runtime, h, email="a@b.example", by=w.sdr),
    ),
    "report_outcome": ("outcome", lambda w, h: w.report(h, OutcomeKind.MET)),
}


def approval_only_of(hand_off_state: str) -> Callable[[dict[str, Any]], None] | None:
    if hand_off_state != "approval":
        return None
    return lambda agreement: agreement.update(approval={"when": "always"})


@pytest.mark.parametrize("state", STATES)
def test_an_action_is_taken_only_by_a_hand_off_that_waits_for_it(
    world_with: Callable[[Any], World], state: str
) -> None:
    world = world_with(approval_only_of(state))
    hand_off_id = STATES[state](world)
    before = (world.hand_off(hand_off_id).state, world.lead_of(hand_off_id).status)
    for answers, act in ACTIONS.values():
        if answers != state:
            with pytest.raises(RefusedError, match="does not wait for"):
                act(world, hand_off_id)
    assert (world.hand_off(hand_off_id).state, world.lead_of(hand_off_id).status) == before
    for answers, act in ACTIONS.values():
        if answers == state:
            act(world, hand_off_id)
            assert world.waits(hand_off_id)[-1].state == "decided"
            assert world.engine.woken[-1] == f"run-{hand_off_id}"
            with pytest.raises(RefusedError, match="does not wait for"):
                act(world, hand_off_id)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_on_no_hand_off_says_so(world: World, action: str) -> None:
    with pytest.raises(NotFoundError, match="There is no hand-off"):
        ACTIONS[action][1](world, uuid.uuid4())


def test_only_those_whose_part_it_is_may_act(world_with: Callable[[Any], World]) -> None:
    world = world_with(approval_only_of("approval"))
    runtime, nobody = world.runtime, "nobody@elsewhere.example"
    approval, questions = unapproved(world), asked(world)
    for by in (world.sdr, world.ae, nobody):
        with pytest.raises(RefusedError, match="is not an active APPROVER or MANAGER"):
            actions.approve(runtime, approval, approved=True, by=by)
    for by in (world.ae, world.approver, nobody):
        with pytest.raises(RefusedError, match="is not an active SDR or MANAGER"):
            actions.answer_questions(runtime, questions, answers={}, by=by)
    assert [w.state for w in world.waits(approval)] == ["open"]
    actions.approve(runtime, approval, approved=True, by=world.manager)


def test_only_its_own_ae_reports_an_outcome(world: World) -> None:
    hand_off_id = world.suspect()
    world.rep("AE", "Eve")
    report: dict[str, Any] = {"kind": OutcomeKind.NO_SHOW, "verdicts": {}, "feedback": ""}
    with pytest.raises(RefusedError, match="is not the AE of hand-off"):
        actions.report_outcome(world.runtime, hand_off_id, **report, by="eve@seller.example")
    with pytest.raises(RefusedError, match="is not an active AE or MANAGER"):
        actions.report_outcome(world.runtime, hand_off_id, **report, by=world.sdr)
    actions.report_outcome(world.runtime, hand_off_id, **report, by=world.manager)
    assert len(world.all(Outcome)) == 1


def test_an_outcome_is_refused_before_the_meeting_is_over(world: World) -> None:
    hand_off_id = booked(world)
    with pytest.raises(RefusedError, match="can be given after that"):
        world.report(hand_off_id, OutcomeKind.MET)


MET, NOT_MET = OutcomeKind.MET, OutcomeKind.NOT_MET


@pytest.mark.parametrize(
    ("kind", "change", "feedback", "message"),
    [
        (MET, {"decides": None}, "", "missing: decides"),
        (MET, {"decides": "unmet"}, "", "these are unmet: decides"),
        (MET, {"decides": "unknown"}, "", "nobody knows these yet: decides"),
        (MET, {"decides": "perhaps"}, "", "met, unmet or unknown, not 'perhaps'"),
        (MET, {"charm": "met"}, "", "No criterion is called charm"),
        (NOT_MET, {}, "No.", "say which criteria were unmet"),
        (NOT_MET, {"decides": "unmet"}, "  ", "needs feedback in the AE's own words"),
        (NOT_MET, {"decides": None}, "No.", "missing: decides"),
    ],
)
def test_an_outcome_that_says_too_little_is_refused(
    world: World, kind: OutcomeKind, change: dict[str, str | None], feedback: str, message: str
) -> None:
    hand_off_id = world.suspect()
    said = {k: v for k, v in (world.verdicts() | change).items() if v is not None}
    with pytest.raises(InputError, match=message):
        actions.report_outcome(
            world.runtime, hand_off_id, kind=kind, verdicts=said, feedback=feedback, by=world.ae
        )
    assert world.all(Outcome) == []
    assert world.waits(hand_off_id)[-1].state == "open"


@pytest.mark.parametrize(
    ("answers", "message"),
    [({"shoe_size": 44}, "cannot be answered"), ({"is_decision_maker": "yes"}, "wants a boolean")],
)
def test_an_answer_that_is_none_is_refused(
    world: World, answers: dict[str, Any], message: str
) -> None:
    hand_off_id = asked(world)
    with pytest.raises(InputError, match=message):
        actions.answer_questions(world.runtime, hand_off_id, answers=answers, by=world.sdr)
    assert world.waits(hand_off_id)[-1].state == "open"


@pytest.mark.parametrize("email", ["+49 30 901820", "nothing", ""])
def test_another_contact_must_be_a_mail_address(world: World, email: str) -> None:
    hand_off_id = unreachable(world)
    with pytest.raises(InputError):
        actions.correct_contact(world.runtime, hand_off_id, email=email, by=world.sdr)


def test_starting_twice_is_one_hand_off(world: World) -> None:
    lead_id = world.lead()
    first, second = (world.start(lead_id) for _ in range(2))
    assert first == second
    assert len(world.all(HandOff)) == 1


@pytest.mark.parametrize("state", ["transferred", "opted out"])
def test_a_lead_at_its_end_cannot_be_handed_over(world: World, state: str) -> None:
    if state == "transferred":
        lead = world.lead_of(world.transferred())
    else:
        hand_off_id = world.start()
        world.opt_out(world.lead_of(hand_off_id).email or "")
        lead = world.lead_of(hand_off_id)
    with pytest.raises(RefusedError, match="only a waiting or nurtured lead"):
        world.start(lead.id)
    with pytest.raises(NotFoundError):
        world.start(10**9)


def test_a_returned_lead_can_be_handed_over_again_from_the_beginning(world: World) -> None:
    first = world.returned()
    second = world.start(world.hand_off(first).lead_id)
    assert second != first
    assert world.hand_off(second).introduced_at is None


def test_nothing_starts_without_an_agreement(world: World) -> None:
    lead_id = world.lead()
    with world.runtime.transaction() as session:
        session.execute(world.sql("truncate activation"))
    with pytest.raises(NotSignedError):
        world.start(lead_id)


@pytest.mark.parametrize("state", ["opened", "answers", "contact", "acceptance"])
def test_cancelling_sends_the_lead_to_nurture(world: World, state: str) -> None:
    hand_off_id = STATES[state](world)
    actions.cancel_hand_off(world.runtime, hand_off_id, by="Max", reason="a mistake")
    lead = world.lead_of(hand_off_id)
    assert (lead.place, lead.place_reason) == ("nurture", "a mistake")
    with pytest.raises(RefusedError, match="is cancelled already"):
        actions.cancel_hand_off(world.runtime, hand_off_id, by="Max", reason="again")


def test_cancelling_a_booked_meeting_calls_it_off(world: World) -> None:
    hand_off_id = booked(world)
    actions.cancel_hand_off(world.runtime, hand_off_id, by="Max", reason="they called")
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled"]
    assert world.lead_of(hand_off_id).status == "nurture"
    cancellation = world.last_mail(hand_off_id, "invite_cancelled")
    calendar = world.calendar_of(cancellation)
    assert (calendar["METHOD"], calendar.walk("VEVENT")[0]["SEQUENCE"]) == ("CANCEL", 1)


def test_cancelling_after_the_meeting_is_refused_for_want_of_feedback(world: World) -> None:
    hand_off_id = world.suspect()
    with pytest.raises(RefusedError, match="its outcome ends the hand-off"):
        actions.cancel_hand_off(world.runtime, hand_off_id, by="Max", reason="never mind")
    assert world.hand_off(hand_off_id).state == "open"


def test_an_attempt_is_logged_once_a_key(world: World) -> None:
    lead_id = world.lead()
    args = {"channel": "phone", "by": world.sdr, "note": "no answer", "key": "call-1"}
    assert actions.log_attempt(world.runtime, lead_id, **args)
    assert not actions.log_attempt(world.runtime, lead_id, **args)
    assert len(world.all(Attempt)) == 1
    with pytest.raises(RefusedError):
        actions.log_attempt(world.runtime, lead_id, channel="phone", by="x@elsewhere.example")
    world.clock.advance(timedelta(hours=1))
    assert actions.log_attempt(world.runtime, lead_id, channel="phone", by=world.sdr)
