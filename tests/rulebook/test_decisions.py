"""I8: every decision is stored with version, facts and reasons, and replays to the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.errors import NotFoundError
from baton.rulebook.evaluator import judge_lead, judge_set, judge_span
from baton.rulebook.explaining import explain_lead, explain_lines, replay
from baton.rulebook.judged import latest_qualification, qualification, qualifications_of
from baton.rulebook.loading import agreement_from_content
from baton.store.judgements import latest_judgement
from baton.store.tables import Account, Decision, Lead, Touch
from tests.factories import make_account, make_lead
from tests.rulebook.documents import NOW, content, decides, judge, kept, stored


def warm_lead(session: Session) -> Lead:
    account = make_account(session, employees=100)
    lead = make_lead(session, account_id=account.id, seniority="manager", answers={"decides": True})
    for days in (0.37, 1.1, 7.7, 23.3):
        session.add(Touch(lead_id=lead.id, kind="webinar", at=NOW - timedelta(days=days)))
    session.flush()
    return lead


def routed(session: Session, lead: Lead, agreement_id: int) -> int:
    """A decision of another kind about the lead."""
    decision = Decision(
        lead_id=lead.id,
        agreement_id=agreement_id,
        kind="route",
        at=NOW,
        as_of=NOW,
        facts={},
        result={"ae": "kim@seller.example"},
        reasons=["It was their turn."],
    )
    session.add(decision)
    session.flush()
    return decision.id


def test_a_decision_keeps_version_facts_result_and_reasons(session: Session) -> None:
    lead = warm_lead(session)
    kept(session, lead.id)
    (found,) = qualifications_of(session, lead.id)
    assert found.agreement_title == "How we hand over"
    assert found.facts["employees"] == 100
    assert found.facts["count('webinar')"] == 4
    assert found.result["qualification"] == "qualified"
    assert [c["verdict"] for c in found.result["criteria"]] == ["met", "met", "unknown"]
    assert found.reasons[0] == "The lead is sales-qualified."
    assert found.as_of == NOW


def test_a_decision_replays_to_the_same_after_everything_changed(session: Session) -> None:
    lead = warm_lead(session)
    number = kept(session, lead.id)
    lead.seniority, lead.answers = "student", {"is_decision_maker": False}
    session.get_one(Account, lead.account_id).employees = 3
    session.execute(text("delete from touch"))
    session.flush()
    decides(session, {**content(), "title": "Another agreement"})
    replayed = replay(session, lead.id, number)
    assert replayed.is_equal
    assert replayed.replayed == replayed.stored
    assert judge(session, lead.id).qualification.value == "not_qualified"


@pytest.mark.parametrize(
    "forgery",
    [
        "numbers = array_replace(numbers, 100, 3)",
        "flags = array_replace(flags, true, false)",
        "texts = array_replace(texts, 'manager', 'student')",
        "verdicts = array_replace(verdicts, true, false)",
        "did = array_replace(did, 250, 249)",
        "did = array_replace(did, did[1][4], 1)",
        "qualification = 'not_qualified'",
        "fit_tenths = 990",
        "warmth_tenths = 990",
        "is_hot = not is_hot",
        "is_marketing_qualified = not is_marketing_qualified",
    ],
)
def test_a_replay_sees_that_a_stored_result_does_not_follow_from_its_facts(
    session: Session, forgery: str
) -> None:
    lead = warm_lead(session)
    number = kept(session, lead.id)
    before = latest_judgement(session, lead.id)
    session.execute(text("drop trigger append_only on judgement"))
    session.execute(text(f"update judgement set {forgery}"))
    assert latest_judgement(session, lead.id) != before
    assert not replay(session, lead.id, number).is_equal


@pytest.mark.parametrize("table", ["decision", "judgement", "judging", "fact_list"])
@pytest.mark.parametrize("change", ["update {} set {} = {}", "delete from {}"])
def test_a_decision_is_never_changed(session: Session, table: str, change: str) -> None:
    lead = warm_lead(session)
    kept(session, lead.id)
    routed(session, lead, decides(session)[0])
    column = {"decision": "kind", "judging": "at", "judgement": "is_hot"}.get(table, "keys")
    with pytest.raises(IntegrityError, match=f"{table} is append-only"):
        session.execute(text(change.format(table, column, column)))


def test_an_unsigned_version_cannot_decide(session: Session) -> None:
    lead = warm_lead(session)
    agreement_id = stored(session, content())
    agreement = agreement_from_content(content())
    with pytest.raises(IntegrityError, match="I9"), session.begin_nested():
        judge_lead(session, agreement_id, agreement, lead_id=lead.id, hand_off_id=None, at=NOW)
    with pytest.raises(IntegrityError, match="I9"), session.begin_nested():
        judge_set(session, agreement_id, agreement, lead_ids=[lead.id], at=NOW)
    assert qualifications_of(session, lead.id) == []


def test_a_span_of_many_is_judged_and_recorded_where_it_is(session: Session) -> None:
    agreement_id, agreement = decides(session)
    leads = [make_lead(session).id for _ in range(12)]
    elsewhere = make_lead(session, place="closed", place_reason="gone").id
    judged = judge_span(
        session, agreement_id, agreement, span=(leads[1], elsewhere), places=["waiting"], at=NOW
    )
    number = judged.judging_id
    assert judged.leads == len(leads) - 1
    assert [qualification(session, lead, number).id for lead in leads[1:]] == [number] * 11
    for lead_id in (leads[0], elsewhere):
        assert latest_qualification(session, lead_id) is None


def test_a_lead_is_recorded_alike_alone_in_a_set_and_in_a_span(session: Session) -> None:
    agreement_id, agreement = decides(session)
    lead, other = warm_lead(session), make_lead(session)
    judge_lead(session, agreement_id, agreement, lead_id=lead.id, hand_off_id=None, at=NOW)
    judge_set(session, agreement_id, agreement, lead_ids=[lead.id, other.id], at=NOW)
    judge_span(
        session, agreement_id, agreement, span=(lead.id, other.id), places=["waiting"], at=NOW
    )
    alone, in_set, in_span = qualifications_of(session, lead.id)
    assert alone == replace(in_set, id=alone.id) == replace(in_span, id=alone.id)


def test_the_latest_decision_is_the_one_recorded_last(session: Session) -> None:
    lead = warm_lead(session)
    first = kept(session, lead.id)
    second = kept(session, lead.id, at=NOW + timedelta(days=1))
    latest = latest_qualification(session, lead.id)
    assert latest is not None
    assert latest.id == second > first
    assert [found.id for found in qualifications_of(session, lead.id)] == [first, second]
    then = latest_qualification(session, lead.id, until=NOW)
    assert then is not None
    assert then.id == first
    assert latest_qualification(session, lead.id, until=NOW - timedelta(days=1)) is None


def test_only_a_qualification_that_is_there_is_replayed(session: Session) -> None:
    lead, other = warm_lead(session), make_lead(session)
    number = kept(session, lead.id)
    route = routed(session, lead, qualification(session, lead.id, number).agreement_id)
    for lead_id, wrong in ((lead.id, route), (lead.id, 999), (other.id, number)):
        with pytest.raises(NotFoundError, match="has no qualification"):
            replay(session, lead_id, wrong)
    assert replay(session, lead.id, number).is_equal


def test_a_lead_is_explained_by_all_its_decisions_in_their_order(session: Session) -> None:
    lead = warm_lead(session)
    assert explain_lead(session, lead.id).explanation == []
    first = kept(session, lead.id)
    route = routed(session, lead, qualification(session, lead.id, first).agreement_id)
    last = kept(session, lead.id, at=NOW + timedelta(days=10))
    told = explain_lead(session, lead.id)
    assert told.explanation == explain_lines(qualification(session, lead.id, last))
    assert [(one.id, one.kind) for one in told.story.decisions] == [
        (first, "qualification"),
        (route, "route"),
        (last, "qualification"),
    ]
    assert told.story.decisions[1].reasons == ["It was their turn."]
    assert all(one.facts and one.result and one.reasons for one in told.story.decisions[::2])


def test_a_decision_of_another_kind_is_explained_by_its_reasons(session: Session) -> None:
    lead = warm_lead(session)
    found = qualification(session, lead.id, kept(session, lead.id))
    assert explain_lines(replace(found, kind="route", reasons=["It was their turn."])) == [
        "It was their turn."
    ]


def test_a_group_of_criteria_is_kept_explained_and_replayed(session: Session) -> None:
    lead = warm_lead(session)
    data = content()
    for place in (1, 2):
        data["sales_qualified"][place]["required"] = False
    data["sales_qualified_groups"] = [
        {"id": "both", "name": "Decides soon", "at_least": 2, "of": ["decides", "soon"]}
    ]
    found = qualification(session, lead.id, kept(session, lead.id, data))
    assert found.result["qualification"] == "needs_answers"
    (group,) = found.result["groups"]
    assert (group["verdict"], group["met"], group["of"]) == ("unknown", 1, ["decides", "soon"])
    assert "Not known: Decides soon; 1 of 2 are met, and 2 are needed." in found.reasons
    assert "  not known: Decides soon (1 of 2 met, 2 needed)" in explain_lines(found)
    assert replay(session, lead.id, found.id).is_equal


def test_a_decision_without_groups_is_kept_as_before_there_were_any(session: Session) -> None:
    lead = warm_lead(session)
    assert "groups" not in qualification(session, lead.id, kept(session, lead.id)).result


def test_an_explanation_says_what_is_met_what_to_ask_and_what_gave_points(
    session: Session,
) -> None:
    lead = warm_lead(session)
    latest = qualification(session, lead.id, kept(session, lead.id))
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
            "  met: The person decides (is decision maker: unknown, seniority: manager, "
            "the SDR's answer: yes)"
        ),
        "  not known: Starts soon (starts within months: unknown)",
        "    ask: When do they start?",
        "Points:",
        "  +20 A company of our size: employees: 100",
        "  +25 Attended a webinar: 4 times, last on 2026-03-02 03:07 UTC (halved every 10 days)",
    ]
