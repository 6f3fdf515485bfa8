"""A meeting is proposed when the AE's calendar says so, and not while it says nothing."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from baton.cli.checks import check_house
from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished
from baton.engine.sweep import sweep
from baton.store.neighbours import failing_neighbours
from baton.store.reps import import_reps, rep_by_email
from baton.store.tables import HandOff
from baton.store.views import list_hand_offs
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.introduce import introduce
from tests.calendar.servers import CalDavRoom, Start, event
from tests.engine.ageing import pass_pauses
from tests.engine.worlds import World

FIRST = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)


def introduced(world: World) -> uuid.UUID:
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    return hand_off_id


def start_of(world: World, hand_off_id: uuid.UUID) -> datetime:
    return times_of(world.meetings(hand_off_id)[-1])[0]


def test_the_first_time_that_the_calendar_leaves_is_proposed(
    world: World, calendar: CalDavRoom
) -> None:
    calendar.hold(
        event("DTSTART:20260302T120000Z", "DTEND:20260302T150000Z"),
        event("DTSTART;VALUE=DATE:20260303", uid="a-day-off@elsewhere.example"),
    )
    hand_off_id = introduced(world)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    calendar.hold()
    other = introduced(world)
    world.run(book, other)
    assert start_of(world, other) == FIRST
    # The buffer is kept after what the calendar says; the day off would be next.
    assert start_of(world, hand_off_id) == datetime(2026, 3, 2, 15, 30, tzinfo=UTC)


def test_nothing_is_proposed_while_it_cannot_be_read_and_then_it_goes_on_by_itself(
    world: World, calendar: CalDavRoom
) -> None:
    calendar.door.answers(503)
    hand_off_id = introduced(world)
    sent = len(world.transport.sent)
    step = world.run(book, hand_off_id)
    (wait,) = world.waits(hand_off_id)
    assert step == Asleep(wait.id) == world.run(book, hand_off_id)
    assert (wait.kind, wait.subject) == (
        "calendar",
        f"see that Baton can read the calendar of {world.ae}",
    )
    assert sweep(world.runtime).readable == 0
    assert (world.meetings(hand_off_id), len(world.transport.sent)) == ([], sent)
    calendar.door.is_well()
    calendar.hold(event("DTSTART:20260302T120000Z", "DTEND:20260302T150000Z"))
    assert sweep(world.runtime).readable == 1
    assert world.engine.woken == [f"run-{hand_off_id}"]
    assert world.decide(hand_off_id, WaitKind.CALENDAR) == "readable"
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert start_of(world, hand_off_id) == datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    world.accept(hand_off_id)
    assert isinstance(world.run(book, hand_off_id), Finished)


def test_people_are_told_first_the_ae_then_the_manager(world: World, calendar: CalDavRoom) -> None:
    calendar.door.answers(401)
    hand_off_id = introduced(world)
    world.run(book, hand_off_id)
    with world.runtime.transaction() as session:
        (line,) = list_hand_offs(session)
    assert (line.waits_for, line.responsible) == (
        f"see that Baton can read the calendar of {world.ae}",
        world.ae,
    )
    world.clock.advance_to(world.clock.now() + timedelta(minutes=16))
    sweep(world.runtime)
    sweep(world.runtime)
    assert b"baton doctor" in world.mails_to(world.ae)[-1].content
    before = len(world.mails_to(world.manager))
    world.clock.advance_to(world.clock.now() + timedelta(hours=4))
    sweep(world.runtime)
    sweep(world.runtime)
    assert len(world.mails_to(world.manager)) == before + 1
    assert world.waits(hand_off_id)[-1].state == "open"


def test_doctor_names_who_cannot_be_read(world: World, calendar: CalDavRoom) -> None:
    def found(name: str) -> tuple[bool, str]:
        (one,) = [one for one in check_house(world.runtime) if one.name == name]
        return one.ok, one.says

    assert found("calendars") == (True, "1 can be read")
    calendar.door.answers(404)
    ok, says = found("calendars")
    assert not ok
    assert (
        f"1 of 1 cannot be read, and nobody is booked with their reps: The calendar of {world.ae}"
        in says
    )
    assert "secret" not in says
    world.run(book, introduced(world))
    assert f"calendar of {world.ae}: 1 failures in a row" in found("neighbours")[1]
    assert "'baton status' shows what waits" in found("neighbours")[1]


def test_another_time_too_is_proposed_only_when_it_is_known(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = introduced(world)
    world.run(book, hand_off_id)
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    calendar.door.answers(500)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert len(world.meetings(hand_off_id)) == 1
    calendar.door.is_well()
    day = ("DTSTART:20260302T000000Z", "DTEND:20260303T000000Z")
    calendar.hold(event(*day, "RRULE:FREQ=DAILY;COUNT=2"))
    assert sweep(world.runtime).readable == 1
    world.run(book, hand_off_id)
    assert start_of(world, hand_off_id) >= datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)


def test_one_that_fails_again_and_again_is_asked_rarely_and_by_one(
    world: World, calendar: CalDavRoom
) -> None:
    calendar.door.answers(503)
    for _ in range(2):
        world.run(book, introduced(world))
    for _ in range(3):
        sweep(world.runtime)
    calendar.door.asked.clear()
    calendar.door.is_well()
    result = sweep(world.runtime)
    # Effects are not held up by a calendar.
    assert (result.readable, result.unsettled) == (0, 0)
    another = introduced(world)
    assert isinstance(world.run(book, another), Asleep)
    assert calendar.door.asked == []
    pass_pauses(world.runtime)
    assert sweep(world.runtime).readable == 3
    with world.runtime.transaction() as session:
        assert failing_neighbours(session) == []


def test_who_gets_another_calendar_is_asked_at_once(
    world: World, calendar: CalDavRoom, tmp_path: Path
) -> None:
    calendar.door.answers(404)
    world.run(book, introduced(world))
    for _ in range(5):
        sweep(world.runtime)
    file = tmp_path / "reps.csv"
    file.write_text(f"email,name,role,calendar\n{world.ae},Ida,AE,\n", encoding="utf-8")
    with world.runtime.transaction() as session:
        import_reps(session, file)
    assert sweep(world.runtime).readable == 1


def asleep_for_another(world: World, address: str) -> None:
    """A hand-off of an AE of its own that sleeps on a calendar at the address."""
    other = world.rep("AE", "Eva")
    hand_off_id = introduced(world)
    with world.runtime.transaction() as session:
        rep = rep_by_email(session, other)
        assert rep is not None
        rep.calendar = address
        session.get_one(HandOff, hand_off_id).ae_id = rep.id
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert world.waits(hand_off_id)[-1].kind == "calendar"


# A host that says nothing costs patience, so its others wait until that one is left alone.
@pytest.mark.parametrize(("wrong", "sweeps"), [("not-there", 1), ("silent", 5)])
def test_one_that_cannot_be_read_hides_no_other_on_its_host_for_long(
    world: World, calendar: CalDavRoom, wrong: str, sweeps: int
) -> None:
    address = calendar.rep_address()
    if wrong == "not-there":
        asleep_for_another(world, address.replace("secret-calendar", wrong))
    else:
        # Another port of the same host, where nobody listens.
        port = urlsplit(address).port
        asleep_for_another(world, address.replace(f":{port}/", ":9/"))
    calendar.door.answers(503)
    world.run(book, introduced(world))
    calendar.door.is_well()
    assert [sweep(world.runtime).readable for _ in range(sweeps)] == [0] * (sweeps - 1) + [1]


def test_it_is_never_read_inside_a_transaction(world: World, calendar: CalDavRoom) -> None:
    """A slow calendar would hold locks for as long (DESIGN 7)."""
    open_ones: list[int] = []

    def look(_: dict[str, Any], _start: Start) -> None:
        with world.runtime.database.connect() as connection:
            others = connection.scalar(
                text(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                    " and pid <> pg_backend_pid() and state like 'idle in transaction%'"
                )
            )
            open_ones.append(others or 0)

    calendar.door.trouble = look
    hand_off_id = introduced(world)
    world.run(book, hand_off_id)
    calendar.door.answers(503)
    asleep = introduced(world)
    world.run(book, asleep)
    calendar.door.trouble = look
    assert sweep(world.runtime).readable == 1
    assert open_ones == [0] * 4


def test_without_a_password_the_rep_is_not_bookable(world: World, calendar: CalDavRoom) -> None:
    world.use_settings(calendar_password=None)
    hand_off_id = introduced(world)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert world.waits(hand_off_id)[-1].kind == "calendar"
    with world.runtime.transaction() as session:
        (failing,) = failing_neighbours(session)
    assert "BATON_CALENDAR_PASSWORD" in failing.error
