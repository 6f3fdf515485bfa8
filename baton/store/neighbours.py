"""Whether a neighbour answers: after some failures in a row it is asked rarely, by one at a time.

That is a circuit breaker, kept in the database, so that every process knows what one of them saw.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.domain.hand_off import Neighbour
from baton.store.pausing import pause
from baton.store.tables import NeighbourState

FAILURES_UNTIL_PAUSE = 5
FIRST_PAUSE_SECONDS = 15
LONGEST_PAUSE_SECONDS = 300
# Whoever tries has so long to find out; then somebody else does.
TRIAL = timedelta(seconds=60)


def calendar_neighbour(email: str) -> str:
    """Return the name that the calendar of the rep with this address has among the neighbours."""
    return f"calendar of {email}"


def forget(session: Session, neighbours: Collection[str]) -> None:
    """Forget what was seen of them: they are others now, and may be called at once."""
    session.execute(delete(NeighbourState).where(NeighbourState.name.in_(neighbours)))


def may_be_called(session: Session, neighbour: str) -> bool:
    """Return whether to call now; after a pause it is True for one caller, who finds out."""
    paused = select(NeighbourState.tries_again_at).where(NeighbourState.name == neighbour)
    if session.scalar(paused) is None:
        return True
    tries = session.scalar(
        update(NeighbourState)
        .where(
            NeighbourState.name == neighbour,
            NeighbourState.tries_again_at <= func.clock_timestamp(),
        )
        .values(tries_again_at=func.clock_timestamp() + TRIAL)
        .returning(NeighbourState.name)
    )
    return tries is not None


def answered(session: Session, neighbour: str) -> None:
    """Record that it answered, be it with a refusal: everybody may call again."""
    session.execute(
        update(NeighbourState)
        .where(NeighbourState.name == neighbour, NeighbourState.failures > 0)
        .values(failures=0, failing_since=None, tries_again_at=None, error=None)
        .execution_options(synchronize_session=False)
    )


def did_not_answer(session: Session, neighbour: str, error: str) -> None:
    """Record a failure; from the fifth in a row on everybody pauses, longer each time.

    Args:
        session: Its transaction should be short: others count failures on the same row.
        neighbour: Who did not answer: a `Neighbour`, or a `calendar_neighbour`.
        error: What was seen, without any person's data.
    """
    beyond = NeighbourState.failures + 2 - FAILURES_UNTIL_PAUSE
    until = func.clock_timestamp() + pause(
        beyond, first_seconds=FIRST_PAUSE_SECONDS, longest_seconds=LONGEST_PAUSE_SECONDS
    )
    first = {"failures": 1, "failing_since": func.clock_timestamp(), "error": error}
    again = {
        "failures": NeighbourState.failures + 1,
        "failing_since": func.coalesce(NeighbourState.failing_since, func.clock_timestamp()),
        "tries_again_at": case((beyond >= 1, until), else_=None),
        "error": error,
    }
    failed = insert(NeighbourState).values(name=neighbour, **first)
    session.execute(failed.on_conflict_do_update(index_elements=[NeighbourState.name], set_=again))


def pausing_neighbours(session: Session) -> list[Neighbour]:
    """Return the neighbours of effects that nobody calls at this moment."""
    pausing = select(NeighbourState.name).where(
        NeighbourState.tries_again_at > func.clock_timestamp(),
        NeighbourState.name.in_(list(Neighbour)),
    )
    return [Neighbour(name) for name in session.scalars(pausing)]


@dataclass(frozen=True, slots=True)
class Failing:
    """A neighbour that did not answer when it was last called.

    Attributes:
        name: Which.
        failures: How many, in a row.
        since: Aware UTC instant of the first, by the database's clock.
        tries_again_at: Aware UTC instant of the next trial; None while everybody still calls.
        error: What was last seen.
    """

    name: str
    failures: int
    since: datetime
    tries_again_at: datetime | None
    error: str


def failing_neighbours(session: Session) -> list[Failing]:
    """Return the neighbours that did not answer when they were last called, by name."""
    of = NeighbourState
    since = of.failing_since.label("since")
    failing = select(of.name, of.failures, since, of.tries_again_at, of.error)
    rows = session.execute(failing.where(of.failures > 0).order_by(of.name))
    return [Failing(**row) for row in rows.mappings()]
