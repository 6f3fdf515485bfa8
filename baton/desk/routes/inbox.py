"""Messages that nobody could place: list, show, settle."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.bodies import SettleBody
from baton.domain.meeting import InboundDecision
from baton.engine.settling import settle_message
from baton.store.looks import LookLine, MessageShown, list_looks, show_message

router = APIRouter(prefix="/inbox", tags=["inbox"])
MAX_PAGE = 1000


class SettledAnswer(BaseModel):
    """What followed: hand-offs that an opt-out closed, the lead that a contact became."""

    id: int
    decision: InboundDecision
    closed: list[uuid.UUID]
    lead_id: int | None


@router.get("")
def list_messages(
    runtime: RuntimeOf,
    settled: bool = False,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> list[LookLine]:
    """List messages that need a look, oldest first; or those that are settled, newest first."""
    with runtime.transaction() as session:
        return list_looks(session, is_settled=settled, limit=limit)


@router.get("/{message_id}")
def show(runtime: RuntimeOf, message_id: int) -> MessageShown:
    """Show a message: its words, what it was taken for, whom it names, and the whole of it."""
    with runtime.transaction() as session:
        return show_message(session, message_id)


@router.post("/{message_id}/settle")
def settle(runtime: RuntimeOf, message_id: int, body: SettleBody) -> SettledAnswer:
    """Say what a message is; that is kept and applied, and the message leaves the list."""
    done = settle_message(
        runtime,
        message_id,
        body.decision,
        by=body.by,
        reason=body.reason,
        hand_off_id=body.hand_off_id,
        address=body.email,
    )
    return SettledAnswer(
        id=message_id, decision=done.decision, closed=list(done.closed), lead_id=done.lead_id
    )
