"""A lead as it comes: by the HTTP API of a running `baton up`."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import httpx

from benchmarks.engine import cast
from benchmarks.engine.installation import API_TOKEN, Installation

API_SECONDS = 30


def client(made: Installation) -> httpx.Client:
    """Return a client of the installation's API."""
    return httpx.Client(
        base_url=f"{made.runtime.base_url}/api",
        headers={"Authorization": f"Bearer {API_TOKEN}"},
        timeout=API_SECONDS,
    )


def post_lead(api: httpx.Client, number: int, lead: dict[str, str] | None = None) -> uuid.UUID:
    """Post a lead, what it did, and that its hand-off begins; return the hand-off.

    Args:
        api: Of the installation.
        number: The lead's.
        lead: Its fields, if they are not those of `cast.lead`.

    Raises:
        HTTPStatusError: The API refused one of them.
    """
    taken = api.post("/leads", json=lead or cast.lead(number)).raise_for_status().json()
    for touch in cast.touches(number, datetime.now(UTC)):
        api.post("/touches", json=touch).raise_for_status()
    lead_id = taken["lead"]["lead_id"]
    started = api.post(f"/leads/{lead_id}/hand-off", json={"by": "the benchmark"})
    return uuid.UUID(started.raise_for_status().json()["hand_off"])
