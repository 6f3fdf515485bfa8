from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from baton.engine import actions
from baton.store.health import where_leads_are
from baton.store.tables import IdempotencyKey, Lead
from tests.desk.client import TestClient

ADA = {
    "external_id": "C-1",
    "email": "Ada@Harbour.example",
    "given_name": "ada",
    "family_name": "moor",
    "company": "Harbour Ltd",
    "custom": {"has_budget": True, "seats": 12},
}


def leads(database: Engine) -> int:
    with Session(database) as session:
        return session.scalar(select(func.count()).select_from(Lead)) or 0


def test_a_lead_is_taken_in_as_an_import_would(api: TestClient, database: Engine) -> None:
    answer = api.post("/api/leads", json=ADA)
    assert answer.status_code == 201
    assert answer.json()["lead"]["result"] == "created"
    with Session(database) as session:
        lead = session.get_one(Lead, answer.json()["lead"]["lead_id"])
    assert (lead.email, lead.place) == ("ada@harbour.example", "waiting")
    assert lead.custom["has_budget"] is True
    assert lead.custom["seats"] == 12


def test_the_same_lead_again_changes_nothing_and_another_content_updates_it(
    api: TestClient, database: Engine
) -> None:
    first = api.post("/api/leads", json=ADA).json()
    again = api.post("/api/leads", json=ADA)
    assert again.status_code == 200
    assert again.json()["lead"] == {**first["lead"], "result": "unchanged"}
    changed = api.post("/api/leads", json=ADA | {"title": "CFO"}).json()
    assert changed["lead"] == {**first["lead"], "result": "updated"}
    assert leads(database) == 1


def test_a_lead_that_cannot_be_used_is_in_quarantine_with_its_reason(
    api: TestClient, database: Engine
) -> None:
    answer = api.post("/api/leads", json={"email": "no address", "company": "Harbour"})
    assert answer.status_code == 202
    lead = answer.json()["lead"]
    assert (lead["result"], lead["lead_id"]) == ("quarantined", None)
    assert lead["refused"]["field"] == "email"
    with Session(database) as session:
        counts = where_leads_are(session)
    assert (counts.imported, counts.quarantined, counts.difference) == (1, 1, 0)


def test_the_same_key_gets_the_same_answer_and_acts_once(api: TestClient, database: Engine) -> None:
    key = {"Idempotency-Key": "form-1"}
    first = api.post("/api/leads", json=ADA, headers=key)
    second = api.post("/api/leads", json=dict(reversed(ADA.items())), headers=key)
    assert (second.status_code, second.json()) == (first.status_code, first.json()) != (200, {})
    assert second.json()["lead"]["result"] == "created"
    assert leads(database) == 1


def test_the_same_key_with_another_body_is_409(api: TestClient, database: Engine) -> None:
    key = {"Idempotency-Key": "form-1"}
    api.post("/api/leads", json=ADA, headers=key)
    answer = api.post("/api/leads", json={"email": "bo@harbour.example"}, headers=key)
    assert answer.status_code == 409
    assert "another request" in answer.json()["message"]
    assert leads(database) == 1


def test_many_requests_under_one_key_at_once_get_one_answer(
    api: TestClient, database: Engine
) -> None:
    answers: list[Any] = []

    def post() -> None:
        answers.append(
            api.post("/api/leads", json=ADA, headers={"Idempotency-Key": "form-1"}).json()
        )

    threads = [threading.Thread(target=post) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["lead"]["result"] for answer in answers] == ["created"] * 12
    assert leads(database) == 1


def test_an_error_is_not_kept_under_its_key(api: TestClient, database: Engine) -> None:
    key = {"Idempotency-Key": "form-1"}
    wrong = ADA | {"custom": {"company": "Harbour"}}
    assert api.post("/api/leads", json=wrong, headers=key).status_code == 422
    with Session(database) as session:
        assert session.get(IdempotencyKey, "form-1") is None
    assert api.post("/api/leads", json=ADA, headers=key).status_code == 201


def test_a_lead_can_start_its_hand_off_at_once(
    api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[int, str]] = []
    hand_off = uuid.uuid4()

    def start(_runtime: object, lead_id: int, *, by: str) -> uuid.UUID:
        started.append((lead_id, by))
        return hand_off

    monkeypatch.setattr(actions, "start_hand_off", start)
    answer = api.post("/api/leads", json=ADA | {"start": True, "source": "form"}).json()
    assert answer["hand_off"] == str(hand_off)
    assert started == [(answer["lead"]["lead_id"], "form")]


def test_a_lead_whose_hand_off_is_refused_is_taken_in_all_the_same(
    api: TestClient, database: Engine
) -> None:
    """No agreement is active here, so nothing may decide (I9)."""
    answer = api.post("/api/leads", json=ADA | {"start": True})
    assert answer.status_code == 201
    assert "no agreement decides yet" in answer.json()["why_not_started"]
    assert leads(database) == 1


def test_a_refused_start_of_a_known_lead_is_409(api: TestClient) -> None:
    lead_id = api.post("/api/leads", json=ADA).json()["lead"]["lead_id"]
    answer = api.post(f"/api/leads/{lead_id}/hand-off", json={})
    assert answer.status_code == 409
    assert answer.json()["error"] == "NotSignedError"


TOUCH = {"external_id": "C-1", "kind": "demo_request", "at": "2026-03-01T10:00:00+01:00"}


def test_a_touch_is_taken_in_once(api: TestClient) -> None:
    lead_id = api.post("/api/leads", json=ADA).json()["lead"]["lead_id"]
    assert api.post("/api/touches", json=TOUCH).status_code == 201
    again = api.post("/api/touches", json=TOUCH)
    assert (again.status_code, again.json()["result"]) == (200, "unchanged")
    history = api.get(f"/api/leads/{lead_id}/explanation").json()["story"]["history"]
    assert [(event["kind"], event["at"]) for event in history if event["kind"] == "touch"] == [
        ("touch", "2026-03-01T09:00:00Z")
    ]


def test_a_touch_of_nobody_is_in_quarantine_with_its_reason(api: TestClient) -> None:
    for _ in range(2):
        answer = api.post("/api/touches", json=TOUCH)
        assert answer.status_code == 202
        assert answer.json()["refused"]["reason"] == "there is no such lead"


@pytest.mark.parametrize(
    "change",
    [
        {"external_id": None},
        {"at": "2026-03-01T10:00:00"},
        {"at": "yesterday"},
        {"kind": ""},
        {"colour": "red"},
    ],
)
def test_a_touch_that_says_too_little_is_422(api: TestClient, change: dict[str, Any]) -> None:
    assert api.post("/api/touches", json=TOUCH | change).status_code == 422
