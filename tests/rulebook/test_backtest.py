"""A backtest: stored history judged again, point in time, with nothing written."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from baton.errors import InputError
from baton.rulebook.backtest_figures import Backtest, QuotaFigures, UnknownFact
from baton.rulebook.backtesting import backtest
from baton.rulebook.evaluator import judge_lead, judge_span
from baton.rulebook.lead_history import SCORE
from baton.rulebook.loading import agreement_from_content
from baton.store.tables import Base, Lead, Touch
from tests.factories import make_account, make_lead, make_returned, make_transferred
from tests.rulebook.documents import NOW, content, decides

DAY = timedelta(days=1)


def lead_of(
    session: Session, *, employees: int | None = 100, webinars: int = 2, **values: Any
) -> Lead:
    domain = f"{uuid.uuid4().hex}.example"
    account = make_account(session, domain, employees=employees)
    lead = make_lead(session, account_id=account.id, **{"seniority": "vp"} | values)
    for number in range(webinars):
        session.add(Touch(lead_id=lead.id, kind="webinar", at=NOW - (1 + number) * DAY))
    session.flush()
    return lead


def decide(session: Session, data: dict[str, Any] | None = None, *, at: datetime = NOW) -> None:
    """Judge every waiting lead under an agreement that decides, and keep the decisions."""
    agreement_id, agreement = decides(session, data)
    everyone, waiting = (0, 2**62), ["waiting"]
    judged = judge_span(session, agreement_id, agreement, span=everyone, places=waiting, at=at)
    assert judged.leads > 0


def tried(session: Session, data: dict[str, Any], **options: Any) -> Backtest:
    """Backtest in a transaction of its own, as the command does."""
    session.commit()
    period = {"since": None, "until": NOW + 30 * DAY} | options
    found = backtest(session, agreement_from_content(data), **period)
    session.rollback()
    return found


def ids(changes: tuple[Any, ...]) -> list[int]:
    return [change.lead_id for change in changes]


def with_scoring(**changes: Any) -> dict[str, Any]:
    data = content()
    data["scoring"] |= changes
    return data


def with_criterion(met_when: str, **changes: Any) -> dict[str, Any]:
    data = content()
    criterion = {"id": "new", "name": "A new one", "met_when": met_when, "ask": "How is it?"}
    data["sales_qualified"].append(criterion | changes)
    return data


def contents(session: Session) -> dict[str, list[Any]]:
    """Every row of every table, with its hidden version."""
    return {
        name: list(
            session.execute(text(f"select x.xmin, x.ctid, x.* from {name} x order by x.ctid"))
        )
        for name in Base.metadata.tables
    }


def test_the_same_agreement_reproduces_every_decision(session: Session) -> None:
    for employees in (None, 3, 50, 100, 6000):
        for seniority in (None, "vp", "manager", "student"):
            for webinars in (0, 1, 4):
                lead_of(session, employees=employees, seniority=seniority, webinars=webinars)
    decide(session)
    decide(session, at=NOW + 7 * DAY)
    found = tried(session, content())
    assert found.decisions == 120
    assert found.leads == 60
    assert (found.reproduction.decisions, found.reproduction.equal) == (120, 120)
    assert found.before == found.now
    assert found.before.qualified > 0
    assert (found.newly, found.no_longer, found.unsettled, found.unknown_facts) == ((), (), (), ())


def test_a_stored_result_that_does_not_follow_from_its_facts_is_named(session: Session) -> None:
    lead = lead_of(session)
    decide(session)
    decide(session)
    forged = session.scalars(text("select max(judging_id) from judgement")).one()
    session.execute(text("drop trigger append_only on judgement"))
    session.execute(
        text(
            "update judgement set numbers = array_replace(numbers, 100, 3)"
            " where judging_id = :forged"
        ),
        {"forged": forged},
    )
    found = tried(session, content()).reproduction
    assert (found.decisions, found.equal, found.differing) == (2, 1, ((lead.id, forged),))


def test_nothing_is_written_and_nothing_can_be(session: Session) -> None:
    lead_of(session)
    decide(session)
    session.commit()
    before = contents(session)
    session.rollback()
    tried(session, with_scoring(hand_off_at=36))
    assert contents(session) == before
    session.rollback()
    backtest(session, agreement_from_content(content()), since=None, until=NOW + DAY)
    with pytest.raises(InternalError, match="read-only transaction"):
        session.execute(text("update lead set notes = 'written'"))


def test_a_higher_threshold_names_who_no_longer_qualifies(session: Session) -> None:
    warm = lead_of(session, webinars=4, origin="webinar")
    mild = lead_of(session, webinars=2, origin="paid_search")
    decide(session)
    found = tried(session, with_scoring(hand_off_at=42, hot_at=45))
    assert ids(found.no_longer) == [mild.id]
    assert found.no_longer[0].reasons == (SCORE,)
    assert not found.newly
    assert [(o.origin, o.qualified_before, o.qualified_now) for o in found.origins] == [
        ("paid_search", 1, 0),
        ("webinar", 1, 1),
    ]
    assert warm.id not in ids(found.no_longer)


def test_a_criterion_less_names_who_newly_qualifies_and_what_had_held_them_back(
    session: Session,
) -> None:
    held_back = lead_of(session, seniority="manager", answers={"is_decision_maker": False})
    lead_of(session)
    decide(session)
    data = content()
    data["sales_qualified"] = data["sales_qualified"][:1]
    found = tried(session, data)
    assert ids(found.newly) == [held_back.id]
    assert found.newly[0].reasons == ("decides",)
    assert [(r.reason, r.name, r.newly) for r in found.reasons] == [
        ("decides", "The person decides", 1)
    ]
    assert (found.before.qualified, found.now.qualified) == (1, 2)


def test_a_group_of_criteria_is_named_as_the_reason(session: Session) -> None:
    lead_of(session, answers={"starts_within_months": 3})
    neither = lead_of(session, seniority="manager", answers={"is_decision_maker": False})
    data = content()
    data["sales_qualified"][1]["required"] = False
    decide(session, data)
    group = {"id": "any", "name": "One of two", "at_least": 1, "of": ["decides", "soon"]}
    found = tried(session, {**data, "sales_qualified_groups": [group]})
    assert ids(found.unsettled) == [neither.id]
    assert [(r.reason, r.name, r.unsettled) for r in found.reasons] == [("any", "One of two", 1)]


def test_a_fact_that_no_decision_kept_is_unknown_and_counted_not_no(session: Session) -> None:
    lead = lead_of(session, custom={"Fleet size": "12"})
    decide(session)
    found = tried(session, with_criterion("fleet_size >= 10"))
    assert found.unknown_facts == (UnknownFact("fleet_size", 1),)
    assert ids(found.unsettled) == [lead.id]
    assert not found.no_longer
    assert [(r.reason, r.unsettled) for r in found.reasons] == [("new", 1)]


def test_a_kept_fact_is_judged_as_it_was_then(session: Session) -> None:
    small, grown = lead_of(session, custom={"Fleet size": "1"}), lead_of(session)
    grown.custom = {"Fleet size": "12"}
    decide(session, with_criterion("fleet_size >= 0", required=False))
    small.custom, grown.custom = {"Fleet size": "99"}, {"Fleet size": "1"}
    found = tried(session, with_criterion("fleet_size >= 10"))
    assert not found.unknown_facts
    assert ids(found.no_longer) == [small.id]


def test_a_fact_of_the_same_name_from_another_column_is_not_the_same(session: Session) -> None:
    lead_of(session, custom={"Fleet size": "12"})
    decide(session, with_criterion("fleet_size >= 0"))
    data = with_criterion("fleet_size = 'many'")
    data["facts"][0] |= {"type": "text", "column": "How many cars"}
    found = tried(session, data)
    assert found.unknown_facts == (UnknownFact("fleet_size", 1),)
    assert found.now.qualified == 0


def test_touches_are_counted_anew_as_they_were_at_the_decision(session: Session) -> None:
    then, later = lead_of(session), lead_of(session)
    session.add(Touch(lead_id=then.id, kind="reply", at=NOW - DAY))
    decide(session)
    session.add(Touch(lead_id=later.id, kind="reply", at=NOW + DAY))
    data = with_criterion("touches('reply', 30) >= 1")
    found = tried(session, data)
    assert found.recounted_facts == ("touches('reply', 30)",)
    assert not found.unknown_facts
    assert ids(found.no_longer) == [later.id]


def test_new_warmth_counts_the_touches_as_they_were(session: Session) -> None:
    then, later = lead_of(session, webinars=1), lead_of(session, webinars=1)
    session.add(Touch(lead_id=then.id, kind="reply", at=NOW - DAY))
    decide(session)
    session.add(Touch(lead_id=later.id, kind="reply", at=NOW + DAY))
    data = content()
    data["scoring"]["warmth"].append(
        {"touch": "reply", "name": "Answered", "points": 20, "cap": 20, "half_life_days": 30}
    )
    found = tried(session, data)
    assert ids(found.newly) == [then.id]
    assert found.recounted_facts == ("left('reply', 30)",)


def test_decisions_of_several_versions_are_judged_each_by_what_it_kept(session: Session) -> None:
    lead_of(session)
    decide(session, at=NOW - DAY)
    decide(session, with_scoring(hand_off_at=40))
    found = tried(session, content())
    assert (found.decisions, found.leads) == (2, 1)
    assert (found.reproduction.decisions, found.reproduction.equal) == (1, 1)


def test_only_the_period_counts(session: Session) -> None:
    lead_of(session)
    decide(session, at=NOW)
    decide(session, at=NOW + 10 * DAY)
    found = tried(session, content(), since=NOW + DAY, until=NOW + 11 * DAY)
    assert found.decisions == 1
    with pytest.raises(InputError, match="nothing was decided"):
        tried(session, content(), since=NOW + 11 * DAY)
    session.rollback()
    with pytest.raises(InputError, match="period is empty"):
        tried(session, content(), since=NOW, until=NOW)


def test_qualified_leads_a_month_follow_from_the_periods_length(session: Session) -> None:
    for _ in range(3):
        lead_of(session)
    decide(session)
    period = {"since": NOW - 5 * DAY, "until": NOW + 5 * DAY}
    assert tried(session, content(), **period).before.a_month == 9.1
    short = {"since": NOW, "until": NOW + timedelta(hours=3)}
    assert tried(session, content(), **short).before.a_month is None


def test_the_quota_of_the_new_version_stands_beside_both_sides(session: Session) -> None:
    for webinars in (4, 2, 2):
        lead_of(session, webinars=webinars)
    decide(session)
    data = with_scoring(hand_off_at=42, hot_at=45)
    assert tried(session, data).quota is None
    data["quota"] = {"sales_qualified_a_month": 4}
    period = {"since": NOW - 5 * DAY, "until": NOW + 5 * DAY}
    found = tried(session, data, **period)
    assert (found.before.a_month, found.now.a_month) == (9.1, 3.0)
    assert found.quota == QuotaFigures(4, 9.1 / 4, 3.0 / 4)
    short = {"since": NOW, "until": NOW + timedelta(hours=3)}
    assert tried(session, data, **short).quota == QuotaFigures(4, None, None)


def test_precision_and_recall_compare_with_what_sales_said(session: Session) -> None:
    accepted = [lead_of(session, webinars=4), lead_of(session, webinars=2)]
    returned = [lead_of(session, webinars=4), lead_of(session, webinars=2)]
    lead_of(session, webinars=4)
    decide(session)
    for lead in accepted:
        make_transferred(session, lead=lead, at=NOW)
    for lead in returned:
        make_returned(session, lead=lead, at=NOW)
    found = tried(session, with_scoring(hand_off_at=42, hot_at=45))
    assert (found.before.precision_ratio, found.before.recall_ratio) == (0.5, 1.0)
    now = found.now.accuracy
    assert (now.accepted_qualified, now.returned_qualified) == (1, 1)
    assert (now.accepted_missed, now.returned_avoided) == (1, 1)
    assert (found.now.precision_ratio, found.now.recall_ratio) == (0.5, 0.5)


def test_a_lead_that_qualified_only_after_its_outcome_was_not_foreseen(session: Session) -> None:
    lead = lead_of(session, seniority=None)
    decide(session)
    make_transferred(session, lead=lead, at=NOW)
    session.flush()
    lead.seniority = "vp"
    session.flush()
    agreement_id, agreement = decides(session)
    late = NOW + 20 * DAY
    judge_lead(session, agreement_id, agreement, lead_id=lead.id, hand_off_id=None, at=late)
    found = tried(session, with_scoring(warmth_floor=1, hand_off_at=21))
    assert found.now.qualified == 1
    assert found.now.recall_ratio == 0.0


def test_an_imported_column_can_say_what_became_of_a_lead(session: Session) -> None:
    for said in ("yes", "no", "no", "perhaps"):
        lead_of(session, custom={"output": said})
    decide(session)
    found = tried(session, content(), outcome_column="output")
    assert found.before.accuracy.accepted_qualified == 1
    assert found.before.accuracy.returned_qualified == 2
    assert found.before.precision_ratio == 1 / 3


def test_what_is_left_of_nothing_is_no_ratio(session: Session) -> None:
    lead_of(session)
    decide(session)
    found = tried(session, content())
    assert found.now.precision_ratio is None
    assert found.now.recall_ratio is None


def test_without_any_decision_the_backtest_says_so(session: Session) -> None:
    with pytest.raises(InputError, match="nothing has been decided yet"):
        tried(session, content())
