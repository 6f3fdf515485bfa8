from __future__ import annotations

from collections.abc import Iterator

import pytest

from baton.adapters.calendar import asking
from tests.calendar.google_room import GoogleRoom, google_room
from tests.calendar.microsoft_room import MicrosoftRoom, microsoft_room
from tests.calendar.servers import CalDavRoom, PublishedRoom, caldav_room, published_room

TextRoom = CalDavRoom | PublishedRoom
WritableRoom = CalDavRoom | GoogleRoom | MicrosoftRoom
Room = TextRoom | GoogleRoom | MicrosoftRoom


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


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoogleRoom]:
    with google_room(tmp_path_factory.mktemp("google")) as room:
        yield room


@pytest.fixture
def google(workspace: GoogleRoom) -> GoogleRoom:
    """An empty calendar at a Google that is well."""
    workspace.forget()
    return workspace


@pytest.fixture(scope="session")
def exchange() -> Iterator[MicrosoftRoom]:
    with microsoft_room() as room:
        yield room


@pytest.fixture
def microsoft(exchange: MicrosoftRoom, monkeypatch: pytest.MonkeyPatch) -> MicrosoftRoom:
    """An empty calendar at a Microsoft that is well."""
    exchange.forget()
    monkeypatch.setattr(asking, "_trusted", lambda: exchange.trusts)
    return exchange


@pytest.fixture(params=["published", "caldav"])
def text_room(request: pytest.FixtureRequest) -> TextRoom:
    """Each kind of calendar whose iCalendar text Baton reads."""
    found: TextRoom = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["caldav", "google", "microsoft"])
def writable(request: pytest.FixtureRequest) -> WritableRoom:
    """Each kind of calendar that can be written."""
    found: WritableRoom = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["published", "caldav", "google", "microsoft"])
def room(request: pytest.FixtureRequest) -> Room:
    """Each kind of calendar that can be read."""
    found: Room = request.getfixturevalue(request.param)
    return found
