"""What every route starts from: this process's runtime, and a caller who has the token."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from baton.desk.token import is_token
from baton.runtime import Runtime

bearer = HTTPBearer(auto_error=False, description="BATON_API_TOKEN, or the file api-token.")


def runtime_of(request: Request) -> Runtime:
    """Return the runtime that the app was made with."""
    runtime: Runtime = request.app.state.runtime
    return runtime


def require_token(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> None:
    """Let a request pass only with the API's bearer token.

    Raises:
        HTTPException: 401 without it or with another one.
    """
    expected: SecretStr = request.app.state.token
    if given is None or not is_token(given.credentials, expected):
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED,
            "Send the header 'Authorization: Bearer <token>' with this installation's API token.",
            {"WWW-Authenticate": "Bearer"},
        )


RuntimeOf = Annotated[Runtime, Depends(runtime_of)]
