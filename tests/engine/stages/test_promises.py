"""Promises of the agreement's SLAs: begun and kept by what happens, broken by time alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import OutcomeKind
from baton.engine import actions
from baton.engine.stage import Asleep, Finished
from baton.engine.sweep import sweep
from baton.rulebook.sla_due import Clock, due_time
from baton.rulebook.sla_part import Sla
from baton.store.reps import rep_by_email
from baton.store.sla_reports import promises_of_lead, sla_figures
from baton.store.tables import Decision, PromiseRow
from tasks.book import book
from tests.engine.stages.conftest import Change
from tests.engine.worlds import World

TOUCH = {
    "id": "first-touch",
    "name": "First touch",
    "owed_by": "ae",
    "since": "introduced",
    "until": "first_touch",
    "within_minutes": 240,
}
ANSWER = {
    "id": "answer",
    "name": "The AE answers",
    "owed_by": "ae",
    "since": "introduced",
    "until": "introduction_answered",
    "within_minutes": 600,
    "minutes": "clock",
    "remind_before_minutes": [60],
    "escalate": [
        {"after_minutes": 0, "step": "remind"},
        {"after_minutes": 60, "step": "manager"},
        {"after_minutes": 120, "step": "reassign"},
    ],
}
OUTCOME = {
    "id": "outcome",
    "name": "The AE says what came of it",
    "owed_by": "ae",
    "since": "meeting_ended",
    "until": "outcome_said",
    "within_minutes": 60,
    "measure_on": False,
}


def promising(*slas: dict[str, Any], **appointment: Any) -> Change:
    def change(content: dict[str, Any]) -> None:
        content["slas"] = list(slas)
        content.pop("quota", None)
        content["techniques"]["appointment"].update(appointment)
        # What the waits do by themselves is not meant here.
        content["promises"]["acceptance"] = {"within_minutes": 20_000, "on_expiry": "give_up"}

    return change


def promises(world: World, hand_off_id: uuid.UUID) -> list[PromiseRow]:
    found: list[PromiseRow] = world.all(PromiseRow, PromiseRow.hand_off_id == hand_off_id)
    return sorted(found, key=lambda row: row.id)


def overdue(world: World) -> list[bytes]:
    mails = [mail.content for mail in world.mails_to(world.manager)]
    return [mail for mail in mails if b"Subject: Overdue: answer the introduction" in mail]


def due(world: World, row: PromiseRow) -> Decision:
    found: Decision = world.row(Decision, row.decision_id)
    return found


def test_a_promise_counts_the_working_minutes_of_who_owes_it_and_tells_them(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising(TOUCH))
    hand_off_id = world.invited()
    assert sweep(world.runtime).promised == 1
    assert sweep(world.runtime).promised == 0
    (row,) = promises(world, hand_off_id)
    decision = due(world, row)
    assert (row.state, row.since) == ("open", world.hand_off(hand_off_id).introduced_at)
    assert decision.reasons[0].startswith("First touch: the AE has 240 working minutes from when")
    assert "by the hours of Ida Moor" in decision.reasons[0]
    assert any(reason.startswith("counted: ") for reason in decision.reasons)
    # Replayed from what is stored it is the same (I8).
    agreed = Sla.model_validate(
        {key: decision.facts[key] for key in Sla.model_fields if key in decision.facts}
        | {"id": decision.facts["promise"], "since": TOUCH["since"]}
    )
    again = due_time(agreed, row.since, Clock.of_facts(decision.facts["clock"]))
    assert again.due_at == row.due_at
    assert list(again.reasons) == decision.reasons


def test_an_attempt_of_the_ae_keeps_it_and_one_of_the_sdr_does_not(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising(TOUCH))
    hand_off_id = world.invited()
    for who, state in ((world.sdr, "open"), (world.ae, "kept")):
        world.clock.advance(timedelta(minutes=7))
        actions.log_attempt(world.runtime, world.lead_of(hand_off_id).id, channel="call", by=who)
        sweep(world.runtime)
        (row,) = promises(world, hand_off_id)
        assert row.state == state
    assert row.fulfilled_at == world.clock.now()
    assert row.took_minutes == pytest.approx(14, abs=1)
    assert row.next_at is None


def test_time_alone_breaks_it_and_the_ladder_is_climbed_step_by_step(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising(ANSWER))
    world.rep("AE", "Eva")
    hand_off_id = world.invited()
    sweep(world.runtime)
    told: list[tuple[str, int, int]] = []
    for minutes in (539, 2, 58, 2, 58, 2):
        world.clock.advance(timedelta(minutes=minutes))
        found = sweep(world.runtime)
        again = sweep(world.runtime)
        told.append((promises(world, hand_off_id)[0].state, found.reminded, found.escalated))
        assert (again.reminded, again.escalated, again.breached) == (0, 0, 0)
    assert told == [
        ("open", 0, 0),
        ("open", 1, 0),
        ("open", 0, 0),
        ("breached", 1, 0),
        ("breached", 0, 0),
        ("breached", 0, 1),
    ]
    assert len(overdue(world)) == 1
    assert world.effects(hand_off_id)["notice:reminder-promise-1-1"] == "done"


def past_reassigning(world: World, hand_off_id: uuid.UUID) -> None:
    sweep(world.runtime)
    for minutes in (600, 60, 60):
        world.clock.advance(timedelta(minutes=minutes))
        sweep(world.runtime)


def test_another_ae_takes_over_with_the_context_and_a_promise_of_their_own(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising(ANSWER, max_proposals=1, lead_time_minutes=2880))
    eva = world.rep("AE", "Eva")
    hand_off_id = world.invited()
    past_reassigning(world, hand_off_id)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "replaced"
    assert world.engine.woken
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert b"Eva Moor" in world.last_mail(hand_off_id, "introduction")
    assert world.effects(hand_off_id)["context_packet:1-2"] == "done"
    first, second = world.meetings(hand_off_id)
    assert first.ae_id != second.ae_id == world.hand_off(hand_off_id).ae_id
    sweep(world.runtime)
    before, after = promises(world, hand_off_id)
    assert (before.state, before.is_measured, before.why) == ("breached", False, "it began anew")
    assert (after.state, after.responsible_id) == ("open", second.ae_id)
    assert after.since == world.clock.now()
    # The AE before hears that it is off, and the new one can keep the promise.
    assert world.effects(hand_off_id)["invite_cancellation:1-ae"] == "done"
    world.replies(hand_off_id, eva)
    sweep(world.runtime)
    assert promises(world, hand_off_id)[1].state == "kept"


def test_where_nobody_else_may_have_it_the_manager_is_told_and_the_lead_hears_nothing(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising(ANSWER))
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email or ""
    heard = len(world.mails_to(lead))
    past_reassigning(world, hand_off_id)
    sweep(world.runtime)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
    (row,) = promises(world, hand_off_id)
    assert (row.state, row.replaced_at, row.acted) == ("breached", None, 4)
    assert (len(overdue(world)), len(world.mails_to(lead))) == (2, heard)


def test_late_is_late_and_how_late_is_measured(world_with: Callable[[Change], World]) -> None:
    world = world_with(promising({**ANSWER, "escalate": [], "remind_before_minutes": []}))
    hand_off_id = world.invited()
    world.clock.advance(timedelta(minutes=900))
    world.replies(hand_off_id, world.ae)
    assert sweep(world.runtime).breached == 1
    (row,) = promises(world, hand_off_id)
    assert (row.state, row.fulfilled_at) == ("breached", world.clock.now())
    assert row.took_minutes == pytest.approx(900, abs=1)


def test_what_a_promise_began_with_may_be_off(world_with: Callable[[Change], World]) -> None:
    world = world_with(promising(OUTCOME))
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    sweep(world.runtime)
    (row,) = promises(world, hand_off_id)
    assert (row.state, row.since) == ("open", world.meetings(hand_off_id)[0].during.upper)
    actions.cancel_hand_off(world.runtime, hand_off_id, by=world.manager, reason="off")
    sweep(world.runtime)
    (row,) = promises(world, hand_off_id)
    assert (row.state, row.is_measured, row.next_at) == ("cancelled", False, None)
    assert row.why == "what it began with is off"


@pytest.mark.parametrize(("late", "state"), [(0, "kept"), (90, "breached")])
def test_the_word_on_a_meeting_is_measured_or_not_as_agreed(
    world_with: Callable[[Change], World], late: int, state: str
) -> None:
    world = world_with(promising(OUTCOME))
    hand_off_id = world.suspect()
    sweep(world.runtime)
    # The hours of the AE may end before; by the clock of a whole day they do not.
    world.clock.advance(timedelta(days=late // 30))
    sweep(world.runtime)
    world.report(hand_off_id, OutcomeKind.MET)
    sweep(world.runtime)
    (row,) = promises(world, hand_off_id)
    assert row.state == state
    # Without `measure_on` a broken promise is not measured any further.
    assert (row.fulfilled_at is None) == (state == "breached")


def test_hours_that_nobody_has_make_every_minute_count(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising(TOUCH))
    hand_off_id = world.invited()
    with world.runtime.transaction() as session:
        ae = rep_by_email(session, world.ae)
        assert ae is not None
        ae.working_hours = {}
    sweep(world.runtime)
    (row,) = promises(world, hand_off_id)
    assert row.due_at - row.since == timedelta(minutes=240)
    assert "every minute counts, because of this" in due(world, row).reasons[1]


def test_agreements_without_slas_promise_nothing(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising())
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    assert isinstance(world.run(book, hand_off_id), Finished)
    sweep(world.runtime)
    assert promises(world, hand_off_id) == []


def test_marketings_number_of_leads_is_a_promise_of_the_month(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(
        lambda content: content.update(quota={"sales_qualified_a_month": 1}, slas=[])
    )
    assert [sweep(world.runtime).promised for _ in range(2)] == [1, 0]
    world.transferred()
    april = datetime(2026, 4, 1, tzinfo=UTC)
    for at, found in ((april, (1, 0)), (datetime(2026, 5, 1, tzinfo=UTC), (1, 1))):
        world.clock.advance_to(at)
        swept = sweep(world.runtime)
        assert (swept.promised, swept.breached) == found
    march, empty, _ = sorted(world.all(PromiseRow), key=lambda row: row.since)
    assert (march.state, empty.state, empty.team) == ("kept", "breached", "marketing")
    assert empty.why == "1 sales-qualified leads in April 2026 (UTC)"
    with world.runtime.transaction() as session:
        until = world.clock.now() + timedelta(minutes=1)
        (figures,) = sla_figures(session, since=march.since, until=until)
    assert figures.name == "Sales-qualified leads a month"
    assert (figures.kept, figures.breached, figures.open) == (1, 1, 1)


def test_the_report_counts_by_promise_and_team_and_tells_how_long_they_took(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(promising({**ANSWER, "escalate": [], "remind_before_minutes": []}))
    hand_offs = [world.invited() for _ in range(3)]
    for hand_off_id, minutes in zip(hand_offs[:2], (30, 900), strict=True):
        world.clock.advance(timedelta(minutes=minutes))
        world.replies(hand_off_id, world.ae)
        sweep(world.runtime)
    now = world.clock.now() + timedelta(minutes=1)
    with world.runtime.transaction() as session:
        (all_of_it,) = sla_figures(session, since=now - timedelta(days=2), until=now)
        early = now - timedelta(minutes=860)
        (before,) = sla_figures(session, since=now - timedelta(days=2), until=early)
        story = promises_of_lead(session, world.hand_off(hand_offs[1]).lead_id)
    assert (all_of_it.sla, all_of_it.name, all_of_it.team) == ("answer", "The AE answers", "sales")
    assert (all_of_it.kept, all_of_it.breached, all_of_it.open) == (1, 2, 0)
    assert all_of_it.kept_ratio == pytest.approx(1 / 3)
    assert all_of_it.median_minutes == pytest.approx((30 + 930) / 2, abs=1)
    assert all_of_it.p90_minutes == pytest.approx(30 + 0.9 * 900, abs=1)
    assert (before.kept, before.breached, before.open) == (1, 0, 2)
    (told,) = story
    assert (told.state, told.responsible) == ("breached", world.ae)
    assert told.took_minutes == pytest.approx(930, abs=1)
