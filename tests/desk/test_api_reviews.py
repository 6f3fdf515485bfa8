"""The committee's cases by API: as blind as the commands, and the same report."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.runtime import Runtime
from baton.store.review_cases import open_reviews
from baton.store.review_draws import Sampling, draw_reviews, period_before
from baton.store.review_reports import review_report
from tests.desk.client import TestClient
from tests.factories import make_rep, make_returned


@pytest.fixture
def now(runtime: Runtime) -> datetime:
    return runtime.clock.now()


@pytest.fixture
def reviewers(database: Engine, now: datetime) -> list[str]:
    """Three reviewers, and a case of last month: Anna's, who is not to be seen."""
    with Session(database) as session, session.begin():
        last_month = now.replace(day=1) - timedelta(days=9)
        ae = make_rep(session, "AE", name="Anna Doorn")
        make_returned(session, ae=ae, at=last_month, feedback="Anna met an intern.")
        draw_reviews(session, period=period_before(now), seed=1, sampling=Sampling(1, 1), at=now)
        return [make_rep(session, "REVIEWER").email for _ in range(3)]


def test_two_judge_a_case_and_the_report_is_the_commands(
    api: TestClient, reviewers: list[str], database: Engine, now: datetime
) -> None:
    (case,) = api.get("/api/reviews", params={"by": reviewers[0]}).json()
    assert case["feedback"] == "[colleague] met an intern."
    assert api.get(f"/api/reviews/{case['id']}").json() == case
    path = f"/api/reviews/{case['id']}/verdicts"
    body = {"miss": "sales", "follow_up": "Listen first."}
    first = api.post(path, json=body | {"by": reviewers[0]}).json()
    assert first == {"review": case["id"], "given": 1, "finding": None, "came_of_it": []}
    assert api.get("/api/reviews", params={"by": reviewers[0]}).json() == []
    assert api.post(path, json=body | {"by": reviewers[0]}).status_code == 409
    second = api.post(path, json=body | {"by": reviewers[1]}).json()
    assert (second["finding"], second["came_of_it"]) == ("sales", ["lead_waits", "no_credit"])
    assert api.post(path, json=body | {"by": reviewers[2]}).status_code == 409
    assert api.get("/api/reviews").json() == []
    assert api.get(f"/api/reviews/{case['id']}").status_code == 404
    with Session(database) as session:
        assert open_reviews(session) == []
        told = review_report(session, period_before(now)).model_dump(mode="json")
    assert api.get("/api/reviews/report").json() == told
    assert told["total"]["overturned"] == 1


def test_what_is_wrong_is_told(api: TestClient, reviewers: list[str], database: Engine) -> None:
    with Session(database) as session:
        path = f"/api/reviews/{open_reviews(session)[0].id}/verdicts"
    body = {"miss": "definition", "follow_up": "Mend it.", "by": reviewers[0]}
    for wrong in ({"miss": "weather"}, {"follow_up": " "}, {"by": "Kim"}, {"fitted": True}, {}):
        assert api.post(path, json=body | wrong).status_code == 422
    stranger = {"miss": "nobody", "by": "stranger@seller.example"}
    assert api.post(path, json=body | stranger).status_code == 409
    assert api.get("/api/reviews", params={"by": "stranger@seller.example"}).status_code == 409
    assert api.post("/api/reviews/999999/verdicts", json=body).status_code == 404
    for wrong_period in ({"month": "March"}, {"months": 0}, {"months": 121}):
        assert api.get("/api/reviews/report", params=wrong_period).status_code == 422
