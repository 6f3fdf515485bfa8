"""Effects that stand still: list, retry, resolve."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.bodies import ResolveBody, RetryBody
from baton.domain.hand_off import EffectState
from baton.engine.resolving import resolve_effect, retry_effect
from baton.store.dead_letters import EffectLine
from baton.store.dead_letters import list_effects as standing_still

router = APIRouter(prefix="/effects", tags=["effects"])
MAX_PAGE = 1000


class EffectAnswer(BaseModel):
    """Where an effect stands after what was asked for; `error` says why it is not done."""

    id: int
    state: EffectState
    error: str | None = None


@router.get("")
def list_effects(
    runtime: RuntimeOf,
    state: EffectState | Literal["standing_still"] = "standing_still",
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> list[EffectLine]:
    """List mails and CRM writes that failed for good, are in doubt, or were tried in vain."""
    wanted = None if state == "standing_still" else state
    with runtime.transaction() as session:
        return standing_still(session, state=wanted, limit=limit)


@router.post("/{effect_id}/retry")
def retry(runtime: RuntimeOf, effect_id: int, body: RetryBody) -> EffectAnswer:
    """Try an effect again, also one that failed for good; what happened is never done again."""
    done = retry_effect(runtime, effect_id, by=body.by, reason=body.reason)
    return EffectAnswer(id=effect_id, state=done.state, error=done.error)


@router.post("/{effect_id}/resolve")
def resolve(runtime: RuntimeOf, effect_id: int, body: ResolveBody) -> EffectAnswer:
    """Say what became of an effect, where Baton cannot find out."""
    state = resolve_effect(runtime, effect_id, body.decision, by=body.by, reason=body.reason)
    return EffectAnswer(id=effect_id, state=state)
