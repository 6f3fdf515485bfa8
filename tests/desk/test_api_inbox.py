from __future__ import annotations

import pytest

from baton.runtime import Runtime
from tests.desk.client import TestClient
from tests.desk.stories import stray_mail


@pytest.fixture
def number(runtime: Runtime) -> int:
    """A message that nobody could place."""
    return stray_mail(runtime)


def test_a_message_is_listed_shown_and_becomes_a_lead(api: TestClient, number: int) -> None:
    (line,) = api.get("/api/inbox").json()
    assert (line["id"], line["sender"]) == (number, "carl@elsewhere.example")
    shown = api.get(f"/api/inbox/{number}").json()
    assert (shown["text"], shown["settled"]) == ("Pumps?", [])
    path = f"/api/inbox/{number}/settle"
    body = {"decision": "contact", "by": "Kim", "email": "carl@elsewhere.example"}
    for wrong in ({"decision": "maybe"}, {"by": None}, {"email": "no address"}):
        assert api.post(path, json=body | wrong).status_code == 422
    done = api.post(path, json=body).json()
    assert (done["decision"], done["closed"]) == ("contact", [])
    assert isinstance(done["lead_id"], int)
    assert api.get("/api/inbox").json() == []
    assert [one["id"] for one in api.get("/api/inbox?settled=true").json()] == [number]
    assert api.post(path, json=body).status_code == 409
    assert api.get("/api/inbox/999999").status_code == 404
