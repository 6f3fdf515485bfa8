"""Enrich, score, validate and approve: one test an outcome, and twice is once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from baton.domain.hand_off import WaitKind
from baton.engine import actions
from baton.engine.stage import Asleep, Finished, Over
from baton.rulebook.judged import qualifications_of
from baton.store.tables import Lead, Touch
from tasks.approve import approve
from tasks.enrich import enrich
from tasks.score import score
from tasks.validate import validate
from tests.engine.stages.conftest import Change
from tests.engine.worlds import NOW, World


def always_approved(agreement: dict[str, Any]) -> None:
    agreement["approval"] = {"when": "always"}


def is_in_nurture(world: World, hand_off_id: Any) -> bool:
    lead, hand_off = world.lead_of(hand_off_id), world.hand_off(hand_off_id)
    in_90_days = (NOW + timedelta(days=90)).date()
    return (lead.place, lead.check_in_on, hand_off.state, lead.place_reason) == (
        "nurture",
        in_90_days,
        "not_qualified",
        hand_off.close_reason,
    )


def test_enrich_fills_in_what_follows_from_what_the_lead_gave(world: World) -> None:
    hand_off_id = world.start(title="VP of Sales", seniority=None, function=None)
    assert world.run(enrich, hand_off_id) == Finished()
    lead = world.lead_of(hand_off_id)
    assert (lead.seniority, lead.function, lead.enriched_at) == ("vp", "sales", NOW)
    assert world.run(enrich, hand_off_id) == Finished()
    assert world.lead_of(hand_off_id).seniority == "vp"


def test_enrich_ends_the_hand_off_of_a_duplicate(world: World) -> None:
    older = world.lead(phone_e164="+4930123456", family_name="Moor")
    hand_off_id = world.start(phone_e164="+4930123456", family_name="Moor")
    assert world.run(enrich, hand_off_id) == Over(f"duplicate of lead {older}")
    lead = world.lead_of(hand_off_id)
    assert (lead.place, lead.place_reason) == ("closed", f"duplicate of lead {older}")
    assert lead.duplicate_of == older
    assert world.hand_off(hand_off_id).state == "closed"
    assert world.run_again(enrich, hand_off_id) == Over(f"duplicate of lead {older}")


def test_score_finishes_with_the_points_and_stores_why(world: World) -> None:
    hand_off_id = world.start()
    step = world.run(score, hand_off_id)
    assert isinstance(step, Finished)
    with world.runtime.transaction() as session:
        (decision,) = qualifications_of(session, world.hand_off(hand_off_id).lead_id)
    assert decision.result["total_points"] == step.result["total_points"] >= 50
    assert (decision.hand_off_id, decision.agreement_id) == (hand_off_id, world.agreement_id)
    assert decision.facts
    assert decision.reasons


def test_score_below_a_floor_sends_the_lead_to_nurture(world: World) -> None:
    hand_off_id = world.start()
    with world.runtime.transaction() as session:
        session.query(Touch).delete()
    step = world.run(score, hand_off_id)
    assert isinstance(step, Over)
    assert "warmth 0" in step.reason
    assert is_in_nurture(world, hand_off_id)
    assert world.run_again(score, hand_off_id) == step


def test_validate_lets_pass_who_meets_the_definition(world: World) -> None:
    hand_off_id = world.start()
    step = world.walk(hand_off_id, validate)
    assert isinstance(step, Finished)
    assert "decides" in step.result["met"]


def test_an_unmet_criterion_sends_the_lead_to_nurture(world: World) -> None:
    hand_off_id = world.start(custom={"Student project": "yes"}, answers={"has_need": True})
    with world.runtime.transaction() as session:
        lead_id = world.hand_off(hand_off_id).lead_id
        session.add(
            Touch(lead_id=lead_id, kind="competitor", at=NOW - timedelta(days=3000), detail="")
        )
    step = world.run(validate, hand_off_id)
    assert step == Over("not met: Neither a competitor, nor a student, nor nobody's address")
    assert is_in_nurture(world, hand_off_id)


def test_an_unknown_criterion_becomes_a_question_to_the_sdr(world: World) -> None:
    hand_off_id = world.start(seniority=None, title=None)
    world.walk(hand_off_id, enrich)
    step = world.run(validate, hand_off_id)
    (wait,) = world.waits(hand_off_id)
    assert step == Asleep(wait.id)
    assert wait.kind == "answers"
    required, *optional = [q["criterion"] for q in wait.questions]
    assert required == "decides"
    assert optional == ["timetable", "budget", "replaces-something", "our-persona", "ideal-company"]
    assert world.hand_off(hand_off_id).next_step == "answer the open questions"
    assert world.run(validate, hand_off_id) == step
    assert len(world.waits(hand_off_id)) == len(world.mails_to(world.sdr)) == 1


def test_an_answer_settles_the_question_and_giving_up_ends_it(world: World) -> None:
    answered, given_up = (world.start(seniority=None, title=None) for _ in range(2))
    for hand_off_id in (answered, given_up):
        world.run(validate, hand_off_id)
    actions.answer_questions(
        world.runtime, answered, answers={"is_decision_maker": True}, by=world.sdr
    )
    actions.answer_questions(world.runtime, given_up, answers={}, by=world.sdr)
    assert isinstance(world.run(validate, answered), Finished)
    assert world.lead_of(answered).answers == {"is_decision_maker": True}
    step = world.run(validate, given_up)
    assert isinstance(step, Over)
    assert step.reason.startswith("still unknown: We talk to someone who decides")
    assert is_in_nurture(world, given_up)


def test_an_answer_that_settles_nothing_is_asked_again(world: World) -> None:
    hand_off_id = world.start(seniority=None, title=None)
    first = world.run(validate, hand_off_id)
    actions.answer_questions(world.runtime, hand_off_id, answers={"has_need": True}, by=world.sdr)
    second = world.run(validate, hand_off_id)
    assert isinstance(second, Asleep)
    assert second != first
    assert [w.state for w in world.waits(hand_off_id)] == ["decided", "open"]
    assert len(world.mails_to(world.sdr)) == 2


def test_approve_asks_nobody_where_the_score_is_clear(world: World) -> None:
    hand_off_id = world.start()
    assert world.walk(hand_off_id, approve) == Finished({"asked": False})


def test_approve_waits_for_the_approver_and_goes_by_the_word(world_with: Any) -> None:
    change: Change = always_approved
    world: World = world_with(change)
    yes, no = world.start(), world.start()
    for hand_off_id in (yes, no):
        step = world.walk(hand_off_id, approve)
        (wait,) = world.waits(hand_off_id)
        assert step == Asleep(wait.id)
        assert world.run(approve, hand_off_id) == step
    assert len(world.mails_to(world.approver)) == 2
    actions.approve(world.runtime, yes, approved=True, by=world.approver)
    actions.approve(world.runtime, no, approved=False, by=world.approver)
    assert world.run(approve, yes) == Finished({"asked": True})
    assert world.run(approve, no) == Over("the approver said reject")
    assert is_in_nurture(world, no)
    assert world.decide(no, WaitKind.APPROVAL) == "reject"
    assert world.row(Lead, world.hand_off(yes).lead_id).place == "hand_off"
