"""Whether the API and its database answer; needs no token."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from baton.desk.access import RuntimeOf
from baton.desk.problems import Problem
from baton.store.probing import database_version

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """It is well; otherwise the answer is a problem with status 503."""

    status: Literal["ok"]
    version: str


@router.get("/health", responses={503: {"model": Problem}})
def health(runtime: RuntimeOf) -> Health:
    """Answer once the database has answered."""
    database_version(runtime.database)
    return Health(status="ok", version=version("baton-handoff"))
