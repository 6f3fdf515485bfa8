"""Lets Google's own client ask through a `Line`, in a rep's name."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

from google.auth.exceptions import GoogleAuthError
from google.oauth2.service_account import Credentials
from googleapiclient.discovery import build
from httplib2 import Response

from baton.adapters.calendar.asking import Answer, Line, OtherwiseError
from baton.errors import SettingsError

SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.freebusy",
)
_ANY = range(100, 600)
_TOO_OFTEN = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded")
_LATER = "It was asked too often; Baton asks again later."
_NOT_IN = (
    "It does not let Baton in: see that the Calendar API is switched on, and that the key's "
    "service account may act for this person (domain-wide delegation)."
)
_NOT_THERE = "It is not there (any more): correct the rep's 'calendar' and import the reps again."
_REMEDIES = {
    400: _NOT_IN,
    401: _NOT_IN,
    403: _NOT_IN,
    404: _NOT_THERE,
    410: _NOT_THERE,
    429: _LATER,
}


class Access:
    """The way to Google in one person's name; it may be used again and again.

    Tokens are kept in memory until they end, for all that ask for the same person.
    """

    def __init__(self, key: Path, person: str, line: Line) -> None:
        """Read the key; nothing is asked yet.

        Raises:
            SettingsError: The file cannot be read, or is no service account's key; never shows it.
        """
        self.line = line
        try:
            self._credentials = _credentials(key, key.stat().st_mtime_ns, person)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SettingsError(
                f"BATON_GOOGLE_KEY ({key}) cannot be used ({type(error).__name__}). It must be the "
                "JSON file of a service account's key, as Google's console gives it."
            ) from None

    def do(self, request: Any, *, expected: int = 200, also: Collection[int] = ()) -> Any:
        """Send a request of Google's client and return the JSON of its answer; None for a 204.

        Args:
            request: As the client's methods return it.
            expected: The status of the right answer.
            also: Statuses that the caller wants to hear of.

        Raises:
            OtherwiseError: The answer has one of `also`.
            CalendarUnavailableError: Every other answer, none in time, no token.
        """
        try:
            return request.execute(http=_Way(self, expected, also))
        except (ValueError, RecursionError):
            raise self.line.unavailable(request.uri, "answered what is no JSON.") from None

    def ask(self, url: str, method: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Ask with a token; a second time with a new one if Google does not take it any more."""
        is_new = not self._credentials.valid
        answer = self._ask_once(url, method, body, headers, renew=is_new)
        if answer.status == HTTPStatus.UNAUTHORIZED and not is_new:
            answer = self._ask_once(url, method, body, headers, renew=True)
        return answer

    def _ask_once(
        self, url: str, method: str, body: bytes | None, headers: Mapping[str, str], *, renew: bool
    ) -> Answer:
        said = {name: value for name, value in headers.items() if name != "accept-encoding"}
        try:
            if renew:
                self._credentials.refresh(self._ask_for_token)  # type: ignore[no-untyped-call]
            self._credentials.apply(said)  # type: ignore[no-untyped-call]
        except (GoogleAuthError, ValueError, TypeError, KeyError, AttributeError):
            what = "cannot be asked for: Google gave Baton what is no token."
            raise self.line.unavailable(url, what) from None
        return self.line.ask(method, url, body=body, headers=said, expected=_ANY)

    def _ask_for_token(
        self, url: str, method: str, body: bytes, headers: Mapping[str, str], **_: Any
    ) -> _Token:
        """Be what google-auth calls its transport; refusals are raised, so it repeats nothing."""
        answer = self.line.ask(method, url, body=body, headers=headers, expected=_ANY)
        if answer.status != HTTPStatus.OK:
            said = f"cannot be asked for: Google refused a token and {_refusal(answer)[0]}"
            raise self.line.unavailable(url, said)
        return _Token(answer.status, answer.headers, answer.body)


class _Token(NamedTuple):
    """An answer as google-auth wants it."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _Way:
    """An `http` as Google's client wants it; only the right answer comes back."""

    def __init__(self, access: Access, expected: int, also: Collection[int]) -> None:
        self._access, self._expected, self._also = access, expected, also

    def request(
        self, uri: str, method: str, body: str | bytes | None, headers: Mapping[str, str]
    ) -> tuple[Response, bytes]:
        content = body.encode() if isinstance(body, str) else body
        answer = self._access.ask(uri, method, content, headers)
        if answer.status == self._expected:
            return Response({"status": str(answer.status)}), answer.body
        said, reason = _refusal(answer)
        if answer.status in self._also:
            raise OtherwiseError(answer.status, reason, said)
        raise self._access.line.unavailable(uri, said)


@lru_cache(maxsize=4096)
def _credentials(key: Path, changed_at_ns: int, person: str) -> Credentials:
    """Return the same credentials, with their token, until the file changes."""
    del changed_at_ns
    found: Credentials = Credentials.from_service_account_file(  # type: ignore[no-untyped-call]
        str(key), scopes=SCOPES, subject=person
    )
    return found


@lru_cache(maxsize=4)
def calendar_service(api: str) -> Any:
    """Return Google's client for the Calendar API at this address; it asks nothing by itself."""
    return build(
        "calendar",
        "v3",
        # Each request is given the way that it takes; without one here the client would look for
        # the machine's own credentials.
        http=object(),
        static_discovery=True,
        client_options={"api_endpoint": api},
    )


def _refusal(answer: Answer) -> tuple[str, str]:
    """Return what is said of an answer that is not the right one, and Google's reason."""
    reason = _reason(answer.body)
    remedy = _REMEDIES.get(answer.status, "Is Google well?")
    if reason in _TOO_OFTEN:
        remedy = _LATER
    named = f" ({reason})" if reason else ""
    return f"answered {answer.status}{named}. {remedy}", reason


def _reason(body: bytes) -> str:
    """Return Google's one word for what is wrong; its sentences may name people."""
    try:
        error = json.loads(body)["error"]
        word = error if isinstance(error, str) else error["errors"][0]["reason"]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    return word if isinstance(word, str) and re.fullmatch("[A-Za-z_]{1,40}", word) else ""
