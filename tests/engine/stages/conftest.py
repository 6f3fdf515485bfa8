from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from baton.store.reps import rep_by_email
from tests.calendar.servers import PASSWORD, CalDavRoom, caldav_room
from tests.engine.worlds import World

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def world(database: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    """An installation under the agreement of the rules folder."""
    return World(database, monkeypatch)


@pytest.fixture
def world_with(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], World]:
    """Make an installation whose agreement was changed before both teams signed it."""
    return lambda change: World(database, monkeypatch, change)


@pytest.fixture(scope="session")
def ae_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavRoom]:
    with caldav_room(tmp_path_factory.mktemp("radicale-of-the-ae")) as room:
        yield room


@pytest.fixture
def calendar(ae_room: CalDavRoom, world: World) -> CalDavRoom:
    return given_calendar(world, ae_room)


def given_calendar(world: World, ae_room: CalDavRoom) -> CalDavRoom:
    """The AE's calendar: empty, and well."""
    ae_room.door.is_well()
    ae_room.hold()
    ae_room.door.changed.clear()
    world.use_settings(calendar_password=PASSWORD)
    with world.runtime.transaction() as session:
        ae = rep_by_email(session, world.ae)
        assert ae is not None
        ae.calendar = ae_room.rep_address()
    return ae_room
