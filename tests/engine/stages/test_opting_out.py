"""An opt-out in every state that a lead can be in (B9, I4)."""

from __future__ import annotations

import email
import uuid
from collections.abc import Callable
from email.policy import default

import pytest

from baton.domain.meeting import OutcomeKind
from baton.engine.opting_out import opt_out
from baton.engine.stage import Over, StageTask
from baton.engine.sweep import sweep
from baton.errors import InputError, MailRefusedError, MailUnavailableError
from baton.store.crm import crm_view
from baton.store.intake import insert_opt_outs
from baton.store.opt_outs import record_opt_out
from baton.store.tables import Lead, OptOut
from baton.testing.crm import FakeCrm
from tasks.await_outcome import await_outcome
from tasks.introduce import introduce
from tasks.return_to_nurture import return_to_nurture
from tasks.transfer import transfer
from tasks.validate import validate
from tests.engine.ageing import pass_pauses
from tests.engine.worlds import World


def asked(world: World) -> uuid.UUID:
    hand_off_id = world.start(seniority=None, title=None)
    world.walk(hand_off_id, validate)
    return hand_off_id


def unreachable(world: World) -> uuid.UUID:
    hand_off_id = world.start()
    world.transport.fail_next(MailRefusedError("550"))
    world.walk(hand_off_id, introduce)
    return hand_off_id


def cut_off(world: World) -> uuid.UUID:
    hand_off_id = world.start()
    world.transport.fail_next(MailUnavailableError("421"))
    with pytest.raises(MailUnavailableError):
        world.walk(hand_off_id, introduce)
    return hand_off_id


