"""Every refusal of the API in one form: what went wrong, to what, and what to do."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from baton.errors import (
    BatonError,
    InputError,
    NotFoundError,
    RefusedError,
    TransientError,
)

RETRY_AFTER_SECONDS = 5
STATUSES: tuple[tuple[type[BatonError], HTTPStatus], ...] = (
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (RefusedError, HTTPStatus.CONFLICT),
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (TransientError, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Problem(BaseModel):
    """A refusal.

    Attributes:
        error: The kind of error, such as `RefusedError`.
        message: What happened, to what, and what to do.
    """

    error: str
    message: str


def status_of(error: BatonError) -> HTTPStatus:
    """Return the HTTP status that fits this kind of error; 500 where no request can mend it."""
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def speak_of_problems(app: FastAPI) -> None:
    """Make the app answer each of our errors, and each wrong request, with a `Problem`."""
    app.add_exception_handler(BatonError, _baton_error)
    app.add_exception_handler(RequestValidationError, _wrong_request)
    app.add_exception_handler(HTTPException, _http_error)


def problem_response(
    status: HTTPStatus, error: str, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return the response that carries a problem."""
    body = Problem(error=error, message=message).model_dump()
    return JSONResponse(body, status_code=status, headers=headers)


def _baton_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, BatonError):
        raise error
    status = status_of(error)
    headers = None
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem_response(status, type(error).__name__, str(error), headers)


def _wrong_request(_request: Request, error: Exception) -> JSONResponse:
    """Name each wrong field; never echo its value, which may be a person's data."""
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
    ]
    message = "The request cannot be used: " + "; ".join(faults) + ". See /api/openapi.json."
    return problem_response(HTTPStatus.UNPROCESSABLE_ENTITY, "InputError", message)


def _http_error(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    kind = "".join(status.phrase.title().split())
    headers = dict(error.headers) if error.headers else None
    return problem_response(status, kind, str(error.detail), headers)
