"""A person's wish not to be contacted."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.bodies import OptOutBody
from baton.engine import actions

router = APIRouter(prefix="/opt-outs", tags=["opt-outs"])


class OptedOut(BaseModel):
    """The hand-offs that the opt-out closed."""

    closed: list[uuid.UUID]


@router.post("", status_code=HTTPStatus.CREATED)
def opt_out(runtime: RuntimeOf, body: OptOutBody) -> OptedOut:
    """Respect the wish at once (I4); a second one changes nothing."""
    closed = actions.opt_out(
        runtime, body.address, channel=body.channel, source=body.source, reason=body.reason
    )
    return OptedOut(closed=closed)
