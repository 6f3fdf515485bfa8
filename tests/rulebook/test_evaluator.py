from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation, Qualification, Verdict
from baton.rulebook.evaluator import STREAM_ABOVE, evaluate
from baton.rulebook.loading import agreement_from_content
from baton.store.tables import Lead, Touch
from tests.factories import make_account, make_lead
from tests.rulebook.documents import NOW, content, judge

_numbers = itertools.count(1)


def touch(session: Session, lead: Lead, kind: str = "webinar", *, days: float = 0) -> None:
    session.add(Touch(lead_id=lead.id, kind=kind, at=NOW - timedelta(days=days)))
    session.flush()


def lead_of(session: Session, *, employees: int | None = 100, **values: Any) -> Lead:
    account = make_account(session, f"c{next(_numbers)}.example", employees=employees)
    chosen: dict[str, Any] = {"seniority": "vp", "account_id": account.id, **values}
    return make_lead(session, **chosen)


def verdict(evaluation: Evaluation, criterion_id: str) -> Verdict:
    return next(c.verdict for c in evaluation.criteria if c.id == criterion_id)


def test_a_fitting_and_warm_lead_is_qualified(session: Session) -> None:
    lead = lead_of(session)
    touch(session, lead)
    judged = judge(session, lead.id)
    assert judged.qualification is Qualification.QUALIFIED
    assert (judged.fit_points, judged.warmth_points, judged.total_points) == (20, 10, 30)
    assert judged.is_marketing_qualified
    assert not judged.is_hot
    assert judged.why_now.startswith("Attended a webinar on 2026-03-02 12:00 UTC")


def test_an_unknown_required_criterion_becomes_a_question(session: Session) -> None:
    lead = lead_of(session, seniority=None)
    touch(session, lead)
    judged = judge(session, lead.id)
    assert judged.qualification is Qualification.NEEDS_ANSWERS
    assert [c.ask for c in judged.unknown] == ["Who decides?", "When do they start?"]
    assert judged.unknown[0].evidence == {"is_decision_maker": None, "seniority": None}


def test_an_unknown_criterion_that_is_not_required_holds_nothing_up(session: Session) -> None:
    lead = lead_of(session)
    touch(session, lead)
    judged = judge(session, lead.id)
    assert verdict(judged, "soon") is Verdict.UNKNOWN
    assert judged.qualification is Qualification.QUALIFIED


def test_an_unmet_required_criterion_refuses_even_beside_unknown_ones(session: Session) -> None:
    lead = lead_of(session, employees=None, seniority="student", answers={"employees": "9000"})
    touch(session, lead)
    data = content()
    data["scoring"]["fit"][0]["when"] = "employees >= 50"
    data["scoring"]["fit"][1]["points"] = 0
    judged = judge(session, lead.id, data)
    assert judged.total_points == 30
    assert [c.verdict for c in judged.criteria[:2]] == [Verdict.UNMET, Verdict.UNKNOWN]
    assert judged.qualification is Qualification.NOT_QUALIFIED


def test_an_unmet_criterion_that_is_not_required_holds_nothing_up(session: Session) -> None:
    lead = lead_of(session, answers={"starts_within_months": 12})
    touch(session, lead)
    judged = judge(session, lead.id)
    assert verdict(judged, "soon") is Verdict.UNMET
    assert judged.qualification is Qualification.QUALIFIED


def test_unknown_or_true_is_true_and_unknown_or_false_is_unknown(session: Session) -> None:
    assert verdict(judge(session, lead_of(session).id), "decides") is Verdict.MET
    manager = lead_of(session, seniority="manager")
    assert verdict(judge(session, manager.id), "decides") is Verdict.UNKNOWN
    told = lead_of(session, seniority="manager", answers={"is_decision_maker": False})
    assert verdict(judge(session, told.id), "decides") is Verdict.UNMET


def test_a_criterion_turns_at_its_edges(session: Session) -> None:
    expected = {
        49: Verdict.UNMET,
        50: Verdict.MET,
        5000: Verdict.MET,
        5001: Verdict.UNMET,
        None: Verdict.UNKNOWN,
    }
    for employees, verdict_there in expected.items():
        judged = judge(session, lead_of(session, employees=employees).id)
        assert verdict(judged, "fits") is verdict_there, employees


