from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.rulebook.loading import load_agreement
from baton.runtime import Runtime
from baton.store.tables import HandOff, Lead, Rep, Wait
from tests.desk.client import TestClient
from tests.desk.stories import NOW, RULES, lead, open_hand_off
from tests.factories import make_rep, make_transferred

SDR, AE, APPROVER = "sam@seller.example", "ida@seller.example", "mara@seller.example"
CRITERIA = [c.id for c in load_agreement(RULES / "agreement.yaml").agreement.sales_qualified]


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """A day after the story began: its meeting is over."""
    return replace(runtime, clock=SetClock(NOW + timedelta(days=1)))


def decision(database: Engine, hand_off_id: uuid.UUID) -> str | None:
    with Session(database) as session:
        return session.scalars(select(Wait.decision).where(Wait.hand_off_id == hand_off_id)).one()


@pytest.mark.parametrize(("approved", "recorded"), [(True, "approve"), (False, "reject")])
def test_an_approver_decides(
    api: TestClient, database: Engine, approved: bool, recorded: str
) -> None:
    hand_off_id = open_hand_off(database, "approval")
    answer = api.post(
        f"/api/hand-offs/{hand_off_id}/approval", json={"approved": approved, "by": APPROVER}
    )
    assert answer.status_code == 200
    assert answer.json()["waits"][0]["decision"] == recorded
    assert decision(database, hand_off_id) == recorded


def test_answers_become_facts_of_the_lead(api: TestClient, database: Engine) -> None:
    hand_off_id = open_hand_off(database, "answers")
    path = f"/api/hand-offs/{hand_off_id}/answers"
    for wrong in ({"employees": "many"}, {"no_such_fact": 1}):
        assert api.post(path, json={"answers": wrong, "by": SDR}).status_code == 422
    assert api.post(path, json={"answers": {"employees": 120}, "by": SDR}).status_code == 200
    with Session(database) as session:
        assert session.scalars(select(Lead.answers)).one() == {"employees": 120}
    assert decision(database, hand_off_id) == "answered"


def test_another_address_is_recorded(api: TestClient, database: Engine) -> None:
    hand_off_id = open_hand_off(database, "contact")
    answer = api.post(
        f"/api/hand-offs/{hand_off_id}/contact",
        json={"email": "Ada.L@harbour.example", "by": SDR},
    )
    assert answer.json()["line"]["email"] == "ada.l@harbour.example"


def test_an_address_that_another_lead_has_is_refused(api: TestClient, database: Engine) -> None:
    hand_off_id = open_hand_off(database, "contact")
    with Session(database) as session, session.begin():
        lead(session, "other", email="taken@harbour.example")
    answer = api.post(
        f"/api/hand-offs/{hand_off_id}/contact", json={"email": "taken@harbour.example", "by": SDR}
    )
    assert answer.status_code == 409


