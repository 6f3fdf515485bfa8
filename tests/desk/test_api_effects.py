from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.desk.client import TestClient
from tests.desk.stories import failed_note, lead


@pytest.fixture
def number(database: Engine) -> int:
    """A note to the CRM that failed for good."""
    with Session(database) as session, session.begin():
        lead_id = lead(session, "ada", email="ada@harbour.example")
        return failed_note(session, lead_id=lead_id, error="the CRM refused it")


def test_what_stands_still_is_listed_and_tried_again(api: TestClient, number: int) -> None:
    (line,) = api.get("/api/effects").json()
    assert (line["id"], line["state"], line["error"]) == (number, "failed", "the CRM refused it")
    answer = api.post(f"/api/effects/{number}/retry", json={"by": "Kim"})
    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert api.get("/api/effects").json() == []
    assert [one["id"] for one in api.get("/api/effects?state=done").json()] == [number]
    assert api.post(f"/api/effects/{number}/retry", json={"by": "Kim"}).status_code == 409


def test_a_person_says_what_became_of_it(api: TestClient, number: int) -> None:
    path = f"/api/effects/{number}/resolve"
    body = {"decision": "done", "by": "Kim", "reason": "it is in the CRM"}
    for wrong in ({"decision": "retry"}, {"reason": " "}, {"by": None}):
        assert api.post(path, json=body | wrong).status_code == 422
    assert api.post(path, json=body).json() == {"id": number, "state": "done", "error": None}
    assert api.post("/api/effects/999999/resolve", json=body).status_code == 404
