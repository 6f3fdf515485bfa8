"""I8: every decision is stored with version, facts and reasons, and replays to the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.errors import InputError, NotFoundError
from baton.rulebook.evaluator import evaluate
from baton.rulebook.explaining import explain_lines, replay
from baton.rulebook.loading import agreement_from_content
from baton.store.decisions import (
    QUALIFICATION,
    decisions_of,
    latest_decision,
    record_decision,
    record_qualifications,
)
from baton.store.tables import Account, Lead, Touch
from tests.factories import make_account, make_lead
from tests.rulebook.documents import NOW, content, decides, judge, stored


def warm_lead(session: Session) -> Lead:
    account = make_account(session, employees=100)
    lead = make_lead(session, account_id=account.id, seniority="manager", answers={"decides": True})
    for days in (0.37, 1.1, 7.7, 23.3):
        session.add(Touch(lead_id=lead.id, kind="webinar", at=NOW - timedelta(days=days)))
    session.flush()
    return lead


def decided(session: Session, lead: Lead) -> int:
    agreement_id, agreement = decides(session)
    judged = evaluate(session, agreement_id, agreement, lead_ids=[lead.id], as_of=NOW)
    assert record_qualifications(session, judged, hand_off_id=None, at=NOW) == 1
    latest = latest_decision(session, lead.id, QUALIFICATION)
    assert latest is not None
    return latest.id


def test_a_decision_keeps_version_facts_result_and_reasons(session: Session) -> None:
    lead = warm_lead(session)
    decided(session, lead)
    (kept,) = decisions_of(session, lead.id)
    assert kept.agreement_title == "How we hand over"
    assert kept.facts["employees"] == 100
    assert kept.facts["count('webinar')"] == 4
    assert kept.result["qualification"] == "qualified"
    assert [c["verdict"] for c in kept.result["criteria"]] == ["met", "met", "unknown"]
    assert kept.reasons[0] == "The lead is sales-qualified."
    assert kept.as_of == NOW


def test_a_decision_replays_to_the_same_after_everything_changed(session: Session) -> None:
    lead = warm_lead(session)
    decision_id = decided(session, lead)
    lead.seniority, lead.answers = "student", {"is_decision_maker": False}
    session.get_one(Account, lead.account_id).employees = 3
    session.execute(text("delete from touch"))
    session.flush()
    decides(session, {**content(), "title": "Another agreement"})
    replayed = replay(session, decision_id)
    assert replayed.is_equal
    assert replayed.replayed == replayed.stored
    assert judge(session, lead.id).qualification.value == "not_qualified"


def test_a_replay_sees_that_a_stored_result_does_not_follow_from_its_facts(
    session: Session,
) -> None:
    lead = warm_lead(session)
    decided(session, lead)
    (kept,) = decisions_of(session, lead.id)
    forged = record_decision(
        session,
        lead_id=lead.id,
        hand_off_id=None,
        agreement_id=kept.agreement_id,
        kind=QUALIFICATION,
        at=NOW,
        as_of=NOW,
        facts={**kept.facts, "employees": 3},
        result=kept.result,
        reasons=kept.reasons,
    )
    assert not replay(session, forged).is_equal


@pytest.mark.parametrize("statement", ["update decision set kind = 'x'", "delete from decision"])
def test_a_decision_is_never_changed(session: Session, statement: str) -> None:
    decided(session, warm_lead(session))
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(text(statement))


def test_an_unsigned_version_cannot_decide(session: Session) -> None:
    lead = warm_lead(session)
    agreement_id = stored(session, content())
    agreement = agreement_from_content(content())
    judged = evaluate(session, agreement_id, agreement, lead_ids=[lead.id], as_of=NOW)
    with pytest.raises(IntegrityError, match="I9"):
        record_qualifications(session, judged, hand_off_id=None, at=NOW)


def test_a_stream_of_many_is_recorded_while_it_is_read(session: Session) -> None:
    agreement_id, agreement = decides(session)
    leads = [make_lead(session).id for _ in range(12)]
    judged = evaluate(session, agreement_id, agreement, lead_ids=None, as_of=NOW)
    assert record_qualifications(session, judged, hand_off_id=None, at=NOW) == len(leads)
    assert all(latest_decision(session, lead, QUALIFICATION) for lead in leads)


def test_the_latest_decision_is_the_one_recorded_last(session: Session) -> None:
    lead = warm_lead(session)
    first = decided(session, lead)
    second = decided(session, lead)
    latest = latest_decision(session, lead.id, QUALIFICATION)
    assert latest is not None
    assert latest.id == second > first
    assert latest_decision(session, lead.id, "route") is None
    assert [kept.id for kept in decisions_of(session, lead.id)] == [first, second]


def test_only_a_qualification_that_is_there_is_replayed(session: Session) -> None:
    lead = warm_lead(session)
    decided(session, lead)
    (kept,) = decisions_of(session, lead.id)
    route = record_decision(
        session,
        lead_id=lead.id,
        hand_off_id=None,
        agreement_id=kept.agreement_id,
        kind="route",
        at=NOW,
        as_of=NOW,
        facts={},
        result={"ae": "kim@seller.example"},
        reasons=["It was their turn."],
    )
    with pytest.raises(InputError, match="of kind 'route'"):
        replay(session, route)
    with pytest.raises(NotFoundError):
        replay(session, 999)
    assert explain_lines(decisions_of(session, lead.id)[-1]) == ["It was their turn."]


def test_a_group_of_criteria_is_kept_explained_and_replayed(session: Session) -> None:
    lead = warm_lead(session)
    data = content()
    for place in (1, 2):
        data["sales_qualified"][place]["required"] = False
    data["sales_qualified_groups"] = [
        {"id": "both", "name": "Decides soon", "at_least": 2, "of": ["decides", "soon"]}
    ]
    agreement_id, agreement = decides(session, data)
    judged = evaluate(session, agreement_id, agreement, lead_ids=[lead.id], as_of=NOW)
    record_qualifications(session, judged, hand_off_id=None, at=NOW)
    kept = latest_decision(session, lead.id, QUALIFICATION)
    assert kept is not None
    assert kept.result["qualification"] == "needs_answers"
    (group,) = kept.result["groups"]
    assert (group["verdict"], group["met"], group["of"]) == ("unknown", 1, ["decides", "soon"])
    assert "Not known: Decides soon; 1 of 2 are met, and 2 are needed." in kept.reasons
    assert "  not known: Decides soon (1 of 2 met, 2 needed)" in explain_lines(kept)
    assert replay(session, kept.id).is_equal


def test_a_decision_without_groups_is_kept_as_before_there_were_any(session: Session) -> None:
    decided(session, warm_lead(session))
    (kept,) = decisions_of(session, session.query(Lead).one().id)
    assert "groups" not in kept.result


def test_an_explanation_says_what_is_met_what_to_ask_and_what_gave_points(
    session: Session,
) -> None:
    decided(session, warm_lead(session))
    lead_id = session.query(Lead).one().id
    latest = latest_decision(session, lead_id, QUALIFICATION)
    assert latest is not None
    assert explain_lines(latest) == [
        (
            'Sales-qualified, as of 2026-03-02 12:00 UTC, under the agreement "How we hand over" '
            f"(version {latest.agreement_id})."
        ),
        "45 points: 20 for fit, 25 for warmth; hot.",
        (
            "Why now: Attended a webinar on 2026-03-02 03:07 UTC; the total is 45 points, "
            "at or above the 30 agreed for a hand-off."
        ),
        "Criteria:",
        "  met: The company fits (employees: 100)",
        (
            "  met: The person decides (seniority: manager, is decision maker: unknown, "
            "the SDR's answer: yes)"
        ),
        "  not known: Starts soon (starts within months: unknown)",
        "    ask: When do they start?",
        "Points:",
        "  +20 A company of our size: employees: 100",
        "  +25 Attended a webinar: 4 times, last on 2026-03-02 03:07 UTC (halved every 10 days)",
    ]
