from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine

from baton.store.database import migrate
from baton.store.tables import Base


def test_migrated_tables_are_the_tables_that_the_code_knows(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_is_once(database: Engine) -> None:
    migrate(database)
    migrate(database)
