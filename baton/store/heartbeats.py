"""When something was last done completely; ages are measured by the database's clock alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.store.tables import Heartbeat


def beat(session: Session, name: str) -> None:
    """Say that `name` was done completely now."""
    session.execute(
        insert(Heartbeat)
        .values(name=name, at=func.clock_timestamp())
        .on_conflict_do_update(index_elements=[Heartbeat.name], set_={"at": func.clock_timestamp()})
    )


def last_beat(session: Session, name: str) -> datetime | None:
    """Return when `name` was last done (aware UTC, database clock), or None."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))
