"""`baton agreement check` on what is there: gaps, overlaps, nobody, everybody away."""

from __future__ import annotations

from datetime import timedelta
from itertools import takewhile
from typing import Any

import yaml
from sqlalchemy.orm import Session

from baton.rulebook.doubts import doubts_of
from baton.rulebook.finding import Finding
from baton.rulebook.loading import agreement_from_content
from baton.rulebook.reps_on_data import rep_doubts_on_data
from baton.rulebook.routing_on_data import routing_doubts_on_data
from baton.store.reps import import_reps
from tests.factories import make_account, make_lead, make_rep
from tests.repository.checkout import ROOT
from tests.rulebook.documents import NOW, content

FALLBACK = {"name": "Nobody's leads", "to": "max@seller.example", "within_minutes": 60}
DACH = {"id": "dach", "name": "DACH", "countries": ["DE"], "teams": ["dach"]}
LARGE = {"id": "large", "name": "Large", "when": "employees > 500", "teams": ["dach"]}


def doubts(session: Session, **section: Any) -> dict[str, str]:
    data = content() | {"routing": {"fallback": FALLBACK, **section}}
    found = routing_doubts_on_data(session, agreement_from_content(data), as_of=NOW)
    return {written(finding): finding.message for finding in found}


def written(finding: Finding) -> str:
    return ".".join(str(key) for key in finding.keys[1:])


def team(session: Session) -> int:
    make_rep(session, "MANAGER", email="max@seller.example")
    ida = make_rep(session, "AE", email="ida@seller.example")
    ida.team = "dach"
    session.flush()
    return ida.id


def test_a_section_that_goes_with_what_is_there_has_no_doubts(session: Session) -> None:
    team(session)
    make_lead(session, at=NOW, country="DE")
    assert doubts(session, territories=[DACH]) == {}


def test_the_routing_in_the_agreements_comments_goes_with_the_demos_reps(session: Session) -> None:
    lines = (ROOT / "rules" / "agreement.yaml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# routing:")
    kept = takewhile(lambda line: line.startswith("# "), lines[begin:])
    section = yaml.safe_load("\n".join(line[2:] for line in kept))["routing"]
    import_reps(session, ROOT / "baton" / "demo" / "data" / "reps.csv", at=NOW)
    make_lead(session, at=NOW, country="DE")
    agreed = agreement_from_content(content() | {"routing": section})
    assert doubts_of(agreed) == []
    assert list(rep_doubts_on_data(session, agreed, as_of=NOW)) == []
    assert doubts(session, **section) == {}


def test_names_that_nobody_has_are_told(session: Session) -> None:
    team(session)
    found = doubts(
        session,
        weights=[{"team": "us", "weight": 2}, {"rep": "max@seller.example", "weight": 2}],
        fallback=FALLBACK | {"to": "eve@seller.example"},
    )
    assert set(found) == {"weights.0.team", "weights.1.rep", "fallback.to"}
    assert found["weights.0.team"] == "no active AE is in the team 'us'; teams are dach"


def test_gaps_and_overlaps_are_told_with_the_leads_of_last_month(session: Session) -> None:
    team(session)
    account = make_account(session, employees=5000)
    both = make_lead(session, at=NOW, country="DE", account_id=account.id)
    none = make_lead(session, at=NOW, country="US")
    make_lead(session, at=NOW - timedelta(days=40), country="US")
    found = doubts(session, territories=[DACH, LARGE])
    assert set(found) == {"territories", "territories.1"}
    assert "1 of the last month's 2 leads are in none of them, 1 for want" in found["territories"]
    assert f"such as lead {none.id};" in found["territories"]
    assert f"such as lead {both.id};" in found["territories.1"]