def test_a_yes_or_no_to_the_question_settles_what_the_facts_leave_unknown(
    session: Session,
) -> None:
    answers: list[tuple[object, Verdict]] = [
        (True, Verdict.MET),
        ("yes", Verdict.MET),
        (" No ", Verdict.UNMET),
        ("perhaps", Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
        ([1], Verdict.UNKNOWN),
    ]
    for answer, expected in answers:
        lead = lead_of(session, seniority=None, answers={"decides": answer})
        assert verdict(judge(session, lead.id), "decides") is expected, answer


def test_a_yes_to_the_question_does_not_overrule_a_known_fact(session: Session) -> None:
    lead = lead_of(session, employees=10, answers={"fits": True})
    assert verdict(judge(session, lead.id), "fits") is Verdict.UNMET


def test_the_answer_of_a_person_comes_before_the_company_list(session: Session) -> None:
    lead = lead_of(session, employees=10, answers={"employees": 200})
    judged = judge(session, lead.id)
    assert verdict(judged, "fits") is Verdict.MET
    assert judged.facts["employees"] == 200


NUMBERS: list[tuple[object, float | None]] = [
    ("12", 12),
    (" +12.5 ", 12.5),
    ("-3", -3),
    (7, 7),
    ("123456789012345", 123456789012345),
    ("1e5", None),
    ("1,200", None),
    ("NaN", None),
    ("Infinity", None),
    ("many", None),
    ("", None),
    ("9" * 400, None),
    ("0x1F", None),
    ({"a": 1}, None),
    (True, None),
    (None, None),
]


def test_a_number_of_the_import_that_cannot_be_read_is_unknown(session: Session) -> None:
    data = content()
    data["sales_qualified"][2]["met_when"] = "fleet_size > 5"
    expected = {None: Verdict.UNKNOWN, True: Verdict.MET, False: Verdict.UNMET}
    for imported, read in NUMBERS:
        judged = judge(session, lead_of(session, custom={"Fleet size": imported}).id, data)
        assert judged.facts["fleet_size"] == read, imported
        assert verdict(judged, "soon") is expected[None if read is None else read > 5]


def test_warmth_halves_with_every_half_life(session: Session) -> None:
    lead = lead_of(session)
    touch(session, lead, days=10)
    assert judge(session, lead.id).warmth_points == 5
    assert judge(session, lead.id, as_of=NOW + timedelta(days=10)).warmth_points == 2.5


def test_a_touch_of_a_century_ago_counts_nothing_and_breaks_nothing(session: Session) -> None:
    lead = lead_of(session)
    touch(session, lead, days=36500)
    assert judge(session, lead.id).warmth_points == 0


def test_warmth_never_passes_its_cap_in_either_direction(session: Session) -> None:
    lead = lead_of(session)
    for minute in range(5):
        touch(session, lead, days=minute / 1440)
        touch(session, lead, "unsubscribed", days=minute / 1440)
    points = {p.id: p.points for p in judge(session, lead.id).points}
    assert points["webinar"] == 25
    assert points["unsubscribed"] == -15


def test_a_touch_after_the_instant_is_not_seen(session: Session) -> None:
    lead = lead_of(session)
    touch(session, lead)
    before = judge(session, lead.id, as_of=NOW - timedelta(seconds=1))
    assert before.warmth_points == 0
    assert before.why_now == ""
    assert judge(session, lead.id, as_of=NOW).warmth_points == 10


def test_touches_are_counted_within_the_days(session: Session) -> None:
    data = content()
    data["sales_qualified"][2]["met_when"] = "touches('reply', 30) >= 1"
    for days, counted in ((29.99, 1), (30, 0), (0, 1)):
        lead = lead_of(session)
        touch(session, lead, "reply", days=days)
        assert judge(session, lead.id, data).facts["touches('reply', 30)"] == counted, days


def test_days_since_is_unknown_when_it_never_happened(session: Session) -> None:
    data = content()
    data["sales_qualified"][2]["met_when"] = "days_since('reply') < 7 or days_since_last_touch < 1"
    lead = lead_of(session)
    assert verdict(judge(session, lead.id, data), "soon") is Verdict.UNKNOWN
    touch(session, lead, "reply", days=3.5)
    judged = judge(session, lead.id, data)
    assert verdict(judged, "soon") is Verdict.MET
    assert judged.facts["days_since('reply')"] == 3.5
    assert judged.facts["days_since_last_touch"] == 3.5


def test_having_asked_for_a_demo_is_known_either_way(session: Session) -> None:
    data = content()
    data["sales_qualified"][2]["met_when"] = "requested_demo"
    lead = lead_of(session)
    assert verdict(judge(session, lead.id, data), "soon") is Verdict.UNMET
    touch(session, lead, "demo_request", days=400)
    assert verdict(judge(session, lead.id, data), "soon") is Verdict.MET


def test_a_limit_is_reached_at_the_limit(session: Session) -> None:
    lead = lead_of(session)
    touch(session, lead)
    for limit, points in (("fit_floor", 20), ("warmth_floor", 10), ("hand_off_at", 30)):
        for above, expected in ((0, "qualified"), (0.1, "not_qualified")):
            data = content()
            more = {"id": "more", "name": "More", "points": 1, "when": "title = 'x'"}
            data["scoring"]["fit"].append(more)
            data["scoring"][limit] = points + above
            assert judge(session, lead.id, data).qualification == expected, (limit, above)


def test_a_lead_is_hot_at_the_hot_limit(session: Session) -> None:
    lead = lead_of(session)
    touch(session, lead)
    touch(session, lead, days=0.0001)
    judged = judge(session, lead.id)
    assert judged.total_points == 40
    assert judged.is_hot


def test_every_fit_rule_says_why_it_gave_points_or_none(session: Session) -> None:
    judged = judge(session, lead_of(session, seniority=None).id)
    assert [(p.id, p.points, p.reason) for p in judged.points] == [
        ("size", 20, "employees: 100"),
        ("student", 0, "not known: seniority: unknown"),
    ]


def test_the_address_tells_free_mail_throw_away_mail_and_roles(session: Session) -> None:
    data = content()
    data["sales_qualified"][2]["met_when"] = "free_mail or disposable_mail or role_address"
    addresses: list[tuple[str | None, bool | None, bool | None, bool | None]] = [
        ("a@gmail.com", True, False, False),
        ("B@GMAIL.COM", True, False, False),
        ("c@mailinator.com", False, True, False),
        ("D@Throwaway.example", False, True, False),
        ("info@buyer.example", False, False, True),
        (None, None, None, None),
    ]
    kinds = ("free_mail", "disposable_mail", "role_address")
    for email, *expected in addresses:
        facts = judge(session, lead_of(session, email=email).id, data).facts
        assert [facts[kind] for kind in kinds] == expected, email


def test_all_that_wait_are_judged_and_nobody_else(session: Session) -> None:
    waiting = {lead_of(session).id for _ in range(3)}
    lead_of(session, place="closed", place_reason="gone")
    found = list(evaluate(session, 1, agreement_from_content(content()), lead_ids=None, as_of=NOW))
    assert {judged.lead_id for judged in found} == waiting


def test_a_lead_alone_is_judged_as_among_all(session: Session) -> None:
    leads = [lead_of(session, employees=number * 20) for number in range(8)]
    for number, lead in enumerate(leads):
        touch(session, lead, days=number)
    agreement = agreement_from_content(content())
    everyone = {
        judged.lead_id: judged
        for judged in evaluate(session, 1, agreement, lead_ids=None, as_of=NOW)
    }
    assert everyone == {lead.id: judge(session, lead.id) for lead in leads}


def test_no_lead_gives_nothing_and_many_ids_stream(session: Session) -> None:
    agreement = agreement_from_content(content())
    lead = lead_of(session)
    assert list(evaluate(session, 1, agreement, lead_ids=[], as_of=NOW)) == []
    many = [lead.id, *range(10_000, 10_000 + STREAM_ABOVE)]
    found = list(evaluate(session, 1, agreement, lead_ids=many, as_of=NOW))
    assert [judged.lead_id for judged in found] == [lead.id]


def test_the_instant_of_the_evaluation_is_kept(session: Session) -> None:
    as_of: datetime = NOW + timedelta(microseconds=7)
    assert judge(session, lead_of(session).id, as_of=as_of).as_of == as_of
