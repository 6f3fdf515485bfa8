"""Mail that comes back: no more goes there, and the SDR's other address brings the hand-off on."""

from __future__ import annotations

import uuid
from email import message_from_bytes

import pytest

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance
from baton.engine import actions
from baton.engine.stage import Asleep, Finished, Over
from baton.engine.sweep import sweep
from baton.errors import MailRefusedError, RefusedError
from baton.store.effects import DEAD, OPTED_OUT
from baton.store.looks import list_looks
from baton.store.tables import DeadAddress, Effect, Wait
from baton.store.waits import decide
from baton.testing.mail_fakes import Sent
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.introduce import introduce
from tasks.validate import validate
from tests.engine.worlds import World

NEW = "ada.new@harbour.example"
UNREACHABLE = Over("no mail reaches the lead, and no other address is known")


def lead_of(world: World, hand_off_id: uuid.UUID) -> str:
    return world.lead_of(hand_off_id).email or ""


def dead(world: World) -> list[str]:
    """The addresses that are dead now."""
    return [one.address for one in world.all(DeadAddress) if one.ended_at is None]


def correct(world: World, hand_off_id: uuid.UUID, address: str = NEW) -> None:
    actions.correct_contact(world.runtime, hand_off_id, email=address, by=world.sdr)


def looks(world: World) -> list[str]:
    with world.runtime.transaction() as session:
        return [line.look for line in list_looks(session)]


def errors(world: World, hand_off_id: uuid.UUID) -> dict[str, str | None]:
    found = world.all(Effect, Effect.hand_off_id == hand_off_id, Effect.state == "withheld")
    return {e.key.partition(":")[2]: e.error for e in found}


def effect_of(sent: Sent) -> str:
    """Kind and ordinal of the effect that the mail is."""
    key = message_from_bytes(sent.content)["X-Baton-Effect"]
    return str(key).partition(":")[2]


@pytest.fixture
def bounced(world: World) -> uuid.UUID:
    """A hand-off whose invite came back; it waits for another address."""
    hand_off_id = world.invited()
    world.bounces(hand_off_id, lead_of(world, hand_off_id))
    assert isinstance(world.run(book, hand_off_id), Asleep)
    return hand_off_id


def test_the_sdr_is_asked_for_another_address_once(world: World, bounced: uuid.UUID) -> None:
    old = lead_of(world, bounced)
    assert dead(world) == [old]
    (acceptance, contact) = world.waits(bounced)
    assert (acceptance.decision, contact.kind, contact.state) == ("refused", "contact", "open")
    world.bounces(bounced, old, template="introduction")
    assert world.run(book, bounced) == Asleep(contact.id)
    told = world.mails_to(world.sdr)
    assert len(told) == 1
    assert b"mail came back on 2026-03-02" in told[0].content
    assert world.ae in told[0].recipients
    assert (dead(world), looks(world)) == ([old], [])


def test_a_new_address_is_introduced_and_invited_and_the_old_one_hears_nothing(
    world: World, bounced: uuid.UUID
) -> None:
    old, before = lead_of(world, bounced), len(world.mails_to(lead_of(world, bounced)))
    correct(world, bounced)
    assert isinstance(world.run(book, bounced), Asleep)
    sent = world.mails_to(NEW)
    assert [effect_of(one) for one in sent] == ["introduction:2", "invite:2"]
    assert len(world.mails_to(old)) == before
    invited = world.calendar_of(sent[-1].content)
    (event,) = invited.walk("VEVENT")
    assert [str(one) for one in event["ATTENDEE"]][-1].lower() == f"mailto:{NEW}"
    assert event["SEQUENCE"] == 1


def test_who_was_introduced_is_not_introduced_again_when_only_the_invite_was_refused(
    world: World,
) -> None:
    """I6: the SDR says that the address is right; a second introduction would be a repeat."""
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    address = lead_of(world, hand_off_id)
    world.transport.fail_next(MailRefusedError("550 not now"))
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    correct(world, hand_off_id, address)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    sent = [effect_of(one) for one in world.mails_to(address)]
    assert sent == ["introduction:1", "invite:2"]
    world.accept(hand_off_id)
    assert isinstance(world.run(book, hand_off_id), Finished)


def test_the_hand_off_goes_on_at_the_new_address(world: World, bounced: uuid.UUID) -> None:
    correct(world, bounced)
    world.run(book, bounced)
    world.accept(bounced)
    assert isinstance(world.run(book, bounced), Finished)
    assert world.lead_of(bounced).status == "suspect"


def test_a_bounce_of_the_old_address_that_comes_late_changes_nothing(
    world: World, bounced: uuid.UUID
) -> None:
    old = lead_of(world, bounced)
    correct(world, bounced)
    world.run(book, bounced)
    world.bounces(bounced, old, template="introduction")
    assert world.waits(bounced)[-1].state == "open"
    assert (dead(world), looks(world)) == ([old], [])
    world.accept(bounced)
    assert isinstance(world.run(book, bounced), Finished)


def test_a_new_address_that_bounces_too_is_asked_for_anew(world: World, bounced: uuid.UUID) -> None:
    old = lead_of(world, bounced)
    correct(world, bounced)
    world.run(book, bounced)
    world.bounces(bounced, NEW)
    assert isinstance(world.run(book, bounced), Asleep)
    assert dead(world) == [old, NEW]
    assert [w.kind for w in world.waits(bounced)] == ["acceptance", "contact"] * 2
    correct(world, bounced, "third@harbour.example")
    world.run(book, bounced)
    assert len(world.mails_to("third@harbour.example")) == 2
    assert len(world.mails_to(world.sdr)) == 2


