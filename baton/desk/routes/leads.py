"""Leads: take one in, start its hand-off, log an attempt, give up, explain what was decided."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.bodies import AttemptBody, GiveUpBody, LeadBody, StartBody
from baton.desk.once import IdempotencyKey, answer_once
from baton.desk.taking_in import TakenLead, take_lead
from baton.engine import actions
from baton.engine.showing import ShownRoute, stored_route, would_route
from baton.errors import RefusedError
from baton.rulebook.explaining import ExplainedLead, explain_lead
from baton.runtime import Runtime
from baton.store.follow_up import FollowedUp

router = APIRouter(prefix="/leads", tags=["leads"])


class Started(BaseModel):
    """The lead's open hand-off."""

    hand_off: uuid.UUID


class Logged(BaseModel):
    """The attempt is in the lead's history; `is_new` is false if it was there before."""

    lead: int
    is_new: bool


class Taken(BaseModel):
    """What became of the lead, and of its hand-off if one was asked for."""

    lead: TakenLead
    hand_off: uuid.UUID | None = None
    why_not_started: str | None = None


@router.post(
    "",
    response_model=Taken,
    status_code=HTTPStatus.CREATED,
    responses={
        200: {"model": Taken, "description": "The lead was known."},
        202: {"model": Taken, "description": "The lead is in quarantine, with the reason."},
    },
)
def take_in(
    runtime: RuntimeOf, request: Request, body: LeadBody, key: IdempotencyKey = None
) -> JSONResponse:
    """Take a lead in, as an import would; with `start`, open its hand-off."""
    return answer_once(runtime, request, key, body, lambda: _take_in(runtime, body))


def _take_in(runtime: Runtime, body: LeadBody) -> tuple[HTTPStatus, Taken]:
    taken = Taken(lead=take_lead(runtime, body))
    lead_id = taken.lead.lead_id
    if lead_id is None:
        return HTTPStatus.ACCEPTED, taken
    if body.start:
        try:
            taken.hand_off = actions.start_hand_off(runtime, lead_id, by=body.source)
        except RefusedError as refusal:
            # The lead is taken in all the same; the caller learns what keeps it from going on.
            taken.why_not_started = str(refusal)
    is_new = taken.lead.result == "created"
    return HTTPStatus.CREATED if is_new else HTTPStatus.OK, taken


@router.post("/{lead_id}/hand-off", status_code=HTTPStatus.CREATED)
def start(runtime: RuntimeOf, lead_id: int, body: StartBody) -> Started:
    """Open a hand-off for the lead; if one is open already, that one is the answer."""
    return Started(hand_off=actions.start_hand_off(runtime, lead_id, by=body.by))


@router.post("/{lead_id}/attempts", status_code=HTTPStatus.CREATED)
def log_attempt(runtime: RuntimeOf, lead_id: int, body: AttemptBody) -> Logged:
    """Log that a rep tried to reach the lead (D6)."""
    is_new = actions.log_attempt(
        runtime, lead_id, channel=body.channel, by=body.by, note=body.note, key=body.key
    )
    return Logged(lead=lead_id, is_new=is_new)


@router.post("/{lead_id}/give-up")
def give_up(runtime: RuntimeOf, lead_id: int, body: GiveUpBody) -> FollowedUp:
    """Close an AE's lead that nobody reached, once it was tried as agreed (D6)."""
    return actions.give_up(runtime, lead_id, by=body.by, reason=body.reason)


@router.get("/{lead_id}/explanation")
def explain(runtime: RuntimeOf, lead_id: int) -> ExplainedLead:
    """Explain the lead: verdicts, points and decisions with their reasons, and its history."""
    with runtime.transaction() as session:
        return explain_lead(session, lead_id)


@router.get("/{lead_id}/route")
def route(runtime: RuntimeOf, lead_id: int, *, dry_run: bool = False) -> ShownRoute:
    """Tell which AE got the lead, or with `dry_run` would get it now, and why nobody else did."""
    with runtime.transaction() as session:
        if dry_run:
            return would_route(session, lead_id, at=runtime.clock.now())
        return stored_route(session, lead_id)
