"""Await outcome, transfer and return: one test an outcome, and twice is once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from baton.domain.meeting import OutcomeKind
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished, Over
from baton.store.crm import crm_view
from baton.store.tables import OwnerChange, StatusChange
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.return_to_nurture import return_to_nurture
from tasks.transfer import transfer
from tests.engine.stages.conftest import Change
from tests.engine.worlds import World


@pytest.fixture
def world(world_with: Callable[[Change], World]) -> World:
    """Teams that agreed on no second chance; test_second_chances.py has the others."""
    return world_with(lambda content: content["techniques"]["appointment"].pop("no_show_rebooks"))


def test_the_outcome_is_owed_from_the_meetings_end(world: World) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    step = world.run(await_outcome, hand_off_id)
    wait = world.waits(hand_off_id)[-1]
    assert step == Asleep(wait.id)
    end = times_of(world.meetings(hand_off_id)[0])[1]
    assert (wait.kind, wait.not_before, wait.remind_at[0]) == ("outcome", end, end.isoformat())
    assert world.run(await_outcome, hand_off_id) == step


@pytest.mark.parametrize("kind", [OutcomeKind.MET, OutcomeKind.NOT_MET, OutcomeKind.NO_SHOW])
def test_what_the_ae_says_is_the_stages_result(world: World, kind: OutcomeKind) -> None:
    hand_off_id = world.reported(kind)
    assert world.run(await_outcome, hand_off_id) == Finished({"outcome": kind})
    assert world.run(await_outcome, hand_off_id) == Finished({"outcome": kind})


def test_a_moved_meeting_is_proposed_confirmed_and_awaited_again(world: World) -> None:
    hand_off_id = world.reported(OutcomeKind.RESCHEDULED)
    proposed = world.run(await_outcome, hand_off_id)
    assert [w.kind for w in world.waits(hand_off_id)][-1] == "acceptance"
    assert world.run(await_outcome, hand_off_id) == proposed
    world.accept(hand_off_id)
    awaited = world.run(await_outcome, hand_off_id)
    assert awaited == Asleep(world.waits(hand_off_id)[-1].id)
    assert world.waits(hand_off_id)[-1].kind == "outcome"
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled", "confirmed"]
    world.clock.advance_to(world.waits(hand_off_id)[-1].not_before + timedelta(minutes=1))
    world.report(hand_off_id, OutcomeKind.MET)
    assert world.run(await_outcome, hand_off_id) == Finished({"outcome": OutcomeKind.MET})


def test_a_moved_meeting_that_nobody_accepts_returns_the_lead(world: World) -> None:
    hand_off_id = world.reported(OutcomeKind.RESCHEDULED)
    world.run(await_outcome, hand_off_id)
    world.expire_wait(hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Over)
    assert world.lead_of(hand_off_id).place == "nurture"


def test_transfer_moves_status_owner_and_crm_together_once(world: World) -> None:
    hand_off_id = world.transferred()
    lead, hand_off = world.lead_of(hand_off_id), world.hand_off(hand_off_id)
    assert (lead.status, lead.place, lead.owner_id) == (
        "sales_qualified",
        "with_ae",
        hand_off.ae_id,
    )
    assert hand_off.state == "transferred"
    sent = world.transport.sent
    assert {world.ae, world.sdr} < set(sent[-1].recipients)
    assert isinstance(world.run_again(transfer, hand_off_id), Over)
    assert world.transport.sent == sent
    with world.runtime.transaction() as session:
        shown = crm_view(session, lead.id)
    assert (shown.status, shown.owner_email) == ("sales_qualified", world.ae)
    owners = [c.to_id for c in world.all(OwnerChange, OwnerChange.lead_id == lead.id)]
    assert owners[-1] == hand_off.ae_id
    statuses = [c.to_status for c in world.all(StatusChange, StatusChange.lead_id == lead.id)]
    assert statuses.count("sales_qualified") == 1


@pytest.mark.parametrize(
    ("kind", "days", "reason"),
    [
        (OutcomeKind.NOT_MET, 60, "not met: decides"),
        (OutcomeKind.NO_SHOW, 14, "the lead did not come"),
    ],
)
def test_a_return_keeps_the_sdr_and_sets_a_check_in(
    world: World, kind: OutcomeKind, days: int, reason: str
) -> None:
    hand_off_id = world.reported(kind)
    world.run(await_outcome, hand_off_id)
    step = world.run(return_to_nurture, hand_off_id)
    assert step == Over(reason)
    lead, hand_off = world.lead_of(hand_off_id), world.hand_off(hand_off_id)
    assert (lead.status, lead.place, lead.owner_id) == ("nurture", "nurture", hand_off.sdr_id)
    assert lead.check_in_on == (world.clock.now() + timedelta(days=days)).date()
    sent = world.transport.sent
    assert sent[-1].recipients[0] == world.sdr
    assert world.run_again(return_to_nurture, hand_off_id) == step
    assert world.transport.sent == sent
