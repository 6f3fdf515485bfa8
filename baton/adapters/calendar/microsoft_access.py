"""Asks Microsoft Graph through a `Line`, with tokens that Microsoft's own library (MSAL) gets."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from msal import ConfidentialClientApplication
from msal.exceptions import MsalError
from pydantic import BaseModel, Field, ValidationError

from baton.adapters.calendar.asking import Answer, Line, OtherwiseError
from baton.adapters.calendar.opening import MicrosoftApp

_ANY = range(100, 600)
_LONGEST_REST_SECONDS = 600
_LATER = "It was asked too often; Baton asks again later."
_NOT_IN = (
    "It does not let Baton in: see that the app has the application permission "
    "Calendars.ReadWrite with an administrator's consent, for this mailbox too."
)
_NOT_THERE = (
    "There is no such mailbox at Exchange Online (any more): correct the rep's 'calendar' and "
    "import the reps again."
)
_NO_APP = (
    "See that BATON_MICROSOFT_TENANT, BATON_MICROSOFT_CLIENT and BATON_MICROSOFT_SECRET are those "
    "of the app, and that its secret has not run out."
)
_REMEDIES = {401: _NOT_IN, 403: _NOT_IN, 404: _NOT_THERE, 410: _NOT_THERE, 429: _LATER}
_TOKEN_REMEDIES = {400: _NO_APP, 401: _NO_APP, 403: _NO_APP, 404: _NO_APP, 429: _LATER}
_WELL = "Is Microsoft well?"
_LINE: ContextVar[Line] = ContextVar("_LINE")
# By mailbox, until when Graph wants to be left alone (monotonic seconds).
_RESTS: dict[tuple[str, str], float] = {}


class _Place(BaseModel):
    """Where tokens are had, as OpenID's discovery says it."""

    authorization_endpoint: str = Field(pattern="^https://")
    token_endpoint: str = Field(pattern="^https://")


class _Token(BaseModel):
    access_token: str = Field(min_length=1)
    expires_in: int = Field(gt=0)


