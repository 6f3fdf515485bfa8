from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calendar.servers import CalDavRoom, PublishedRoom, caldav_room, published_room
from tests.engine.stages.conftest import stages_database

__all__ = ["stages_database"]

Room = CalDavRoom | PublishedRoom


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavRoom]:
    with caldav_room(tmp_path_factory.mktemp("radicale")) as room:
        yield room


@pytest.fixture(scope="session")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedRoom]:
    with published_room() as room:
        yield room


@pytest.fixture
def caldav(radicale: CalDavRoom) -> CalDavRoom:
    """An empty calendar on a Radicale that is well."""
    radicale.door.is_well()
    radicale.hold()
    radicale.door.asked.clear()
    return radicale


@pytest.fixture
def published(web: PublishedRoom) -> PublishedRoom:
    web.door.is_well()
    web.hold()
    web.door.asked.clear()
    return web


@pytest.fixture(params=["published", "caldav"])
def room(request: pytest.FixtureRequest) -> Room:
    """Each kind of calendar that can be read."""
    found: Room = request.getfixturevalue(request.param)
    return found
