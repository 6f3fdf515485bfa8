"""A rep's calendar at Google does for a hand-off what one on a CalDAV server does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished
from baton.engine.sweep import sweep
from baton.store.neighbours import failing_neighbours
from baton.store.reps import rep_by_email
from tasks.await_outcome import await_outcome
from tasks.book import book
from tests.calendar.google_room import GoogleRoom, google_room
from tests.calendar.servers import OWNER, event
from tests.engine.stages.test_calendars import confirmed, introduced
from tests.engine.worlds import World


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleRoom]:
    with google_room(tmp_path_factory.mktemp("google-of-the-ae")) as room:
        yield room


@pytest.fixture
def google(workspace: GoogleRoom, world: World) -> GoogleRoom:
    """The AE's calendar: empty, and well."""
    workspace.forget()
    world.use_settings(google_key=workspace.key_file, google_api=workspace.url)
    with world.runtime.transaction() as session:
        ae = rep_by_email(session, world.ae)
        assert ae is not None
        ae.calendar = workspace.rep_address()
    return workspace


def test_a_meeting_is_proposed_when_google_says_that_the_ae_is_free(
    world: World, google: GoogleRoom
) -> None:
    google.hold(event("DTSTART:20260302T000000Z", "DTEND:20260303T150000Z"))
    hand_off_id = introduced(world)
    world.run(book, hand_off_id)
    assert times_of(world.meetings(hand_off_id)[-1])[0] >= datetime(2026, 3, 3, 15, tzinfo=UTC)
    assert google.asked_of == [OWNER.email]


def test_without_an_answer_the_rep_is_not_bookable_until_there_is_one(
    world: World, google: GoogleRoom
) -> None:
    google.token_door.answers(401, b'{"error": "unauthorized_client"}')
    hand_off_id = introduced(world)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert world.waits(hand_off_id)[-1].kind == "calendar"
    with world.runtime.transaction() as session:
        (failing,) = failing_neighbours(session)
    assert "unauthorized_client" in failing.error
    google.token_door.is_well()
    assert sweep(world.runtime).readable == 1
    assert not isinstance(world.run(book, hand_off_id), Finished)
    assert world.meetings(hand_off_id)


def test_without_a_key_the_rep_is_not_bookable(world: World, google: GoogleRoom) -> None:
    world.use_settings(google_key=None)
    hand_off_id = introduced(world)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert google.door.asked == []


def test_a_confirmed_meeting_stands_there_once_and_is_off_when_it_is_deleted(
    world: World, google: GoogleRoom
) -> None:
    hand_off_id = confirmed(world)
    sweep(world.runtime)
    (name,) = google.files()
    assert google.writes() == 1
    start = times_of(world.meetings(hand_off_id)[-1])[0]
    assert datetime.fromisoformat(google.events[name]["start"]["dateTime"]) == start
    assert world.effects(hand_off_id)["calendar_entry:1-on"] == "done"
    google.delete(name)
    assert sweep(world.runtime).called_off == 1
    assert sweep(world.runtime).called_off == 0
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled", "proposed"]
    world.accept(hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    sweep(world.runtime)
    assert world.effects(hand_off_id)["calendar_entry:2-on"] == "done"
    (name,) = google.files()
    moved_to = times_of(world.meetings(hand_off_id)[-1])[0]
    assert datetime.fromisoformat(google.events[name]["start"]["dateTime"]) == moved_to > start
    assert sweep(world.runtime).called_off == 0
