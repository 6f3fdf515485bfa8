"""Personas and the ideal customer: agreed data that conditions name."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from baton.domain.verdict import CriterionVerdict
from baton.rulebook.judged import qualification
from baton.rulebook.loading import agreement_from_content
from baton.store.decisions import result_of
from tests.factories import make_account, make_lead
from tests.rulebook.documents import content, judge, judged_again, kept

PERSONA = {
    "id": "boss",
    "name": "Boss",
    "titles": ["CTO", "Chief R&D Officer", "head of I.T"],
    "seniority": ["c_level", "VP"],
}
IDEAL = {
    "industries": ["Software", "retail"],
    "employees": {"at_least": 50, "at_most": 5000},
    "regions": [{"name": "DACH", "countries": ["DE", "AT"]}, {"name": "UK", "countries": ["GB"]}],
}


def agreed(condition: str, persona: dict[str, Any] = PERSONA) -> dict[str, Any]:
    data = content()
    data["personas"] = [persona]
    data["ideal_customer"] = IDEAL
    data["sales_qualified"] = [
        {"id": "aim", "name": "Whom we mean", "met_when": condition, "ask": "Who is it?"}
    ]
    return data


def judged(session: Session, condition: str, **lead: Any) -> CriterionVerdict:
    (criterion,) = judge(session, make_lead(session, **lead).id, agreed(condition)).criteria
    return criterion


@pytest.mark.parametrize(
    ("title", "seniority", "verdict"),
    [
        ("CTO", "c_level", "met"),
        ("Founder & cto, Europe", "vp", "met"),
        ("Chief R&D Officer", "c_level", "met"),
        ("Head of I.T", "vp", "met"),
        ("Head of IxT", "vp", "unmet"),
        ("Director", "c_level", "unmet"),
        ("CTO", "manager", "unmet"),
        ("CTO", None, "unknown"),
        (None, "c_level", "unknown"),
        (None, "manager", "unmet"),
        ("Director", None, "unmet"),
    ],
)
def test_a_persona_is_a_title_in_whole_words_and_its_seniority(
    session: Session, title: str | None, seniority: str | None, verdict: str
) -> None:
    found = judged(session, "is_persona('boss')", title=title, seniority=seniority)
    assert found.verdict.value == verdict
    assert found.evidence == {"title": title, "seniority": seniority}


@pytest.mark.parametrize(
    ("company", "country", "verdict"),
    [
        (("SOFTWARE", 50, "DE"), None, "met"),
        (("Retail", 5000, None), "GB", "met"),
        (("Retail", 5001, None), "GB", "unmet"),
        (("Retail", 100, "FR"), "GB", "unmet"),
        (("Mining", None, None), None, "unmet"),
        (("Retail", 100, None), None, "unknown"),
        ((None, 100, "DE"), None, "unknown"),
    ],
)
def test_a_company_is_ideal_by_industry_size_and_seat(
    session: Session,
    company: tuple[str | None, int | None, str | None],
    country: str | None,
    verdict: str,
) -> None:
    industry, employees, seat = company
    account = make_account(session, industry=industry, employees=employees, country=seat)
    found = judged(session, "in_ideal_customer", account_id=account.id, country=country)
    assert found.verdict.value == verdict


def test_both_join_with_other_conditions(session: Session) -> None:
    condition = "not is_persona('boss') and in_ideal_customer is not true and employees is null"
    assert judged(session, condition, title="Clerk", seniority="vp").verdict.value == "met"


def test_a_kept_decision_is_judged_by_the_facts_behind_the_persona(session: Session) -> None:
    data = agreed("is_persona('boss') or in_ideal_customer")
    lead = make_lead(session, title="CTO", seniority="vp")
    live = judge(session, lead.id, data)
    number = kept(session, lead.id, data)
    lead.title = "Clerk"
    session.flush()
    assert judged_again(session, lead.id, number, agreement_from_content(data)) == live
    assert qualification(session, lead.id, number).result == result_of(live)
    assert live.criteria[0].verdict.value == "met"
    assert judge(session, lead.id, data).criteria[0].verdict.value == "unknown"


def test_a_title_with_every_allowed_sign_is_taken_by_its_letters(session: Session) -> None:
    title = "A/B+C's D.E-F, G&H"
    data = agreed("is_persona('boss')", {"id": "boss", "name": "Boss", "titles": [title]})
    for written, verdict in ((f"The {title} (acting)", "met"), (title.replace(".", "x"), "unmet")):
        (found,) = judge(session, make_lead(session, title=written).id, data).criteria
        assert found.verdict.value == verdict
