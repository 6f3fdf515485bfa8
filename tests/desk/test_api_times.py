"""Times that are held while a lead chooses, by the API (the commands: tests/cli/test_times.py)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from tests.desk.client import TestClient
from tests.desk.stories import NOW, give_hours, open_hand_off

SDR = "sam@seller.example"


@pytest.fixture
def path(database: Engine) -> str:
    hand_off_id = open_hand_off(database)
    give_hours(database, "ida@seller.example")
    return f"/api/hand-offs/{hand_off_id}"


def test_times_are_held_and_one_of_them_chosen(api: TestClient, path: str) -> None:
    offered = api.post(f"{path}/times", json={"by": SDR})
    assert offered.status_code == 200
    times = [start for start, _ in offered.json()["times"]]
    until = datetime.fromisoformat(offered.json()["held_until"])
    assert (len(times), until) == (3, NOW + timedelta(minutes=10))
    assert api.post(f"{path}/times", json={"by": SDR}).json() == offered.json()
    # With any offset from UTC.
    there = datetime.fromisoformat(times[1]).astimezone(None).isoformat()
    chosen = api.post(f"{path}/choice", json={"starts_at": there, "by": SDR})
    assert chosen.status_code == 200
    (wait,) = chosen.json()["waits"]
    assert (wait["decision"], wait["decided_by"]) == ("countered", SDR)


@pytest.mark.parametrize(
    ("route", "body", "status"),
    [
        ("times", {}, 422),
        ("times", {"by": "nobody@elsewhere.example"}, 409),
        ("choice", {"by": SDR, "starts_at": "2026-03-03T09:00:00Z"}, 409),
        ("choice", {"by": SDR, "starts_at": "2026-03-03T09:00:00"}, 422),
        ("choice", {"by": SDR}, 422),
    ],
)
def test_what_cannot_be_is_refused(
    api: TestClient, path: str, route: str, body: dict[str, str], status: int
) -> None:
    answer = api.post(f"{path}/{route}", json=body)
    assert answer.status_code == status
    assert answer.json()["message"]
