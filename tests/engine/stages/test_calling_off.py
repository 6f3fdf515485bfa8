"""An invite and what calls it off go out in that order, or not at all (I7)."""

from __future__ import annotations

import uuid

import pytest

from baton.domain.hand_off import EffectKind
from baton.domain.meeting import Attendance
from baton.engine import actions
from baton.engine.stage import Asleep
from baton.engine.sweep import sweep
from baton.errors import InDoubtError, MailRefusedError
from baton.store.tables import Effect
from tasks.book import book
from tasks.introduce import introduce
from tests.engine.ageing import pass_doubts, pass_pauses
from tests.engine.worlds import World
from tests.invariants.threads import Meanwhile


def introduced(world: World) -> uuid.UUID:
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    return hand_off_id


def time_passes(world: World) -> None:
    """What was under way has come, and is tried again if it has not."""
    for _ in range(2):
        pass_doubts(world.runtime)
        pass_pauses(world.runtime)
        world.read_inbox()
        sweep(world.runtime)


def cancel(world: World, hand_off_id: uuid.UUID) -> None:
    actions.cancel_hand_off(world.runtime, hand_off_id, reason="bought elsewhere", by=world.sdr)


def calendars_told(world: World) -> list[str]:
    """Methods of the calendar parts that went to the AE, in order."""
    mails = [m.content for m in world.mails_to(world.ae) if b"text/calendar" in m.content]
    return [str(world.calendar_of(content)["METHOD"]) for content in mails]


def states(world: World, hand_off_id: uuid.UUID) -> tuple[str, str]:
    found = world.effects(hand_off_id)
    return found["invite:1"], found["invite_cancellation:1"]


def test_an_invite_in_doubt_that_never_went_out_is_not_sent_after_the_end(world: World) -> None:
    hand_off_id = introduced(world)
    world.transport.fail_next(InDoubtError("the answer was lost"))
    with pytest.raises(InDoubtError):
        world.run(book, hand_off_id)
    cancel(world, hand_off_id)
    time_passes(world)
    assert states(world, hand_off_id) == ("withheld", "withheld")
    assert calendars_told(world) == []


def test_an_invite_in_doubt_that_went_out_is_called_off(world: World) -> None:
    hand_off_id = introduced(world)
    world.transport.fail_next(InDoubtError("the answer was lost"), after_accepting=True)
    with pytest.raises(InDoubtError):
        world.run(book, hand_off_id)
    cancel(world, hand_off_id)
    sweep(world.runtime)
    assert calendars_told(world) == ["REQUEST"]
    time_passes(world)
    assert states(world, hand_off_id) == ("done", "done")
    assert calendars_told(world) == ["REQUEST", "CANCEL"]


def test_a_cancellation_waits_for_an_invite_that_is_on_its_way(world: World) -> None:
    hand_off_id = introduced(world)
    held = world.transport.hold()
    world.transport.busy.clear()
    inviting = Meanwhile(lambda: world.run(book, hand_off_id))
    assert world.transport.busy.wait(timeout=20)
    cancel(world, hand_off_id)
    # Whoever sends it stands still for longer than its lease.
    world.age_lease(hand_off_id)
    sweep(world.runtime)
    (off,) = world.all(Effect, Effect.kind == EffectKind.INVITE_CANCELLATION)
    assert (states(world, hand_off_id), off.attempts) == (("in_flight", "intended"), 0)
    held.set()
    inviting.result()
    time_passes(world)
    assert calendars_told(world) == ["REQUEST", "CANCEL"]


def test_what_stands_in_the_aes_calendar_is_called_off_though_the_next_invite_was_refused(
    world: World,
) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email or ""
    world.answers_invite(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, lead, Attendance.DECLINED)
    world.transport.fail_next(MailRefusedError("554"))
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert [wait.kind for wait in world.waits(hand_off_id)][-1] == "contact"
    time_passes(world)
    assert calendars_told(world) == ["REQUEST", "CANCEL"]
    actions.correct_contact(world.runtime, hand_off_id, email="new@harbour.example", by=world.sdr)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert calendars_told(world) == ["REQUEST", "CANCEL", "REQUEST"]


def test_what_the_lead_declined_after_both_accepted_is_called_off_by_an_opt_out(
    world: World,
) -> None:
    """Though its time is free already, and no other one is proposed yet."""
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    lead = world.lead_of(hand_off_id).email or ""
    world.answers_invite(hand_off_id, lead, Attendance.DECLINED)
    assert [meeting.state for meeting in world.meetings(hand_off_id)] == ["cancelled"]
    world.opt_out(lead)
    time_passes(world)
    assert calendars_told(world) == ["REQUEST", "CANCEL"]
