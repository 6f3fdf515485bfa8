"""What leads did, one at a time, as forms and trackers tell it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.bodies import TouchBody
from baton.desk.once import IdempotencyKey, answer_once
from baton.desk.taking_in import Refused, take_touch

router = APIRouter(prefix="/touches", tags=["touches"])


class TakenTouch(BaseModel):
    """What became of the touch; `refused` says why it is in quarantine."""

    result: Literal["created", "unchanged", "quarantined"]
    refused: Refused | None = None


@router.post(
    "",
    response_model=TakenTouch,
    status_code=HTTPStatus.CREATED,
    responses={
        200: {"model": TakenTouch, "description": "The touch was known."},
        202: {"model": TakenTouch, "description": "The touch is in quarantine, with the reason."},
    },
)
def take_in(
    runtime: RuntimeOf, request: Request, body: TouchBody, key: IdempotencyKey = None
) -> JSONResponse:
    """Take a touch in; its lead is looked at again, also out of nurture."""

    def act() -> tuple[HTTPStatus, TakenTouch]:
        result, refused = take_touch(runtime, body)
        statuses = {"created": HTTPStatus.CREATED, "unchanged": HTTPStatus.OK}
        taken = TakenTouch.model_validate({"result": result, "refused": refused})
        return statuses.get(result, HTTPStatus.ACCEPTED), taken

    return answer_once(runtime, request, key, body, act)
