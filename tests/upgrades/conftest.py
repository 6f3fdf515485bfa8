from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text

from baton.store.database import connect
from tests.upgrades.restoring import FIXTURES, Upgraded, restore


@pytest.fixture(
    scope="session", params=FIXTURES, ids=[path.name.removesuffix(".sql.gz") for path in FIXTURES]
)
def upgraded_database(request: pytest.FixtureRequest, server_url: str) -> str:
    """The name of a database that an older release left, with this release's schema."""
    return restore(server_url, request.param)


@pytest.fixture
def world(
    server_url: str, upgraded_database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Upgraded]:
    """The installation in a copy of that database."""
    name = f"upgraded_{uuid.uuid4().hex}"
    admin = connect(server_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name} template {upgraded_database}"))
    engine = connect(make_url(server_url).set(database=name).render_as_string(hide_password=False))
    yield Upgraded(engine, monkeypatch)
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    admin.dispose()
