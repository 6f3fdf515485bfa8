from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from baton.desk.app import create_app
from baton.store.reps import rep_by_email
from tests.calendar.servers import PASSWORD, CalDavRoom, caldav_room
from tests.desk.client import TestClient
from tests.engine.worlds import World

PUBLIC = "https://baton.seller.example"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def world(database: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    """An installation under the agreement of the rules folder."""
    return World(database, monkeypatch)


@pytest.fixture
def world_with(database: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], World]:
    """Make an installation whose agreement was changed before both teams signed it."""
    return lambda change: World(database, monkeypatch, change)


@pytest.fixture
def web(world: World) -> Iterator[TestClient]:
    """The desk of that installation, at a public address."""
    world.use_settings(
        public_url=PUBLIC, link_secret=SecretStr("a-secret-of-the-tests"), api_token=SecretStr("t")
    )
    with TestClient(create_app(world.runtime), base_url=PUBLIC) as client:
        yield client


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
