"""Times that are held while a lead chooses, and what becomes of them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.engine import actions
from baton.engine.inviting import times_of
from baton.engine.offering import Offered
from baton.engine.stage import Asleep
from baton.errors import RefusedError
from baton.store.holds import hold_times, take_turns
from baton.store.tables import HandOff, HeldTime
from tasks.book import book
from tests.engine.worlds import World
from tests.invariants.threads import Meanwhile

MINUTE = timedelta(minutes=1)
HOLD = 10 * MINUTE


@pytest.fixture
def two(world: World) -> tuple[uuid.UUID, uuid.UUID]:
    """Two leads of the same AE, both with an invite."""
    return world.invited(), world.invited()


def offered(world: World, hand_off_id: uuid.UUID) -> Offered:
    return actions.offer_times(world.runtime, hand_off_id, by=world.sdr)


def starts(offer: Offered) -> list[object]:
    return [start for start, _ in offer.times]


def test_times_are_offered_on_several_days_and_held_for_the_agreed_minutes(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    offer = offered(world, two[0])
    assert offer.held_until == world.clock.now() + HOLD
    assert len({start.date() for start, _ in offer.times}) == len(offer.times) == 3
    world.clock.advance(5 * MINUTE)
    assert offered(world, two[0]) == offer


def test_nobody_else_is_offered_or_proposed_what_is_held(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    first, second = (offered(world, one) for one in two)
    assert not set(starts(first)) & set(starts(second))
    third = world.invited()
    assert times_of(world.meetings(third)[-1])[0] not in {*starts(first), *starts(second)}


def test_a_hold_ends_by_time_alone(world: World, two: tuple[uuid.UUID, uuid.UUID]) -> None:
    first = offered(world, two[0])
    world.clock.advance(HOLD)
    assert starts(offered(world, two[1])) == starts(first)
    with pytest.raises(RefusedError, match="is not held"):
        actions.choose_time(world.runtime, two[0], first.times[0][0], by=world.sdr)


def test_what_the_lead_chooses_is_what_both_are_invited_to(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    chosen = offered(world, two[0]).times[1][0]
    actions.choose_time(world.runtime, two[0], chosen, by=world.sdr)
    # However late the run goes on.
    world.clock.advance(HOLD * 2)
    assert chosen not in starts(offered(world, two[1]))
    assert isinstance(world.run(book, two[0]), Asleep)
    assert times_of(world.meetings(two[0])[-1])[0] == chosen
    event = world.calendar_of(world.last_mail(two[0], "invite")).walk("VEVENT")[0]
    assert event.decoded("DTSTART") == chosen
    assert not world.all(HeldTime, HeldTime.hand_off_id == two[0])


def test_only_what_is_held_can_be_chosen_and_only_by_our_people(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    mine, theirs = (offered(world, one) for one in two)
    with pytest.raises(RefusedError, match="is not held"):
        actions.choose_time(world.runtime, two[0], theirs.times[0][0], by=world.sdr)
    unbooked = world.start()
    with pytest.raises(RefusedError, match="No time can be chosen"):
        offered(world, unbooked)
    other = world.rep("SDR", "Tom")
    for nobody in (other, "eve@elsewhere.example"):
        with pytest.raises(RefusedError):
            actions.choose_time(world.runtime, two[0], mine.times[0][0], by=nobody)
        with pytest.raises(RefusedError):
            actions.offer_times(world.runtime, two[0], by=nobody)


def test_the_end_of_a_hand_off_frees_what_it_held(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    first = offered(world, two[0])
    actions.cancel_hand_off(world.runtime, two[0], by="test", reason="no interest")
    assert set(starts(first)[1:]) <= set(starts(offered(world, two[1])))


def test_two_at_once_take_turns_and_hold_different_times(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    def hold(session: Session, hand_off_id: uuid.UUID) -> list[object]:
        hand_off = session.get_one(HandOff, hand_off_id)
        assert hand_off.ae_id is not None
        take_turns(session, hand_off.ae_id)
        day = world.clock.now() + timedelta(days=3)
        spans = [(day + n * HOLD * 3, day + (n + 1) * HOLD * 3) for n in range(4)]
        now = world.clock.now()
        held = hold_times(session, hand_off, spans, number=2, until=now + HOLD, at=now)
        return [one.during.lower for one in held]

    def in_its_own() -> list[object]:
        with world.runtime.transaction() as session:
            return hold(session, two[1])

    with world.runtime.transaction() as session:
        first = hold(session, two[0])
        second = Meanwhile(in_its_own)
        assert second.is_waiting()
    assert len(first) == len(second.result()) == 2
    assert not set(first) & set(second.result())


def test_the_database_itself_refuses_one_time_for_two_leads(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    offered(world, two[0])
    (one, *_) = world.all(HeldTime)
    with pytest.raises(IntegrityError, match="no_double_hold"), world.runtime.transaction() as s:
        s.add(
            HeldTime(
                hand_off_id=two[1],
                ae_id=one.ae_id,
                during=one.during,
                held_until=one.held_until,
                at=one.at,
            )
        )


def test_a_meeting_that_takes_a_held_time_first_has_it(
    world: World, two: tuple[uuid.UUID, uuid.UUID]
) -> None:
    chosen, end = offered(world, two[0]).times[0]
    meeting = world.meetings(two[1])[-1]
    with world.runtime.transaction() as session:
        session.merge(meeting).during = world.range(chosen, end)
    actions.choose_time(world.runtime, two[0], chosen, by=world.sdr)
    world.run(book, two[0])
    assert times_of(world.meetings(two[0])[-1])[0] != chosen
