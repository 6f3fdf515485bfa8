"""A confirmed meeting stands in the AE's calendar, and goes from there when it is off."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from baton.adapters.calendar.calendars import Standing
from baton.domain.hand_off import WaitKind
from baton.domain.meeting import OutcomeKind
from baton.domain.rep import Role
from baton.engine.actions import cancel_hand_off
from baton.engine.effects import carry_out
from baton.engine.entries import fingerprint
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished
from baton.engine.sweep import sweep
from baton.engine.watching import see_cancellations
from baton.errors import InDoubtError
from baton.store.reps import rep_by_email
from baton.store.tables import Effect, Outcome
from tasks.await_outcome import await_outcome
from tasks.book import book
from tests.calendar.servers import CalDavRoom, Start
from tests.engine.ageing import pass_pauses
from tests.engine.stages.conftest import Change, given_calendar
from tests.engine.stages.test_calendars import FIRST, start_of
from tests.engine.stages.test_second_chances import agreed
from tests.engine.worlds import World
from tests.factories import make_rep


def booked(world: World) -> uuid.UUID:
    """A hand-off whose meeting both have accepted."""
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    return hand_off_id


def confirmed(world: World) -> uuid.UUID:
    """A hand-off whose meeting is confirmed and ahead; the sweep has been there."""
    hand_off_id = booked(world)
    world.run(await_outcome, hand_off_id)
    sweep(world.runtime)
    return hand_off_id


def test_a_confirmed_meeting_stands_in_the_calendar_once(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = confirmed(world)
    sweep(world.runtime)
    (path,) = calendar.files()
    entry = calendar.read(path)
    assert f"UID:{hand_off_id}@baton" in entry.replace("\r\n ", "")
    # Else a server that schedules by itself would invite the lead a second time.
    assert entry.replace("\r\n ", "").count("SCHEDULE-AGENT=CLIENT") == 3
    assert "METHOD" not in entry
    assert world.effects(hand_off_id)["calendar_entry:1-on"] == "done"
    spans = calendar.calendar().busy(FIRST, FIRST + timedelta(days=1))
    assert spans[0][0] == start_of(world, hand_off_id)


def test_a_lost_answer_does_not_put_it_there_twice(world: World, calendar: CalDavRoom) -> None:
    hand_off_id = booked(world)
    with world.runtime.transaction() as session:
        session.execute(
            text(
                "update effect set state = 'in_flight', in_flight_since = clock_timestamp(),"
                " attempts = 1 where kind = 'calendar_entry'"
            )
        )
    entry = world.all(Effect, Effect.kind == "calendar_entry")[0]
    calendar.calendar().put(entry.provider_id, entry.content)
    calendar.door.asked.clear()
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:1-on"] == "done"
    assert (len(calendar.files()), calendar.door.asked.count("PUT")) == (1, 0)


def test_a_calendar_that_cannot_be_written_holds_nothing_up(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    calendar.door.answers(507)
    assert isinstance(world.run(book, hand_off_id), Finished)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:1-on"] == "intended"
    calendar.door.is_well()
    pass_pauses(world.runtime)
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:1-on"] == "done"


@pytest.mark.parametrize("how", ["deleted", "cancelled", "declined"])
def test_one_that_is_taken_out_of_the_calendar_is_off_and_another_time_proposed(
    world: World, calendar: CalDavRoom, how: str
) -> None:
    hand_off_id = confirmed(world)
    (path,) = calendar.files()
    entry = calendar.read(path)
    if how == "deleted":
        calendar.delete(path)
    elif how == "cancelled":
        assert "STATUS:CONFIRMED" in entry
        changed = entry.replace("STATUS:CONFIRMED", "STATUS:CANCELLED")
        calendar.write(path.rpartition("/")[2], changed.encode())
    else:
        declined = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{world.ae}\r\nEND:VEVENT"
        changed = entry.replace("END:VEVENT", declined)
        calendar.write(path.rpartition("/")[2], changed.encode())
    first = start_of(world, hand_off_id)
    assert sweep(world.runtime).called_off == 1
    assert sweep(world.runtime).called_off == 0
    assert world.decide(hand_off_id, WaitKind.OUTCOME) == "declined"
    assert world.all(Outcome) == []
    assert world.lead_of(hand_off_id).status != "suspect"
    told = world.last_mail(hand_off_id, "meeting_declined")
    assert b"It was taken out of the AE's calendar." in told
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled", "proposed"]
    assert start_of(world, hand_off_id) > first
    world.accept(hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:2-on"] == "done"
    assert len(calendar.files()) == 1
    assert calendar.calendar().standing(f"{hand_off_id}@baton") is Standing.STANDS
    assert sweep(world.runtime).called_off == 0


def test_a_calendar_that_says_nothing_calls_nothing_off(world: World, calendar: CalDavRoom) -> None:
    hand_off_id = confirmed(world)
    for status in (404, 500):
        calendar.door.answers(status)
        assert sweep(world.runtime).called_off == 0
    calendar.door.is_well()
    with world.runtime.transaction() as session:
        ae = rep_by_email(session, world.ae)
        assert ae is not None
        ae.calendar = f"{calendar.rep_address()}?another"
    assert sweep(world.runtime).called_off == 0
    assert world.meetings(hand_off_id)[-1].state == "confirmed"


def test_what_baton_calls_off_goes_from_the_calendar(world: World, calendar: CalDavRoom) -> None:
    hand_off_id = confirmed(world)
    world.opt_out(world.lead_of(hand_off_id).email or "")
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:1-off"] == "done"
    assert calendar.files() == []


def moved(world: World, hand_off_id: uuid.UUID) -> None:
    """The AE says after its time that the meeting is to be moved."""
    world.clock.advance_to(times_of(world.meetings(hand_off_id)[-1])[1])
    world.report(hand_off_id, OutcomeKind.RESCHEDULED)
    world.run(await_outcome, hand_off_id)


def test_a_meeting_that_is_moved_leaves_its_old_time_at_once(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = confirmed(world)
    moved(world, hand_off_id)
    sweep(world.runtime)
    assert calendar.files() == []
    world.accept(hand_off_id)
    world.run(await_outcome, hand_off_id)
    sweep(world.runtime)
    at = start_of(world, hand_off_id)
    spans = calendar.calendar().busy(at - timedelta(days=9), at + timedelta(days=9))
    assert [span[0] for span in spans] == [at]
    assert [what for what, _ in calendar.door.changed] == ["PUT", "DELETE", "PUT"]


def test_an_entry_that_was_late_does_not_come_in_after_the_meeting_was_moved(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = booked(world)
    world.run(await_outcome, hand_off_id)
    moved(world, hand_off_id)
    world.accept(hand_off_id)
    world.run(await_outcome, hand_off_id)
    sweep(world.runtime)
    found = world.effects(hand_off_id)
    entries = {key: state for key, state in found.items() if key.startswith("calendar_entry")}
    assert entries == dict.fromkeys(
        ("calendar_entry:1-on", "calendar_entry:1-off", "calendar_entry:2-on"), "done"
    )
    assert [what for what, _ in calendar.door.changed] == ["PUT"]
    assert sweep(world.runtime).called_off == 0


def test_a_meeting_that_nobody_moves_to_another_time_goes_from_the_calendar(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = confirmed(world)
    cancel_hand_off(world.runtime, hand_off_id, by="test", reason="wanted")
    sweep(world.runtime)
    assert calendar.files() == []


def test_of_another_calendar_that_the_rep_has_since_a_person_is_asked(
    world: World, calendar: CalDavRoom
) -> None:
    booked(world)
    with world.runtime.transaction() as session:
        ae = rep_by_email(session, world.ae)
        assert ae is not None
        ae.calendar = None
    sweep(world.runtime)
    (entry,) = world.all(Effect, Effect.kind == "calendar_entry")
    assert entry.state == "failed"
    assert "has another calendar now" in entry.error
    assert calendar.files() == []


def test_one_rep_s_calendar_in_trouble_does_not_hide_what_another_took_out(
    world: World, calendar: CalDavRoom
) -> None:
    """Both are on one server; the first meeting is that of the one in trouble."""
    first, second = confirmed(world), confirmed(world)
    with world.runtime.transaction() as session:
        other = make_rep(session, Role.AE, email="other-ae@seller.example")
        other.calendar = calendar.rep_address().replace("secret-calendar", "not-there")
        session.execute(
            text("update meeting set ae_id = :ae where hand_off_id = :id"),
            {"ae": other.id, "id": first},
        )
        session.execute(
            text(
                "update effect set payload = jsonb_set(payload, '{calendar}', to_jsonb(cast(:print"
                " as text))) where kind = 'calendar_entry' and hand_off_id = :id"
            ),
            {"print": fingerprint(other.calendar), "id": first},
        )
    for path in calendar.files():
        calendar.delete(path)
    assert sweep(world.runtime).called_off == 1
    assert world.decide(second, WaitKind.OUTCOME) == "declined"
    assert world.meetings(first)[-1].state == "confirmed"


def test_an_entry_that_was_taken_out_brings_another_ae_if_that_is_agreed_on(
    world_with: Callable[[Change], World], ae_room: CalDavRoom
) -> None:
    world = world_with(agreed(on_ae_decline="another_ae"))
    calendar = given_calendar(world, ae_room)
    other = world.rep("AE", "Eva")
    hand_off_id = confirmed(world)
    # Its removal comes late: when the other AE's meeting is confirmed already.
    (path,) = calendar.files()
    entry = calendar.read(path).replace("STATUS:CONFIRMED", "STATUS:CANCELLED")
    calendar.write(path.rpartition("/")[2], entry.encode())
    assert see_cancellations(world.runtime) == 1
    world.run(await_outcome, hand_off_id)
    world.replies(hand_off_id, other)
    world.answers_invite(hand_off_id, other)
    world.answers_invite(hand_off_id, world.lead_of(hand_off_id).email or "")
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert world.meetings(hand_off_id)[-1].state == "confirmed"
    assert world.effects(hand_off_id)["calendar_entry:1-off"] == "intended"
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:1-off"] == "done"
    assert calendar.files() == []
    assert b"METHOD:CANCEL" in world.calendar_of(world.mails_to(world.ae)[-1].content).to_ical()


def test_a_removal_that_takes_long_does_not_take_the_moved_meeting_out(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = confirmed(world)
    moved(world, hand_off_id)
    said: list[str] = []

    def meanwhile(environ: dict[str, Any], _start: Start) -> Iterable[bytes] | None:
        """The new time is confirmed, and another process wants to write it there."""
        if environ["REQUEST_METHOD"] == "DELETE" and not said:
            world.accept(hand_off_id)
            world.run(await_outcome, hand_off_id)
            try:
                done = carry_out(world.runtime, f"{hand_off_id}:calendar_entry:2-on")
                said.append(done.state)
            except InDoubtError as error:
                said.append(str(error))
        return None

    calendar.door.trouble = meanwhile
    sweep(world.runtime)
    assert said == [
        f"Effect {hand_off_id}:calendar_entry:2-on is being done by another worker at this moment."
    ]
    calendar.door.is_well()
    sweep(world.runtime)
    at = start_of(world, hand_off_id)
    spans = calendar.calendar().busy(at - timedelta(days=9), at + timedelta(days=9))
    assert [span[0] for span in spans] == [at]
