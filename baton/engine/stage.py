"""A stage: one step of a hand-off, one Prefect task, one file in `tasks/`.

A stage loads, decides, acts and records. It may be run again at any time, after a crash or when
a wait ended, so it finds out from the tables how far it came. It returns what follows:
`Finished`, `Asleep` on a wait, or `Over` when it ended the hand-off.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from sqlalchemy.orm import Session

from baton import runtime as composition
from baton.domain.hand_off import HandOffState
from baton.engine.effects import Done, Lease, carry_out, perform
from baton.errors import TransientError
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement
from baton.runtime import Runtime
from baton.store.effects import Intent
from baton.store.hand_offs import Ending, close_hand_off, renew_lease
from baton.store.tables import HandOff

RETRY_DELAYS: list[float] = [2, 10, 30]
_names: set[str] = set()


@dataclass(frozen=True, slots=True)
class Finished:
    """The stage is done; `result` goes into the ledger (ids and figures, no person's data)."""

    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asleep:
    """The hand-off waits for a person; the run costs nothing until the wait is decided."""

    wait_id: int


@dataclass(frozen=True, slots=True)
class Over:
    """The stage ended the hand-off."""

    reason: str


Step = Finished | Asleep | Over


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage works with: one hand-off, held by a lease."""

    runtime: Runtime
    lease: Lease
    stage: str

    @property
    def hand_off_id(self) -> uuid.UUID:
        """The hand-off."""
        return self.lease.hand_off_id

    def now(self) -> datetime:
        """Return the business time (aware UTC)."""
        return self.runtime.clock.now()

    def due_in(self, minutes: int) -> datetime:
        """Return the instant `minutes` from now."""
        return self.now() + timedelta(minutes=minutes)

    @contextmanager
    def transaction(self) -> Iterator[tuple[Session, HandOff]]:
        """Give a session and the locked hand-off under our lease; commit if the block succeeds.

        If somebody ended the hand-off in the meantime the stage ends here, as `Over`.

        Raises:
            LeaseLostError: Another worker took the hand-off over.
        """
        with self.runtime.transaction() as session:
            hand_off = renew_lease(session, self.lease.hand_off_id, self.lease.token)
            if is_over(hand_off):
                raise _Ended(hand_off.close_reason)
            yield session, hand_off

    @contextmanager
    def look(self) -> Iterator[tuple[Session, HandOff]]:
        """Give a session and the hand-off to read; nothing is locked, and nothing is written.

        What follows is done in a `transaction`, which knows whether the lease is still ours.
        If somebody ended the hand-off in the meantime the stage ends here, as `Over`.
        """
        with self.runtime.look() as session:
            hand_off = session.get_one(HandOff, self.lease.hand_off_id)
            if is_over(hand_off):
                raise _Ended(hand_off.close_reason)
            yield session, hand_off

    def agreement(self, session: Session, hand_off: HandOff) -> Agreement:
        """Return the version that this hand-off began with."""
        return agreement_of(session, hand_off.agreement_id)

    def perform(self, intents: Sequence[Intent]) -> list[Done]:
        """Make the effects happen once, fenced by the lease."""
        return perform(self.runtime, intents, self.lease)

    def carry_out(self, key: str) -> Done:
        """Release an effect that was intended with the state that needs it."""
        return carry_out(self.runtime, key, self.lease)

    def end(self, session: Session, hand_off: HandOff, ending: Ending) -> Over:
        """End the hand-off in this transaction."""
        close_hand_off(session, hand_off, ending, by=f"stage {self.stage}", at=self.now())
        return Over(ending.reason)


class _Ended(Exception):  # noqa: N818 (no error: somebody ended the hand-off)
    """Leaves the stage's body; `stage` makes an `Over` of it."""


def is_over(hand_off: HandOff) -> bool:
    """Return whether somebody ended the hand-off in the meantime."""
    return hand_off.state != HandOffState.OPEN


def is_stage(name: str) -> bool:
    """Return whether this release has a stage of the name, as far as its flow is loaded."""
    return name in _names


def _is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    error = state.result(raise_on_failure=False)
    return isinstance(error, TransientError)


StageTask = Task[[str, int], Step]


def stage(body: Callable[[Work], Step]) -> StageTask:
    """Make a stage of a function; its name is the stage's name in the ledger and in Prefect.

    Prefect sees ids only, retries transient errors only, and caches nothing: the ledger decides
    what is done.
    """
    name = body.__name__
    _names.add(name)

    def run(hand_off_id: str, lease_token: int) -> Step:
        lease = Lease(uuid.UUID(hand_off_id), lease_token)
        try:
            return body(Work(composition.current(), lease, name))
        except _Ended as ended:
            return Over(str(ended))

    run.__doc__ = body.__doc__
    run.__name__ = name
    return task(
        name=name,
        task_run_name=name,
        retries=len(RETRY_DELAYS),
        retry_delay_seconds=RETRY_DELAYS,
        retry_jitter_factor=0.3,
        retry_condition_fn=_is_transient,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(run)
