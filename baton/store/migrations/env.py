"""Alembic's environment: one connection, handed over by `baton.store.database.migrate`."""

from __future__ import annotations

from alembic import context

from baton.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
