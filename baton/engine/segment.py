"""One waking of a hand-off: from the start, or from where it slept, to the next wait or the end.

A flow reads as a sentence because this carries the rest: the lease, the ledger that skips what
is done, the quality gate before each stage, and sleeping on waits.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from baton import runtime as composition
from baton.engine.effects import Lease
from baton.engine.gate import gate
from baton.engine.sleeping import sleep_on
from baton.engine.stage import Asleep, Over, StageTask, is_over, is_stage
from baton.runtime import Runtime
from baton.store.hand_offs import (
    begin_stage,
    finish_stage,
    finished_stages,
    give_lease_back,
    renew_lease,
    take_lease,
)

STEP_MINUTES = 15

Go = Callable[[StageTask], dict[str, Any]]


class HandOffOver(BaseException):
    """The hand-off ended; the rest of the flow has nothing to do."""


@contextmanager
def segment(hand_off_id: str) -> Iterator[Go]:
    """Hold the hand-off while the flow walks through its stages.

    Gives:
        `go(stage)`: afterwards the stage is done and its ledger entry is returned; the entry is
        empty if a later release put the stage where the hand-off had been already. It does not
        return when the hand-off sleeps or is over.

    Raises:
        LeaseLostError: Another worker runs this hand-off.
    """
    runtime = composition.current()
    with runtime.transaction() as session:
        token = take_lease(session, uuid.UUID(hand_off_id))
    lease = Lease(uuid.UUID(hand_off_id), token)
    walked: list[str] = []
    try:
        yield lambda stage: _go(runtime, lease, stage, walked)
    except HandOffOver:
        pass
    finally:
        with runtime.transaction() as session:
            give_lease_back(session, lease.hand_off_id, lease.token)


def _go(runtime: Runtime, lease: Lease, stage: StageTask, walked: list[str]) -> dict[str, Any]:
    done = _begin(runtime, lease, stage.name, walked)
    walked.append(stage.name)
    if done is not None:
        return done
    if gate(str(lease.hand_off_id), lease.token, stage.name):
        raise HandOffOver
    while True:
        step = stage(str(lease.hand_off_id), lease.token)
        if isinstance(step, Asleep):
            sleep_on(runtime, step.wait_id)
        elif isinstance(step, Over):
            raise HandOffOver
        else:
            return _finish(runtime, lease, stage.name, step.result)


def _begin(
    runtime: Runtime, lease: Lease, name: str, walked: Collection[str] | None = None
) -> dict[str, Any] | None:
    """Return the ledger's entry if the stage is done; otherwise make it the next step.

    Given the stages `walked` through before it, a stage that the hand-off has gone past counts as
    done, with an empty entry.
    """
    with runtime.transaction() as session:
        hand_off = renew_lease(session, lease.hand_off_id, lease.token)
        done = finished_stages(session, hand_off.id)
        if name in done:
            return done[name]
        if is_over(hand_off):
            raise HandOffOver
        if walked is not None and _is_past(name, {*done, hand_off.stage} if done else (), walked):
            return {}
        if hand_off.stage != name:
            due_at = runtime.clock.now() + timedelta(minutes=STEP_MINUTES)
            begin_stage(session, hand_off, name, due_at=due_at)
        return None


def _is_past(name: str, reached: Collection[str], walked: Collection[str]) -> bool:
    """Return whether the hand-off got further than the stage before the flow had it.

    It did if it reached a stage that is still to come. One that no release has any more never
    comes, and says nothing.
    """
    ahead = set(reached).difference(walked)
    return name not in ahead and any(map(is_stage, ahead))


def _finish(runtime: Runtime, lease: Lease, name: str, result: dict[str, Any]) -> dict[str, Any]:
    with runtime.transaction() as session:
        hand_off = renew_lease(session, lease.hand_off_id, lease.token)
        finish_stage(session, hand_off, name, result=result, at=runtime.clock.now())
    return result
