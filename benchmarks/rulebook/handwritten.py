"""The decisions as one would write them by hand, in SQL, for this agreement alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine

from baton.errors import PermanentError

QUERY = Path(__file__).with_name("handwritten.sql").read_text(encoding="utf-8")


def decide(engine: Engine, *, as_of: datetime) -> int:
    """Read every decision to the end and throw it away; return how many there were."""
    with _connected(engine) as connection, connection.cursor() as cursor:
        with cursor.copy(f"copy ({QUERY}) to stdout", {"as_of": as_of}) as rows:
            deque(rows, maxlen=0)
        return cursor.rowcount


def refuse_difference(engine: Engine, decisions: str, *, as_of: datetime) -> None:
    """Compare the hand-written decisions with stored ones, lead by lead, in the database.

    Args:
        engine: The database.
        decisions: SQL whose result has `lead_id` and `decision`.
        as_of: The instant that they were decided for (aware UTC).

    Raises:
        PermanentError: They differ; the message names up to three leads.
    """
    query = f"""
        select lead_id, coalesce(b.decision, 'nothing'), coalesce(h.decision, 'nothing')
        from ({QUERY}) h full join ({decisions}) b using (lead_id)
        where h.decision is distinct from b.decision order by lead_id limit 3
    """  # noqa: S608 (both are this package's own)
    with _connected(engine) as connection:
        differing = connection.execute(query, {"as_of": as_of}).fetchall()
    if differing:
        leads = "; ".join(f"lead {lead}: {ours}, not {theirs}" for lead, ours, theirs in differing)
        raise PermanentError(
            f"Baton decides otherwise than handwritten.sql: {leads}. Mend the one that is wrong."
        )


@contextmanager
def _connected(engine: Engine) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """Give the driver's own connection: SQLAlchemy knows no COPY."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        yield driver
