"""A rep's calendar at Google or Microsoft does for a hand-off what one on a CalDAV server does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from baton.adapters.calendar import asking
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished
from baton.engine.sweep import sweep
from baton.store.neighbours import failing_neighbours
from baton.store.reps import rep_by_email
from tasks.await_outcome import await_outcome
from tasks.book import book
from tests.calendar.google_room import GoogleRoom, google_room
from tests.calendar.microsoft_room import MicrosoftRoom, microsoft_room
from tests.calendar.servers import event
from tests.engine.stages.test_calendar_entries import confirmed
from tests.engine.stages.test_calendars import introduced
from tests.engine.worlds import World

HostedRoom = GoogleRoom | MicrosoftRoom


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleRoom]:
    with google_room(tmp_path_factory.mktemp("google-of-the-ae")) as room:
        yield room


@pytest.fixture(scope="module")
def exchange() -> Iterator[MicrosoftRoom]:
    with microsoft_room() as room:
        yield room


@pytest.fixture(params=["workspace", "exchange"])
def hosted(
    request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch
) -> HostedRoom:
    """The AE's calendar: empty, and well."""
    room: HostedRoom = request.getfixturevalue(request.param)
    if isinstance(room, MicrosoftRoom):
        trusts = room.trusts
        monkeypatch.setattr(asking, "_trusted", lambda: trusts)
    room.forget()
    world.use_settings(**room.settings())
    with world.runtime.transaction() as session:
        ae = rep_by_email(session, world.ae)
        assert ae is not None
        ae.calendar = room.rep_address()
    return room


def test_a_meeting_is_proposed_when_its_server_says_that_the_ae_is_free(
    world: World, hosted: HostedRoom
) -> None:
    hosted.hold(event("DTSTART:20260302T000000Z", "DTEND:20260303T150000Z"))
    hand_off_id = introduced(world)
    world.run(book, hand_off_id)
    assert times_of(world.meetings(hand_off_id)[-1])[0] >= datetime(2026, 3, 3, 15, tzinfo=UTC)
    assert len(hosted.asked_of) == 1


def test_without_an_answer_the_rep_is_not_bookable_until_there_is_one(
    world: World, hosted: HostedRoom
) -> None:
    hosted.token_door.answers(401, b'{"error": "unauthorized_client"}')
    hand_off_id = introduced(world)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert world.waits(hand_off_id)[-1].kind == "calendar"
    with world.runtime.transaction() as session:
        (failing,) = failing_neighbours(session)
    assert "unauthorized_client" in failing.error
    hosted.token_door.is_well()
    assert sweep(world.runtime).readable == 1
    assert not isinstance(world.run(book, hand_off_id), Finished)
    assert world.meetings(hand_off_id)


def test_without_its_settings_the_rep_is_not_bookable(world: World, hosted: HostedRoom) -> None:
    places = ("_api", "_login")
    world.use_settings(**{one: None for one in hosted.settings() if not one.endswith(places)})
    hand_off_id = introduced(world)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert hosted.door.asked == []


def test_a_confirmed_meeting_stands_there_once_and_is_off_when_it_is_deleted(
    world: World, hosted: HostedRoom
) -> None:
    hand_off_id = confirmed(world)
    sweep(world.runtime)
    (name,) = hosted.files()
    assert hosted.writes() == 1
    start = times_of(world.meetings(hand_off_id)[-1])[0]
    assert hosted.starts_at(name) == start
    assert world.effects(hand_off_id)["calendar_entry:1-on"] == "done"
    hosted.delete(name)
    assert sweep(world.runtime).called_off == 1
    assert sweep(world.runtime).called_off == 0
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled", "proposed"]
    world.accept(hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:2-on"] == "done"
    (name,) = hosted.files()
    moved_to = times_of(world.meetings(hand_off_id)[-1])[0]
    assert hosted.starts_at(name) == moved_to > start
    assert sweep(world.runtime).called_off == 0
