"""The HTTP API as the simulated reps use it, with the bearer token, over a real connection."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import httpx

from baton.errors import EngineUnavailableError, RefusedError

PAGE = 1000


@dataclass(frozen=True, slots=True)
class OpenHandOff:
    """What a rep sees of an open hand-off in the list."""

    id: str
    lead_email: str
    wait_kind: str | None
    responsible: str | None


class DeskClient:
    """Calls the API; a refusal is raised with the API's own words."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"{base_url}/api",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def open_hand_offs(self) -> dict[str, OpenHandOff]:
        """Return the open hand-offs by id; at most a thousand, what is due first first."""
        rows = self._call("GET", "/hand-offs", params={"state": "open", "limit": PAGE})
        return {
            row["id"]: OpenHandOff(
                row["id"], (row["email"] or "").lower(), row["wait_kind"], row["responsible"]
            )
            for row in rows
        }

    def show(self, hand_off_id: str) -> dict[str, Any]:
        """Return a hand-off in full."""
        return dict(self._call("GET", f"/hand-offs/{hand_off_id}"))

    def approve(self, hand_off_id: str, *, approved: bool, by: str, note: str) -> None:
        """Give an approver's decision."""
        self._post(hand_off_id, "approval", {"approved": approved, "by": by, "note": note})

    def answer(self, hand_off_id: str, answers: dict[str, Any], *, by: str) -> None:
        """Answer open questions."""
        self._post(hand_off_id, "answers", {"answers": answers, "by": by})

    def assign(self, hand_off_id: str, *, ae: str, by: str) -> None:
        """Give a lead of the fallback queue to an AE."""
        self._post(hand_off_id, "assignment", {"ae": ae, "by": by})

    def say_connected(self, hand_off_id: str, *, reached: bool, by: str, note: str) -> None:
        """Say whether the lead was reached."""
        self._post(hand_off_id, "connected", {"reached": reached, "by": by, "note": note})

    def set_presence(self, *, by: str, minutes: int) -> None:
        """Say for how long hot leads may be put through."""
        self._call("PUT", "/presence", json={"by": by, "minutes": minutes})

    def report_outcome(
        self, hand_off_id: str, kind: str, verdicts: dict[str, str], feedback: str, *, by: str
    ) -> None:
        """Say what came of the meeting."""
        body = {"kind": kind, "verdicts": verdicts, "feedback": feedback, "by": by}
        self._post(hand_off_id, "outcome", body)

    def _post(self, hand_off_id: str, what: str, body: dict[str, Any]) -> None:
        self._call("POST", f"/hand-offs/{hand_off_id}/{what}", json=body)

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            response = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise EngineUnavailableError(f"The HTTP API does not answer {path}: {error!r}.") from (
                error
            )
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise RefusedError(f"{method} {path} was refused: {response.text[:500]}")
        return response.json()
