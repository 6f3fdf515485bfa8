"""Baton's HTTP API as people use it while it is killed and started: they try until it answers."""

from __future__ import annotations

import time
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import httpx

AGAIN_SECONDS = 0.1
GIVE_UP_SECONDS = 60.0
_NOW_IMPOSSIBLE = HTTPStatus.INTERNAL_SERVER_ERROR


class Heard(StrEnum):
    """What somebody heard in the end."""

    YES = "yes"
    NO = "no"
    NO_AT_LAST = "no, after answers were lost"
    NOTHING = "nothing"


class Desk:
    """Calls the API. Safe across threads."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"{url}/api",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
            trust_env=False,
        )

    def post(self, path: str, body: dict[str, Any]) -> Heard:
        """Ask for something until there is an answer."""
        give_up_at, lost = time.monotonic() + GIVE_UP_SECONDS, False
        while time.monotonic() < give_up_at:
            try:
                answer = self._http.post(path, json=body)
            except httpx.ConnectError:
                time.sleep(AGAIN_SECONDS)
                continue
            except httpx.HTTPError:
                lost = True
                continue
            if answer.status_code >= _NOW_IMPOSSIBLE:
                # It may have failed after what was asked for was done.
                lost = True
                time.sleep(AGAIN_SECONDS)
                continue
            if answer.is_success:
                return Heard.YES
            return Heard.NO_AT_LAST if lost else Heard.NO
        return Heard.NOTHING

    def get(self, path: str) -> Any:
        """Return what the API shows, or None while it does not answer."""
        try:
            answer = self._http.get(path)
        except httpx.HTTPError:
            return None
        return answer.json() if answer.is_success else None

    def close(self) -> None:
        """Hang up."""
        self._http.close()
