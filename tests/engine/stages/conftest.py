from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, make_url, text

from baton.store.database import connect
from baton.store.reps import rep_by_email
from baton.store.tables import Base
from tests.calendar.servers import PASSWORD, CalDavRoom, caldav_room
from tests.engine.worlds import World

Change = Callable[[dict[str, Any]], None]
_ALL_TABLES = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)


@pytest.fixture(scope="session")
def stages_database(server_url: str, template: str) -> Iterator[Engine]:
    """One database for these tests: a statement that is known is not compiled again."""
    name = f"stages_{uuid.uuid4().hex}"
    admin = connect(server_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} template {template}"))
    engine = connect(make_url(server_url).set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()


@pytest.fixture
def empty_database(stages_database: Engine) -> Engine:
    """That database, emptied."""
    with stages_database.begin() as connection:
        connection.execute(text("set local lock_timeout = '10s'"))
        connection.execute(text(f"truncate {_ALL_TABLES} restart identity cascade"))
    return stages_database


@pytest.fixture
def world(empty_database: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    """An installation under the agreement of the rules folder."""
    return World(empty_database, monkeypatch)


@pytest.fixture
def world_with(
    empty_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Change], World]:
    """Make an installation whose agreement was changed before both teams signed it."""
    return lambda change: World(empty_database, monkeypatch, change)


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
