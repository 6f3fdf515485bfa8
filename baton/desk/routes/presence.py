"""Which AEs hot leads may be put through to at once."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.bodies import PresenceBody
from baton.engine import actions

router = APIRouter(tags=["presence"])


class Present(BaseModel):
    """Until when leads may be put through (aware UTC); None if not now."""

    until: datetime | None


@router.put("/presence")
def set_presence(runtime: RuntimeOf, body: PresenceBody) -> Present:
    """Let hot leads be put through to an AE for so many minutes from now."""
    return Present(until=actions.set_presence(runtime, by=body.by, minutes=body.minutes))
