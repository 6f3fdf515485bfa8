"""A request that carries an Idempotency-Key acts once, and gets the same answer every time."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from baton.runtime import Runtime
from baton.store.idempotency import StoredAnswer, claim_key, remember_answer

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same key with the same body gets the same answer and acts once.",
    ),
]
# Each such request holds a connection while it acts through others: as many at once as leave
# connections for these.
_turns = threading.BoundedSemaphore(8)


def answer_once(
    runtime: Runtime,
    request: Request,
    key: str | None,
    body: BaseModel,
    act: Callable[[], tuple[HTTPStatus, Any]],
) -> JSONResponse:
    """Act, or return the answer that was given to this key before.

    An error is not kept: the same key may be sent again when what was wrong is mended.

    Args:
        runtime: The process's runtime.
        request: Its method and path belong to the key's request.
        key: The caller's key; without one, it acts.
        body: The request's body.
        act: Does the work; returns the status and the body of the answer.

    Raises:
        RefusedError: The key was used for another request.
    """
    if key is None:
        return _response(*_encoded(act()))
    digest = _digest(request, body)
    with _turns, runtime.transaction() as session:
        stored = claim_key(session, key, digest)
        if stored is not None:
            return _response(stored.status, stored.response)
        status, content = _encoded(act())
        remember_answer(session, key, digest, StoredAnswer(status, content), at=runtime.clock.now())
    return _response(status, content)


def _encoded(answer: tuple[HTTPStatus, Any]) -> tuple[int, dict[str, Any]]:
    status, content = answer
    encoded: dict[str, Any] = jsonable_encoder(content)
    return int(status), encoded


def _response(status: int, content: dict[str, Any]) -> JSONResponse:
    return JSONResponse(content, status_code=status)


def _digest(request: Request, body: BaseModel) -> str:
    """Name the request by what it asks for; the order of the body's keys does not matter."""
    said = f"{request.method} {request.url.path}\n{body.model_dump_json()}"
    return hashlib.sha256(said.encode()).hexdigest()
