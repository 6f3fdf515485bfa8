"""The data-quality gate before a stage: Great Expectations as rules/quality/<stage>.yaml says."""

from __future__ import annotations

import uuid

from prefect import task
from prefect.cache_policies import NO_CACHE

from baton import runtime as composition
from baton.domain.hand_off import HandOffState
from baton.domain.lead import LeadStatus, Place
from baton.store.gate_rows import gate_rows
from baton.store.hand_offs import Ending, close_hand_off, hand_off_for_update, renew_lease
from baton.store.leads import lead_for_update
from baton.store.quarantine import quarantine_lead


def gate(hand_off_id: str, lease_token: int, stage: str) -> bool:
    """Check the hand-off's lead before `stage`; return True if it was refused.

    A refused lead is in quarantine afterwards, with the expectation that failed, and its
    hand-off is closed. A stage without a file has no gate.
    """
    if not composition.current().gates.has(stage):
        return False
    return _gate.with_options(task_run_name=f"gate before {stage}")(hand_off_id, lease_token, stage)


@task(name="gate", cache_policy=NO_CACHE, persist_result=False)
def _gate(hand_off_id: str, lease_token: int, stage: str) -> bool:
    runtime = composition.current()
    with runtime.transaction() as session:
        lead_id = hand_off_for_update(session, uuid.UUID(hand_off_id)).lead_id
        rows = gate_rows(session, [lead_id])
    refusal = runtime.gates.check(stage, rows).refused.get(lead_id)
    if refusal is None:
        return False
    now = runtime.clock.now()
    reason = f"gate {stage}: {refusal.meaning or refusal.expectation}"
    with runtime.transaction() as session:
        hand_off = renew_lease(session, uuid.UUID(hand_off_id), lease_token)
        # Nobody is a suspect outside a hand-off (I1); whoever comes back is introduced anew.
        was_suspect = lead_for_update(session, lead_id).status == LeadStatus.SUSPECT
        status = LeadStatus.MARKETING_QUALIFIED if was_suspect else None
        ending = Ending(HandOffState.QUARANTINED, reason, Place.QUARANTINED, status=status)
        close_hand_off(session, hand_off, ending, by=f"gate {stage}", at=now)
        quarantine_lead(
            session,
            lead_id,
            field=refusal.column or "",
            value=None if refusal.value is None else str(refusal.value),
            reason=reason,
            at=now,
        )
    return True