def words_of(content: bytes) -> str:
    body = email.message_from_bytes(content, policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


# One factory a state in which a hand-off is open.
OPEN: dict[str, Callable[[World], uuid.UUID]] = {
    "just opened": World.start,
    "questions are open": asked,
    "its address was refused": unreachable,
    "its introduction is not out": cut_off,
    "invited": World.invited,
    "the meeting is confirmed": World.suspect,
}
# And one a state in which it is over: where the lead is before and after.
OVER = {
    "returned": (World.returned, "nurture", "closed"),
    "transferred": (World.transferred, "with_ae", "with_ae"),
}


@pytest.mark.parametrize("state", OPEN)
def test_an_opt_out_ends_an_open_hand_off_and_nothing_more_goes_out(
    world: World, state: str
) -> None:
    hand_off_id = OPEN[state](world)
    address = world.lead_of(hand_off_id).email or ""
    before = world.mails_to(address)
    assert world.opt_out(address) == [hand_off_id]
    assert world.opt_out(address) == []
    lead, hand_off = world.lead_of(hand_off_id), world.hand_off(hand_off_id)
    assert (lead.place, lead.status, lead.place_reason) == ("closed", "disqualified", "opted out")
    assert (hand_off.state, hand_off.next_step, hand_off.due_at) == ("closed", None, None)
    assert "open" not in {wait.state for wait in world.waits(hand_off_id)}
    assert {m.state for m in world.meetings(hand_off_id)} <= {"cancelled"}
    assert sweep(world.runtime).difference == 0
    assert world.run_again(world.stage(hand_off.stage), hand_off_id) == Over("opted out")
    assert world.mails_to(address) == before
    with world.runtime.transaction() as session:
        assert crm_view(session, lead.id).opted_out
    assert world.engine.woken[-1] == f"run-{hand_off_id}"


@pytest.mark.parametrize("state", OVER)
def test_an_opt_out_after_the_end(world: World, state: str) -> None:
    make, place, then = OVER[state]
    hand_off_id = make(world)
    assert world.lead_of(hand_off_id).place == place
    address = world.lead_of(hand_off_id).email or ""
    assert world.opt_out(address) == []
    assert world.lead_of(hand_off_id).place == then


@pytest.mark.parametrize(
    ("kind", "ends_in", "place", "says"),
    [
        (OutcomeKind.MET, transfer, "with_ae", "has asked not to be contacted since"),
        (OutcomeKind.NOT_MET, return_to_nurture, "closed", "They have asked not to be contacted"),
        (OutcomeKind.NO_SHOW, return_to_nurture, "closed", "They have asked not to be contacted"),
    ],
)
def test_what_the_ae_has_said_of_the_meeting_counts_in_spite_of_an_opt_out(
    world: World, kind: OutcomeKind, ends_in: StageTask, place: str, says: str
) -> None:
    """The AE was told that the word is taken; nothing of what it leads to is for the lead."""
    hand_off_id = world.reported(kind)
    world.invited()  # To a meeting that is newer.
    address = world.lead_of(hand_off_id).email or ""
    before = world.mails_to(address)
    assert world.opt_out(address) == []
    assert sweep(world.runtime).opted_out == 0
    assert world.hand_off(hand_off_id).state == "open"
    world.run(await_outcome, hand_off_id)
    assert isinstance(world.run(ends_in, hand_off_id), Over)
    lead = world.lead_of(hand_off_id)
    assert (lead.place, lead.check_in_on) == (place, None)
    assert says in words_of(world.transport.sent[-1].content)
    assert world.mails_to(address) == before
    with world.runtime.transaction() as session:
        seen = crm_view(session, lead.id)
    assert seen.opted_out
    assert (seen.owner_email == world.ae) == (kind is OutcomeKind.MET)


def test_a_meeting_that_is_only_to_be_moved_is_called_off_by_an_opt_out(world: World) -> None:
    hand_off_id = world.reported(OutcomeKind.RESCHEDULED)
    assert world.opt_out(world.lead_of(hand_off_id).email or "") == [hand_off_id]
    assert world.lead_of(hand_off_id).place == "closed"


@pytest.mark.parametrize("place", ["waiting", "nurture"])
def test_an_opt_out_closes_a_lead_without_a_hand_off(world: World, place: str) -> None:
    lead_id = world.lead(email="no@harbour.example")
    with world.runtime.transaction() as session:
        session.execute(
            world.sql("update lead set place = :place, check_in_on = '2026-06-01'"),
            {"place": place},
        )
    assert world.opt_out("No@Harbour.example") == []
    lead = world.row(Lead, lead_id)
    assert (lead.place, lead.status, lead.check_in_on) == ("closed", "disqualified", None)


def test_a_number_is_known_however_it_is_written(world: World) -> None:
    hand_off_id = world.start(phone_e164="+4930901820")
    closed = opt_out(world.runtime, "+49 (30) 901820", channel="phone", source="api")
    assert closed == [hand_off_id]
    with pytest.raises(InputError):
        opt_out(world.runtime, "not an address", channel="all", source="api")


def test_a_rep_cannot_be_opted_out_and_no_lead_is_closed_for_it(world: World) -> None:
    hand_off_id = world.invited()
    with pytest.raises(InputError, match="one of our own people"):
        world.opt_out(world.ae)
    assert world.hand_off(hand_off_id).state == "open"
    assert world.all(OptOut) == []


def test_every_lead_with_the_address_is_closed(world: World) -> None:
    first, second = (world.start(phone_e164="+4930901820") for _ in range(2))
    closed = opt_out(world.runtime, "+4930901820", channel="phone", source="api")
    assert set(closed) == {first, second}


def test_a_crm_that_is_down_hears_of_it_from_the_sweep(world: World) -> None:
    crm = FakeCrm()
    world.use_crm(crm)
    hand_off_id = world.start()
    crm.fail_next(MailUnavailableError("down"))
    lead = world.lead_of(hand_off_id)
    assert world.opt_out(lead.email or "") == [hand_off_id]
    assert not crm.view(lead.id).opted_out
    pass_pauses(world.runtime)
    assert sweep(world.runtime).settled == 1
    assert crm.view(lead.id).opted_out


@pytest.mark.parametrize("known_by", ["email", "phone_e164"])
def test_a_wish_that_an_import_brought_ends_the_hand_off_at_the_next_sweep(
    world: World, known_by: str
) -> None:
    crm = FakeCrm()
    world.use_crm(crm)
    hand_off_id = world.invited(phone_e164="+4930901821")
    other = world.invited()
    lead = world.lead_of(hand_off_id)
    with world.runtime.transaction() as session:
        record_opt_out(
            session,
            getattr(lead, known_by),
            channel="all",
            source="import",
            reason="in the file",
            at=world.clock.now(),
        )
    before = len(world.mails_to(lead.email or ""))
    assert sweep(world.runtime).opted_out == 1
    assert sweep(world.runtime).opted_out == 0
    assert world.hand_off(hand_off_id).state == "closed"
    assert world.hand_off(other).state == "open"
    assert crm.view(lead.id).opted_out
    assert len(world.mails_to(lead.email or "")) == before


@pytest.mark.parametrize("place", ["waiting", "nurture"])
def test_every_imported_wish_reaches_the_connected_systems_once(world: World, place: str) -> None:
    crm = FakeCrm()
    world.use_crm(crm)
    lead_id = world.lead(email="no@harbour.example")
    with world.runtime.transaction() as session:
        session.execute(
            world.sql("update lead set place = :place, check_in_on = '2026-06-01'"),
            {"place": place},
        )
        addresses = ["no@harbour.example", world.ae, "nobody@known.example"]
        at = world.clock.now()
        insert_opt_outs(session, addresses, source="import", reason="in the file", at=at)
    for _ in range(2):
        sweep(world.runtime)
    assert crm.view(lead_id).opted_out
    assert [change.kind for change in crm.view(lead_id).history] == ["crm_opt_out"]
    assert world.row(Lead, lead_id).place == "closed"
    assert world.all(OptOut, OptOut.told_at.is_(None)) == []
