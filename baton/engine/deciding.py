"""The first decision on a wait stands; the run is woken after it is stored."""

from __future__ import annotations

import uuid
from typing import Any

from baton.domain.hand_off import WaitKind
from baton.engine.runs import wake
from baton.runtime import Runtime
from baton.store.tables import HandOff, Wait
from baton.store.waits import decide


def decide_wait(
    runtime: Runtime, wait_id: int, decision: str, *, by: str, detail: dict[str, Any] | None = None
) -> bool:
    """Record a decision; return False if another one stands already."""
    with runtime.transaction() as session:
        wait = session.get_one(Wait, wait_id, with_for_update=True)
        return decide(wait, decision, by=by, at=runtime.clock.now(), detail=detail)


def wake_hand_off(runtime: Runtime, hand_off_id: uuid.UUID) -> bool:
    """Resume the hand-off's run with what Prefect's form asks for, if it sleeps on one."""
    with runtime.transaction() as session:
        hand_off = session.get_one(HandOff, hand_off_id)
        flow_run_id = hand_off.flow_run_id
        wait = (
            session.query(Wait)
            .filter(Wait.hand_off_id == hand_off_id)
            .order_by(Wait.id.desc())
            .first()
        )
        run_input = form_input(wait.kind, wait.decision) if wait else None
    return wake(runtime.settings, flow_run_id, run_input)


def form_input(kind: str, decision: str | None) -> dict[str, Any] | None:
    """Return what Prefect's form for this kind of wait needs to let the run go on.

    The decision is in our tables already; the form's answer is ignored then, but Prefect refuses
    to resume without a valid one.
    """
    if kind == WaitKind.APPROVAL:
        return {"decision": "approve" if decision == "approve" else "reject"}
    if kind == WaitKind.ANSWERS:
        return {"decision": "give_up"}
    return None
