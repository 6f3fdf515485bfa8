"""The nightly batches: when each judged all that was due, and under which version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.store.tables import Batch


@dataclass(frozen=True, slots=True)
class FinishedBatch:
    """A batch that went through to its end.

    Attributes:
        agreement_id: The version that decided.
        as_of: What was due at this instant (aware UTC), it judged.
    """

    agreement_id: int
    as_of: datetime


def last_batch(session: Session) -> FinishedBatch | None:
    """Return the newest batch that went through; None before the first."""
    row = session.execute(
        select(Batch.agreement_id, Batch.as_of).order_by(Batch.id.desc()).limit(1)
    ).first()
    return None if row is None else FinishedBatch(*row)


def record_batch(
    session: Session,
    *,
    agreement_id: int,
    as_of: datetime,
    finished_at: datetime,
    judged_all: bool,
    judged: int,
) -> None:
    """Note that a batch went through: whatever was due at `as_of` is judged."""
    session.add(
        Batch(
            agreement_id=agreement_id,
            as_of=as_of,
            finished_at=finished_at,
            judged_all=judged_all,
            judged=judged,
        )
    )
    session.flush()


def commit_soon(session: Session) -> None:
    """Let the transaction's commit not wait for the disk; the next one that does waits for both.

    The batch's own end is such a one. Whatever a crash takes away before it is judged again, and
    nobody outside has heard of it: a message is released by a transaction that waits.
    """
    session.execute(text("set local synchronous_commit = off"))
