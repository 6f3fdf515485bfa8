"""The HTTP API: what forms, webhooks and pages build on. It decides nothing itself (I10)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from baton.desk.access import require_token
from baton.desk.problems import Problem, speak_of_problems
from baton.desk.routes import (
    effects,
    hand_offs,
    health,
    inbox,
    leads,
    merging,
    opt_outs,
    presence,
    reports,
    reviews,
    times,
    touches,
    unsubscribe,
)
from baton.desk.token import api_token
from baton.runtime import Runtime

PREFIX = "/api"
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (401, 404, 409, 422, 503)
}


def create_app(runtime: Runtime) -> FastAPI:
    """Return the API on this runtime; it asks for the bearer token.

    The health and the signed links, to unsubscribe and to choose a time, do not.

    Raises:
        SettingsError: The token cannot be kept in the home.
    """
    app = _routes()
    app.state.runtime = runtime
    app.state.token = api_token(runtime.settings)
    return app


def describe() -> dict[str, Any]:
    """Return the OpenAPI document, as the API serves it."""
    return _routes().openapi()


def _routes() -> FastAPI:
    app = FastAPI(
        title="Baton",
        summary="Hands leads from lead generation to sales, and drops none.",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=f"{PREFIX}/docs",
        redoc_url=None,
    )
    speak_of_problems(app)
    guarded = APIRouter(prefix=PREFIX, dependencies=[Depends(require_token)], responses=PROBLEMS)
    for part in (
        merging,
        leads,
        touches,
        hand_offs,
        effects,
        inbox,
        opt_outs,
        reports,
        reviews,
        presence,
    ):
        guarded.include_router(part.router)
    app.include_router(guarded)
    app.include_router(health.router, prefix=PREFIX)
    app.include_router(unsubscribe.router)
    app.include_router(times.router)
    return app
