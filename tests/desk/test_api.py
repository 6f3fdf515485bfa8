from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from baton import errors
from baton.domain.hand_off import HandOffState
from baton.domain.meeting import OutcomeKind
from baton.engine import actions
from baton.runtime import Runtime
from baton.store.agreements import activate
from baton.store.tables import Lead
from tests.desk.client import TestClient
from tests.desk.rooms import TOKEN
from tests.desk.stories import NOW, judge_story, open_hand_off, signed_version

REP = "ida@seller.example"


def test_health_needs_no_token(api: TestClient) -> None:
    answer = api.get("/api/health", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"


@pytest.mark.parametrize("given", ["", "Bearer wrong", "Basic abc", f"Bearer {TOKEN}x"])
def test_without_the_token_nothing_is_answered(api: TestClient, given: str) -> None:
    answer = api.get("/api/hand-offs", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["error"] == "Unauthorized"
    assert TOKEN not in answer.text


def test_every_route_but_health_asks_for_the_token(api: TestClient) -> None:
    paths = api.get("/api/openapi.json").json()["paths"]
    assert len(paths) >= 14
    ids: dict[str, Any] = defaultdict(lambda: 1, hand_off_id=uuid.uuid4())
    for path, methods in paths.items():
        for method in methods:
            answer = api.request(
                method,
                path.format_map(ids),
                headers={"Authorization": ""},
            )
            assert (answer.status_code == 401) == (path != "/api/health"), (method, path)


def test_open_hand_offs_are_listed_with_what_they_wait_for(
    api: TestClient, database: Engine
) -> None:
    hand_off_id = open_hand_off(database)
    (line,) = api.get("/api/hand-offs").json()
    assert line["id"] == str(hand_off_id)
    assert line["wait_kind"] == "outcome"
    assert line["responsible"] == REP
    assert api.get("/api/hand-offs", params={"state": "returned"}).json() == []
    everything = api.get("/api/hand-offs", params={"state": "all"})
    assert len(everything.json()) == 1
    beyond = api.get("/api/hand-offs", params={"skip": 1})
    assert (beyond.json(), beyond.headers["X-Total-Count"]) == ([], "1")


def test_a_hand_off_is_shown_in_full(api: TestClient, database: Engine) -> None:
    hand_off_id = open_hand_off(database)
    shown = api.get(f"/api/hand-offs/{hand_off_id}").json()
    assert shown["line"]["state"] == HandOffState.OPEN
    assert shown["waits"][0]["subject"] == "the outcome of the story"
    assert shown["meetings"][0]["attendance"][0]["side"] == "lead"
    assert shown["messages"][0]["kind"] == "introduction"


def test_a_lead_is_explained(api: TestClient, database: Engine) -> None:
    hand_off_id = open_hand_off(database)
    (line,) = api.get("/api/hand-offs").json()
    path = f"/api/leads/{line['lead_id']}/explanation"
    told = api.get(path).json()
    assert told["explanation"] == []
    assert told["story"]["decisions"][0]["reasons"] == ["ida has the fewest"]
    assert told["story"]["hand_offs"][0]["id"] == str(hand_off_id)
    judge_story(database, hand_off_id)
    told = api.get(path).json()
    assert told["explanation"][0].startswith("Not sales-qualified, as of 2026-03-02 09:00 UTC")
    route, judged = told["story"]["decisions"]
    assert (route["kind"], judged["kind"]) == ("route", "qualification")
    assert judged["reasons"][0] == "The lead is not sales-qualified."
    assert judged["result"]["qualification"] == "not_qualified"


def test_what_is_not_there_is_404_as_a_problem(api: TestClient) -> None:
    for path in (f"/api/hand-offs/{uuid.uuid4()}", "/api/leads/999/explanation"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert answer.json()["error"] == "NotFoundError"
    assert api.get("/api/nothing").json()["error"] == "NotFound"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.NotFoundError, 404),
        (errors.RefusedError, 409),
        (errors.NotSignedError, 409),
        (errors.OptedOutError, 409),
        (errors.InputError, 422),
        (errors.EngineUnavailableError, 503),
        (errors.DatabaseUnavailableError, 503),
        (errors.RulesError, 500),
    ],
)
def test_each_kind_of_error_has_its_status(
    api: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    error: type[errors.BatonError],
    status: int,
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise error("what, to what, what to do")

    monkeypatch.setattr(actions, "start_hand_off", refuse)
    answer = api.post("/api/leads/1/hand-off", json={})
    assert answer.status_code == status
    assert answer.json() == {"error": error.__name__, "message": "what, to what, what to do"}
    assert ("Retry-After" in answer.headers) == (status == 503)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("outcome", {"kind": "met", "by": REP, "unknown_key": 1}),
        ("outcome", {"kind": "great", "by": REP}),
        ("outcome", {"kind": "met", "by": "not an address"}),
        ("outcome", {"kind": "met", "by": REP, "verdicts": {"decides": "perhaps"}}),
        ("answers", {"by": REP}),
        ("cancel", {"by": REP, "reason": "  "}),
        ("approval", {"by": REP}),
        ("contact", {"by": REP, "email": "no"}),
    ],
)
def test_a_wrong_body_is_422_and_its_values_are_not_echoed(
    api: TestClient, path: str, body: dict[str, Any]
) -> None:
    answer = api.post(f"/api/hand-offs/{uuid.uuid4()}/{path}", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"] == "InputError"
    assert "not an address" not in answer.text


def test_an_error_of_the_program_shows_nothing_of_the_data(
    api: TestClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the caller nor the log sees a statement's values."""
    errors_seen: list[str] = []

    def fail(runtime: Runtime, address: str, **_options: object) -> None:
        try:
            with runtime.transaction() as session:
                session.execute(text("select :address from nowhere"), {"address": address})
        except ProgrammingError as error:
            errors_seen.append(str(error))
            raise

    monkeypatch.setattr(actions, "opt_out", fail)
    answer = api.post("/api/opt-outs", json={"address": "ada@harbour.example"})
    assert answer.status_code == 500
    assert len(errors_seen) == 1
    assert "ada@harbour.example" not in answer.text + errors_seen[0]


Recorded = list[tuple[tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Recorded]:
    """Replace one action by a recorder: the route's own part is what it passes on."""

    def replace(name: str) -> Recorded:
        calls: Recorded = []

        def record(_runtime: Runtime, *args: Any, **options: Any) -> list[uuid.UUID]:
            calls.append((args, options))
            return []

        monkeypatch.setattr(actions, name, record)
        return calls

    return replace


@pytest.mark.parametrize(
    ("path", "action", "body", "passed"),
    [
        ("cancel", "cancel_hand_off", {"by": "Sam", "reason": "later"}, None),
        ("approval", "approve", {"approved": False, "by": REP, "note": "no"}, None),
        ("answers", "answer_questions", {"answers": {"employees": 7}, "by": REP}, None),
        ("contact", "correct_contact", {"email": "ada.l@harbour.example", "by": REP}, None),
        (
            "outcome",
            "report_outcome",
            {"kind": "not_met", "verdicts": {"decides": "unmet"}, "feedback": "no", "by": REP},
            {
                "kind": OutcomeKind.NOT_MET,
                "verdicts": {"decides": "unmet"},
                "feedback": "no",
                "by": REP,
            },
        ),
    ],
)
def test_what_people_do_goes_to_the_one_function_that_may_do_it(  # noqa: PLR0917 (fixtures)
    api: TestClient,
    database: Engine,
    recording: Callable[[str], Recorded],
    path: str,
    action: str,
    body: dict[str, Any],
    passed: dict[str, Any] | None,
) -> None:
    """I10: the route passes on what it was given, and answers with the hand-off as it is."""
    hand_off_id = open_hand_off(database)
    calls = recording(action)
    answer = api.post(f"/api/hand-offs/{hand_off_id}/{path}", json=body)
    assert calls == [((hand_off_id,), passed or body)]
    assert answer.json()["line"]["id"] == str(hand_off_id)


def test_the_report_covers_the_last_thirty_days_unless_told_otherwise(api: TestClient) -> None:
    report = api.get("/api/report").json()
    assert report["since"].startswith("2026-01-31")
    assert report["until"].startswith("2026-03-02")


def test_the_number_of_the_month_stands_beside_the_promises(
    api: TestClient, database: Engine
) -> None:
    assert api.get("/api/report/sla").json()["quota"] is None
    with Session(database) as session, session.begin():
        activate(session, signed_version(session), by="Mo", at=NOW)
    report = api.get("/api/report/sla").json()
    assert report["promises"] == []
    assert (report["quota"]["month"], report["quota"]["promised"]) == ("2026-03", 60)
    assert (len(report["quota"]["days"]), report["quota"]["forecast"]) == (31, None)


@pytest.mark.parametrize("path", ["/api/report", "/api/report/sla"])
def test_an_empty_period_is_422(api: TestClient, path: str) -> None:
    answer = api.get(
        path, params={"since": "2026-03-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"}
    )
    assert answer.status_code == 422
    assert "is not before" in answer.json()["message"]
    assert api.get(path, params={"until": "0001-01-02T00:00:00Z"}).status_code == 422


def test_an_instant_without_its_offset_is_refused(api: TestClient) -> None:
    answer = api.get("/api/report", params={"since": "2026-03-01T00:00:00"})
    assert answer.status_code == 422


def test_a_cancelled_hand_off_leaves_its_lead_in_nurture(api: TestClient, database: Engine) -> None:
    hand_off_id = open_hand_off(database)
    path = f"/api/hand-offs/{hand_off_id}/cancel"
    answer = api.post(path, json={"by": "Sam", "reason": "asked for spring"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["line"]["state"] == "cancelled"
    assert answer.json()["close_reason"] == "asked for spring"
    assert api.post(path, json={"by": "Sam", "reason": "again"}).status_code == 409
    with Session(database) as session:
        assert session.scalars(select(Lead.place)).one() == "nurture"