def test_an_outcome_names_every_criterion_and_a_rejection_its_reasons(
    api: TestClient, database: Engine
) -> None:
    """I3."""
    hand_off_id = open_hand_off(database)
    path = f"/api/hand-offs/{hand_off_id}/outcome"
    verdicts = dict.fromkeys(CRITERIA, "met") | {"decides": "unmet"}
    whole: dict[str, Any] = {
        "kind": "not_met",
        "verdicts": verdicts,
        "feedback": "The CFO decides.",
        "by": AE,
    }
    wrong: dict[str, Any]
    for wrong in ({"feedback": " "}, {"verdicts": {}}, {"verdicts": verdicts | {"decides": "met"}}):
        assert api.post(path, json=whole | wrong).status_code == 422
    said = api.post(path, json=whole)
    assert said.status_code == 200
    assert said.json()["outcomes"][0]["unmet"] == ["decides"]
    assert said.json()["outcomes"][0]["feedback"] == "The CFO decides."
    again = api.post(path, json=whole)
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("path", "waits_for", "body"),
    [
        ("approval", "approval", {"approved": True, "by": SDR}),
        ("answers", "answers", {"answers": {"employees": 1}, "by": AE}),
        ("contact", "contact", {"email": "a@harbour.example", "by": AE}),
        ("outcome", "outcome", {"kind": "no_show", "by": SDR}),
    ],
)
def test_who_may_not_decide_is_refused(
    api: TestClient, database: Engine, path: str, waits_for: str, body: dict[str, Any]
) -> None:
    hand_off_id = open_hand_off(database, waits_for)
    answer = api.post(f"/api/hand-offs/{hand_off_id}/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (409, "RefusedError")
    assert decision(database, hand_off_id) is None


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("approval", {"approved": True, "by": APPROVER}),
        ("answers", {"answers": {"employees": 1}, "by": SDR}),
        ("contact", {"email": "a@harbour.example", "by": SDR}),
        ("outcome", {"kind": "no_show", "by": AE}),
    ],
)
def test_what_is_not_waited_for_is_refused(
    api: TestClient, database: Engine, path: str, body: dict[str, Any]
) -> None:
    hand_off_id = open_hand_off(database, "acceptance")
    answer = api.post(f"/api/hand-offs/{hand_off_id}/{path}", json=body)
    assert (answer.status_code, answer.json()["error"]) == (409, "RefusedError")


def test_after_the_meeting_a_hand_off_ends_with_its_outcome_only(
    api: TestClient, database: Engine
) -> None:
    """I3."""
    hand_off_id = open_hand_off(database)
    answer = api.post(f"/api/hand-offs/{hand_off_id}/cancel", json={"by": "Sam", "reason": "no"})
    assert answer.status_code == 409
    assert "outcome" in answer.json()["message"]


def test_an_opt_out_closes_the_open_hand_off(api: TestClient, database: Engine) -> None:
    """I4."""
    hand_off_id = open_hand_off(database)
    answer = api.post("/api/opt-outs", json={"address": "ADA@harbour.example"})
    assert (answer.status_code, answer.json()) == (201, {"closed": [str(hand_off_id)]})
    assert api.post("/api/opt-outs", json={"address": "ada@harbour.example"}).json() == {
        "closed": []
    }
    assert api.post("/api/opt-outs", json={"address": "neither"}).status_code == 422
    with Session(database) as session:
        assert session.scalars(select(HandOff.state)).one() == "closed"


def test_an_attempt_is_logged_once_a_key(api: TestClient, database: Engine) -> None:
    """D6."""
    open_hand_off(database)
    (line,) = api.get("/api/hand-offs").json()
    path = f"/api/leads/{line['lead_id']}/attempts"
    body = {"channel": "phone", "by": SDR, "key": "call-1"}
    assert [api.post(path, json=body).json()["is_new"] for _ in range(2)] == [True, False]
    assert api.post(path, json=body | {"by": "x@y.example"}).status_code == 409
    assert api.post("/api/leads/999/attempts", json=body).status_code == 404


def test_a_lead_is_given_up_after_the_agreed_attempts_only(
    api: TestClient, database: Engine
) -> None:
    """D6."""
    with Session(database) as session, session.begin():
        hand_off = make_transferred(session)
        lead_id, ae = hand_off.lead_id, session.get_one(Rep, hand_off.ae_id).email
        manager = make_rep(session, "MANAGER").email
    (line,) = api.get("/api/report/follow-up").json()
    assert (line["lead_id"], line["minimum_attempts"], line["attempts"]) == (lead_id, 3, 0)
    path = f"/api/leads/{lead_id}/give-up"
    refused = api.post(path, json={"by": ae})
    assert refused.status_code == 409
    assert "0 of 3 attempts" in refused.text
    answer = api.post(path, json={"by": manager, "reason": "the company closed"})
    assert (answer.status_code, answer.json()["lead_id"]) == (200, lead_id)
    assert api.get("/api/report/follow-up").json() == []
