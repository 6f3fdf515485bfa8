"""Asks a calendar's server, and gives up in time on one that is slow, broken or too talkative."""

from __future__ import annotations

import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import httpx

from baton.errors import CalendarSilentError, CalendarUnavailableError

PATIENCE_SECONDS = 10.0
MOST_BYTES = 10_000_000
MOST_REDIRECTS = 5
_REMEDIES = {
    401: "It does not let Baton in: check the user in the reps' file and BATON_CALENDAR_PASSWORD.",
    403: "It does not let Baton in: let Baton's user read the calendar.",
    404: "It is not there any more: correct the rep's 'calendar' and import the reps again.",
    410: "It is not there any more: correct the rep's 'calendar' and import the reps again.",
    429: "It was asked too often; Baton asks again later.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; `headers` has its keys in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class OtherwiseError(Exception):
    """The answer has a status that the caller wanted to hear of."""

    def __init__(self, code: int, reason: str, said: str) -> None:
        """Keep the number, the server's word for the reason (or nothing), and what to say of it."""
        super().__init__(said)
        self.code, self.reason, self.said = code, reason, said


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one calendar.

    Attributes:
        whose: The owner's mail address, for what is said of failures.
        auth: User and password, where the server asks for them.
        patience_seconds: How long an answer may take in all.
        most_bytes: How long it may be.
    """

    whose: str
    auth: tuple[str, str] | None = field(default=None, repr=False)
    patience_seconds: float = PATIENCE_SECONDS
    most_bytes: int = MOST_BYTES

    def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        expected: Collection[int] = (200,),
    ) -> Answer:
        """Send one request and return the answer.

        Args:
            method: An HTTP method.
            url: May hold a secret; it is never said.
            body: What is sent.
            headers: As httpx takes them.
            expected: Statuses that are answers; all others mean that nothing is known.

        Raises:
            CalendarSilentError: No answer, or none in time.
            CalendarUnavailableError: One that is too long, or another status.
        """
        until = time.monotonic() + self.patience_seconds
        try:
            with (
                self._client() as client,
                client.stream(method, url, content=body, headers=dict(headers or {})) as response,
            ):
                if response.status_code not in expected:
                    raise self.unavailable(url, _refusal(response.status_code))
                content = self._read(url, response, until)
                return Answer(response.status_code, response.headers, content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Its text may hold the address, which may be a secret: the kind must do.
            said = f"did not answer as it should ({type(error).__name__}). Is its server up?"
            is_silent = isinstance(error, httpx.TransportError)
            raise self.unavailable(url, said, is_silent=is_silent) from None

    def unavailable(
        self, url: str, said: str, *, is_silent: bool = False
    ) -> CalendarUnavailableError:
        """Return the error that names whose calendar it is, its host and what was the matter.

        `is_silent` says that the host did not answer, whichever calendar is asked for.
        """
        try:
            host = httpx.URL(url).host
        except httpx.InvalidURL:
            host = "an address that cannot be understood"
        kind = CalendarSilentError if is_silent else CalendarUnavailableError
        return kind(f"The calendar of {self.whose} on {host} {said}")

    def _client(self) -> httpx.Client:
        return httpx.Client(
            auth=self.auth,
            verify=_trusted(),
            timeout=self.patience_seconds,
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            headers={"User-Agent": "Baton", "Accept-Encoding": "identity"},
        )

    def _read(self, url: str, response: httpx.Response, until: float) -> bytes:
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > self.most_bytes:
                said = f"is larger than {self.most_bytes:,} bytes. Publish less of its past."
                raise self.unavailable(url, said)
            if time.monotonic() > until:
                said = f"took longer than {self.patience_seconds:g} seconds. Is its server well?"
                raise self.unavailable(url, said, is_silent=True)
        return bytes(content)


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """Read whom to trust once: it takes longer than an answer."""
    return httpx.create_ssl_context()


def _refusal(status: int) -> str:
    remedy = _REMEDIES.get(
        status,
        "Is its server well?"
        if status >= httpx.codes.INTERNAL_SERVER_ERROR
        else "Is the address that of a calendar?",
    )
    return f"answered {status}. {remedy}"
