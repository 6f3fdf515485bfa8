"""Merging by API: what the commands do, by ids; and who would get a lead."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.runtime import Runtime
from baton.store.suspects import suspect
from baton.store.tables import Lead
from baton.testing.agreeing import agreed
from tests.desk.client import TestClient
from tests.desk.stories import NOW
from tests.factories import make_lead, make_rep
from tests.rulebook.documents import content

BY = {"by": "sam@seller.example"}
FALLBACK = {"name": "Nobody's leads", "to": "max@seller.example", "within_minutes": 60}


@dataclass(frozen=True)
class Two:
    """Two leads of one person; the younger one's external id is the older one's number."""

    keep: int
    drop: int


@pytest.fixture
def two(database: Engine) -> Two:
    with Session(database) as session, session.begin():
        make_rep(session, "SDR", email=BY["by"])
        make_rep(session, "AE", email="ida@seller.example")
        keep = make_lead(session, email="ada@keep.example", at=NOW)
        drop = make_lead(session, email="ada@drop.example", at=NOW)
        drop.external_id = str(keep.id)
        session.flush()
        return Two(keep.id, drop.id)


def place_of(database: Engine, lead_id: int) -> tuple[str, int | None]:
    with Session(database) as session:
        lead = session.get_one(Lead, lead_id)
        return lead.place, lead.duplicate_of


def test_leads_are_merged_by_their_ids_and_told_apart_again(
    api: TestClient, database: Engine, two: Two
) -> None:
    merged = api.post(f"/api/leads/{two.keep}/merge", json=BY | {"drop": two.drop})
    assert merged.json() == {"kept": two.keep, "dropped": two.drop}
    assert place_of(database, two.drop) == ("closed", two.keep)
    apart = api.post(f"/api/leads/{two.drop}/unmerge", json=BY | {"reason": "two people"})
    assert apart.json() == {"kept": two.keep, "dropped": two.drop}
    assert place_of(database, two.drop) == ("waiting", None)


def test_suspected_pairs_are_listed_until_somebody_says_that_they_are_two(
    api: TestClient, database: Engine, two: Two
) -> None:
    with Session(database) as session, session.begin():
        suspect(session, [(two.drop, two.keep, ["the same name"])], at=NOW)
    (pair,) = api.get("/api/leads/duplicates").json()["pairs"]
    assert (pair["lead_id"], pair["older_id"]) == (two.drop, two.keep)
    said = api.post(f"/api/leads/{two.keep}/distinct", json=BY | {"other": two.drop})
    assert said.json() == {"one": two.keep, "other": two.drop}
    assert api.get("/api/leads/duplicates").json() == {"pairs": []}


def test_what_cannot_be_merged_says_why(api: TestClient, two: Two) -> None:
    itself = api.post(f"/api/leads/{two.keep}/merge", json=BY | {"drop": two.keep})
    assert (itself.status_code, "name two leads" in itself.json()["message"]) == (409, True)
    nobody = api.post(f"/api/leads/{two.keep}/merge", json=BY | {"drop": 10**9})
    assert (nobody.status_code, nobody.json()["message"]) == (404, "There is no lead 1000000000.")


def test_a_dry_run_of_the_routing_is_the_commands_and_decides_nothing(
    api: TestClient, runtime: Runtime, two: Two
) -> None:
    with runtime.transaction() as session:
        agreed(session, content() | {"routing": {"fallback": FALLBACK}}, at=NOW)
    path = f"/api/leads/{two.keep}/route"
    would = api.get(path, params={"dry_run": True}).json()
    assert (would["ae"], would["rule"], would["is_dry_run"]) == (
        "ida@seller.example",
        "share",
        True,
    )
    assert api.get(path).status_code == 404
    assert api.get("/api/leads/1000000000/route", params={"dry_run": True}).status_code == 404
