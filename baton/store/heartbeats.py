"""When something was last done completely; ages are measured by the database's clock alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.store.tables import Heartbeat


def clock(session: Session) -> datetime:
    """Return the database's time (aware UTC)."""
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now


def beat(session: Session, name: str, *, begun_at: datetime) -> None:
    """Say that all there was of `name` at `begun_at` (aware UTC, database clock) is done now.

    What came while it was being done may be missing from it, so its end would promise too much.
    """
    begun = insert(Heartbeat).values(name=name, at=begun_at)
    latest = func.greatest(Heartbeat.at, begun.excluded.at)
    session.execute(
        begun.on_conflict_do_update(index_elements=[Heartbeat.name], set_={"at": latest})
    )


def last_beat(session: Session, name: str) -> datetime | None:
    """Return the instant up to which `name` is done (aware UTC, database clock), or None."""
    return session.scalar(select(Heartbeat.at).where(Heartbeat.name == name))
