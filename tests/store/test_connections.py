"""Connections that died while they lay idle are replaced before anybody is given them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from baton.store import database as store
from baton.store.database import connect

KILL = text(
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where application_name = 'idle' and pid <> pg_backend_pid()"
)


def _rest_and_die(database: Engine) -> Engine:
    """Return an engine whose only connection lies idle and is dead."""
    engine = connect(database.url.render_as_string(hide_password=False), connections=3)
    with engine.begin() as connection:
        connection.execute(text("set application_name = 'idle'"))
    with database.begin() as connection:
        assert connection.scalars(KILL).all() == [True]
    return engine


def test_a_connection_that_died_at_rest_is_replaced(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "ASK_AFTER_SECONDS", 0)
    engine = _rest_and_die(database)
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1
    engine.dispose()


def test_one_that_was_used_a_moment_ago_is_not_asked(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "ASK_AFTER_SECONDS", 3600)
    engine = _rest_and_die(database)
    with engine.connect() as connection, pytest.raises(OperationalError):
        connection.execute(text("select 1"))
    with engine.connect() as connection:
        assert connection.scalar(text("select 1")) == 1
    engine.dispose()
