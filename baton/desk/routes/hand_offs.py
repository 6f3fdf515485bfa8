"""Hand-offs: list, show, and everything that people do to one."""

from __future__ import annotations

import uuid
from datetime import UTC
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from baton.desk.access import RuntimeOf
from baton.desk.bodies import (
    AnswersBody,
    ApprovalBody,
    AssignmentBody,
    CancelBody,
    ChoiceBody,
    ConnectedBody,
    ContactBody,
    CounterBody,
    OutcomeBody,
    TimesBody,
)
from baton.domain.hand_off import HandOffState
from baton.engine import actions
from baton.engine.offering import Offered
from baton.store.views import (
    HandOffLine,
    HandOffView,
    count_hand_offs,
    list_hand_offs,
    show_hand_off,
)

router = APIRouter(prefix="/hand-offs", tags=["hand-offs"])
MAX_PAGE = 1000


@router.get("")
def list_all(
    runtime: RuntimeOf,
    response: Response,
    state: HandOffState | Literal["all"] = HandOffState.OPEN,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    skip: Annotated[int, Query(ge=0, description="How many of the first to leave out.")] = 0,
) -> list[HandOffLine]:
    """List hand-offs, what is due first before what is due later.

    The header X-Total-Count says how many there are; `skip` gives the next page.
    """
    wanted = None if state == "all" else state
    with runtime.transaction() as session:
        response.headers["X-Total-Count"] = str(count_hand_offs(session, wanted))
        return list_hand_offs(session, state=wanted, limit=limit, skip=skip)


@router.get("/{hand_off_id}")
def show(runtime: RuntimeOf, hand_off_id: uuid.UUID) -> HandOffView:
    """Show one hand-off with its waits, meetings, attendance, messages and outcomes."""
    with runtime.transaction() as session:
        return show_hand_off(session, hand_off_id)


@router.post("/{hand_off_id}/cancel")
def cancel(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: CancelBody) -> HandOffView:
    """Close the hand-off as cancelled; the lead goes to nurture."""
    actions.cancel_hand_off(runtime, hand_off_id, by=body.by, reason=body.reason)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/approval")
def approve(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: ApprovalBody) -> HandOffView:
    """Record an approver's decision and wake the run."""
    actions.approve(runtime, hand_off_id, approved=body.approved, by=body.by, note=body.note)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/answers")
def answer(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: AnswersBody) -> HandOffView:
    """Record answers to open questions and wake the run."""
    actions.answer_questions(runtime, hand_off_id, answers=body.answers, by=body.by)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/contact")
def correct_contact(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: ContactBody) -> HandOffView:
    """Record the lead's other address after the first one was refused."""
    actions.correct_contact(runtime, hand_off_id, email=body.email, by=body.by)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/counter")
def answer_counter(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: CounterBody) -> HandOffView:
    """Take the time that the lead proposes, or let the present one stand."""
    actions.answer_counter(runtime, hand_off_id, accepted=body.accepted, by=body.by)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/times")
def offer_times(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: TimesBody) -> Offered:
    """Hold times for the lead to choose from, for the agreed minutes."""
    return actions.offer_times(runtime, hand_off_id, by=body.by)


@router.post("/{hand_off_id}/choice")
def choose_time(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: ChoiceBody) -> HandOffView:
    """Take the one of the held times that the lead chose; both are invited to it."""
    actions.choose_time(runtime, hand_off_id, body.starts_at.astimezone(UTC), by=body.by)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/assignment")
def name_ae(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: AssignmentBody) -> HandOffView:
    """Give a lead of the fallback queue to an AE, and wake the run."""
    actions.name_ae(runtime, hand_off_id, ae=body.ae, by=body.by)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/connected")
def say_connected(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: ConnectedBody) -> HandOffView:
    """Record whether the AE reached the lead; if not, an appointment is proposed at once."""
    actions.say_connected(runtime, hand_off_id, reached=body.reached, by=body.by, note=body.note)
    return show(runtime, hand_off_id)


@router.post("/{hand_off_id}/outcome")
def report_outcome(runtime: RuntimeOf, hand_off_id: uuid.UUID, body: OutcomeBody) -> HandOffView:
    """Record what the AE says after the meeting and wake the run."""
    actions.report_outcome(
        runtime,
        hand_off_id,
        kind=body.kind,
        verdicts={criterion: verdict.value for criterion, verdict in body.verdicts.items()},
        feedback=body.feedback,
        by=body.by,
    )
    return show(runtime, hand_off_id)