def test_proposals_that_came_back_are_none_that_were_declined(
    world: World, bounced: uuid.UUID
) -> None:
    """The agreement allows three; the first one reached nobody."""
    correct(world, bounced)
    assert isinstance(world.run(book, bounced), Asleep)
    for _ in range(2):
        world.answers_invite(bounced, NEW, Attendance.DECLINED)
        assert isinstance(world.run(book, bounced), Asleep)
    world.answers_invite(bounced, NEW, Attendance.DECLINED)
    assert world.run(book, bounced) == Over("3 proposed times were declined")


def test_without_another_address_the_ae_alone_hears_that_it_is_off(
    world: World, bounced: uuid.UUID
) -> None:
    old = lead_of(world, bounced)
    before = len(world.mails_to(old))
    with world.runtime.transaction() as session:
        wait = session.get_one(Wait, world.waits(bounced)[-1].id)
        decide(wait, "give_up", by=world.sdr, at=world.clock.now())
    assert world.run(book, bounced) == UNREACHABLE
    sweep(world.runtime)
    assert world.lead_of(bounced).place == "nurture"
    is_off = [one for one in world.transport.sent if effect_of(one) == "invite_cancellation:1"]
    assert [(old in one.recipients, world.ae in one.recipients) for one in is_off] == [
        (False, True)
    ]
    assert len(world.mails_to(old)) == before


def test_what_was_not_released_when_it_bounced_never_is(world: World) -> None:
    """The introduction comes back while the run is on its way to the invite."""
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    old = lead_of(world, hand_off_id)
    world.bounces(hand_off_id, old, template="introduction")
    assert (dead(world), looks(world)) == ([old], [])
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert errors(world, hand_off_id) == {"invite:1": DEAD}
    assert len(world.mails_to(old)) == 1
    assert isinstance(world.run(book, hand_off_id), Asleep)
    correct(world, hand_off_id)
    world.run(book, hand_off_id)
    assert len(world.mails_to(NEW)) == 2


def test_a_later_hand_off_to_a_dead_address_asks_before_it_writes(
    world: World, bounced: uuid.UUID
) -> None:
    lead = world.lead_of(bounced)
    world.expire_wait(bounced)
    world.run(book, bounced)
    again = world.start(lead.id)
    before = len(world.mails_to(lead.email or ""))
    assert isinstance(world.walk(again, introduce), Asleep)
    assert errors(world, again) == {"introduction:1": DEAD}
    assert world.waits(again)[-1].kind == "contact"
    correct(world, again)
    assert isinstance(world.run(introduce, again), Finished)
    assert len(world.mails_to(lead.email or "")) == before


def test_who_opted_out_as_well_is_not_asked_for(world: World) -> None:
    """I4 comes first."""
    hand_off_id = world.start()
    world.walk(hand_off_id, validate)
    old = lead_of(world, hand_off_id)
    with world.runtime.transaction() as session:
        session.add(DeadAddress(address=old, why="mail came back", at=world.clock.now()))
        world.opt_out_row(session, old)
    assert world.run(introduce, hand_off_id) == Over("opted out")
    assert errors(world, hand_off_id) == {"introduction:1": OPTED_OUT}


def test_a_bounce_after_the_meeting_was_agreed_is_a_task_and_stops_nothing(world: World) -> None:
    hand_off_id = world.suspect()
    old = lead_of(world, hand_off_id)
    for _ in range(2):
        world.bounces(hand_off_id, old)
        world.bounces(hand_off_id, old, template="introduction")
    sweep(world.runtime)
    assert world.waits(hand_off_id)[-1].kind == "outcome"
    tasks = [key for key in world.effects(hand_off_id) if "dead-address" in key]
    assert len(tasks) == 1
    assert looks(world) == []
    correct(world, hand_off_id)
    assert lead_of(world, hand_off_id) == NEW
    assert world.waits(hand_off_id)[-1].state == "open"
    assert world.run(await_outcome, hand_off_id) == Asleep(world.waits(hand_off_id)[-1].id)
    with pytest.raises(RefusedError, match="does not wait for contact"):
        correct(world, hand_off_id, "other@harbour.example")


def test_the_same_address_given_again_works_because_a_person_says_so(
    world: World, bounced: uuid.UUID
) -> None:
    old = lead_of(world, bounced)
    before = len(world.mails_to(old))
    correct(world, bounced, old)
    world.run(book, bounced)
    assert len(world.mails_to(old)) == before + 2
    assert dead(world) == []
    (ended,) = world.all(DeadAddress)
    assert ended.ended_by == world.sdr


def test_who_writes_from_a_dead_address_can_be_written_to(world: World, bounced: uuid.UUID) -> None:
    old = lead_of(world, bounced)
    world.is_away(bounced, old)
    assert dead(world) == [old]
    world.replies(bounced, old)
    assert dead(world) == []
    assert world.decide(bounced, WaitKind.CONTACT) is None


def test_our_own_people_and_strangers_are_never_dead(world: World) -> None:
    """A bounce can be forged; it stops only mail to whom this hand-off wrote."""
    hand_off_id = world.invited()
    world.bounces(hand_off_id, world.ae)
    world.bounces(hand_off_id, "somebody@else.example", template="introduction")
    assert dead(world) == []
    assert len(looks(world)) == 2
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