class Access:
    """The way to one person's mailbox, with a token of the app's; it may be used again and again.

    The token is kept in memory by MSAL until it ends, for all mailboxes together.
    """

    def __init__(self, app: MicrosoftApp, person: str, line: Line) -> None:
        """Remember whose it is; nothing is asked yet."""
        self.line = line
        self._app, self._key = app, (app.api, person)

    def do(
        self,
        method: str,
        where: str,
        *,
        parameters: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        expected: int = 200,
        also: Collection[int] = (),
    ) -> Any:
        """Send a request and return the JSON of its answer; None for a 204.

        Args:
            method: An HTTP method.
            where: Below the API's address, or an address there that Graph itself gave.
            parameters: Of the query.
            body: Sent as JSON, if it is not None.
            headers: Besides the token's.
            expected: The status of the right answer.
            also: Statuses that the caller wants to hear of.

        Raises:
            OtherwiseError: The answer has one of `also`.
            CalendarUnavailableError: Every other answer, none in time, no token.
        """
        url = where if where.startswith(self._app.api) else f"{self._app.api}{where}"
        if parameters:
            url += "?" + urlencode(parameters, quote_via=quote, safe="$")
        content = None if body is None else json.dumps(body).encode()
        answer = self._ask(method, url, content, dict(headers or {}))
        if answer.status == expected:
            return self._json(url, answer)
        said, reason = _refusal(answer, _REMEDIES)
        if answer.status in also:
            raise OtherwiseError(answer.status, reason, said)
        self._note_rest(answer)
        raise self.line.unavailable(url, said)

    def is_there(self, url: str) -> bool:
        """Return whether the address is the API's, so that it may get a token."""
        return url.startswith(self._app.api)

    def _ask(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        """Ask with a token; a second time with a new one if Graph does not take it any more."""
        left = _RESTS.get(self._key, 0) - time.monotonic()
        if left > 0:
            said = f"wants to be left alone for {math.ceil(left)} more seconds. {_LATER}"
            raise self.line.unavailable(url, said)
        if body is not None:
            headers["Content-Type"] = "application/json"
        for renew in (False, True):
            token, is_new = self._token(renew=renew)
            headers["Authorization"] = f"Bearer {token}"
            answer = self.line.ask(method, url, body=body, headers=headers, expected=_ANY)
            if answer.status != HTTPStatus.UNAUTHORIZED or is_new:
                break
        return answer

    def _token(self, *, renew: bool) -> tuple[str, bool]:
        """Return a token, and whether it is a new one."""
        login, api = self._app.login, urlsplit(self._app.api)
        asking = _LINE.set(self.line)
        try:
            application = _application(self._app)
            if renew:
                application.remove_tokens_for_client()
            told = application.acquire_token_for_client([f"{api.scheme}://{api.netloc}/.default"])
            is_new = told["token_source"] == "identity_provider"  # noqa: S105 - no secret
            return str(told["access_token"]), is_new
        except (MsalError, RuntimeError, ValueError, TypeError, KeyError, AttributeError):
            raise self.line.unavailable(login, _NO_TOKEN) from None
        finally:
            _LINE.reset(asking)

    def _json(self, url: str, answer: Answer) -> Any:
        if answer.status == HTTPStatus.NO_CONTENT:
            return None
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self.line.unavailable(url, "answered what is no JSON.") from None

    def _note_rest(self, answer: Answer) -> None:
        """Keep how long Graph wants this mailbox to be left alone, if it says so."""
        told = answer.headers.get("retry-after", "")
        if re.fullmatch("[0-9]{1,6}", told):
            _RESTS[self._key] = time.monotonic() + min(int(told), _LONGEST_REST_SECONDS)


class _Right(NamedTuple):
    """A right answer as MSAL wants it; without headers there is nothing that it would act on."""

    text: str
    status_code: int = 200
    headers: Mapping[str, str] = {}


class _Way:
    """What MSAL calls an HTTP client, over the `Line` of who asks.

    Only right answers come back: others are raised, so that MSAL keeps no refusal for a while and
    its log shows none.
    """

    def get(self, url: str, **_: Any) -> _Right:
        return self._ask("GET", url, None, _Place)

    def post(self, url: str, data: Mapping[str, str], **_: Any) -> _Right:
        return self._ask("POST", url, urlencode(data).encode(), _Token)

    def close(self) -> None:
        pass

    def _ask(self, method: str, url: str, body: bytes | None, kind: type[BaseModel]) -> _Right:
        line = _LINE.get()
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = line.ask(method, url, body=body, headers=headers, expected=_ANY)
        if answer.status != HTTPStatus.OK:
            said, _ = _refusal(answer, _TOKEN_REMEDIES)
            refused = f"cannot be asked for: Microsoft refused a token and {said}"
            raise line.unavailable(url, refused)
        try:
            # No more than that: a wish to be renewed early would fail while the token is good.
            return _Right(kind.model_validate_json(answer.body).model_dump_json())
        except ValidationError:
            raise line.unavailable(url, _NO_TOKEN) from None


_NO_TOKEN = "cannot be asked for: Microsoft gave Baton what is no token."  # noqa: S105 - words


@lru_cache(maxsize=4)
def _application(app: MicrosoftApp) -> Any:
    """Return MSAL's application with its tokens; the first time it asks where they are had."""
    return ConfidentialClientApplication(
        app.client,
        client_credential=app.secret,
        authority=f"{app.login}{app.tenant}",
        # It would ask Microsoft's public cloud whether it knows the address of another one.
        instance_discovery=False,
        http_client=_Way(),
    )


def _refusal(answer: Answer, remedies: Mapping[int, str]) -> tuple[str, str]:
    """Return what is said of an answer that is not the right one, and Microsoft's reason."""
    reason = _reason(answer.body)
    named = f" ({reason})" if reason else ""
    return f"answered {answer.status}{named}. {remedies.get(answer.status, _WELL)}", reason


def _reason(body: bytes) -> str:
    """Return Microsoft's words for what is wrong; its sentences may name people."""
    try:
        told = json.loads(body)
        error = told["error"]
        words = [error, *(f"AADSTS{int(one)}" for one in told.get("error_codes", ()))]
        if isinstance(error, dict):
            words = [error["code"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    said = [
        one for one in words if isinstance(one, str) and re.fullmatch("[A-Za-z0-9_.]{1,60}", one)
    ]
    return ", ".join(said[:3])
