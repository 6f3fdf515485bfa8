from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from baton.store.reports import Report, funnel_report, report_tables
from baton.store.tables import Lead
from tests.factories import (
    NOW,
    make_hand_off,
    make_lead,
    make_returned,
    make_touch,
    make_transferred,
    make_wait,
)

SINCE, UNTIL = NOW - timedelta(days=10), NOW + timedelta(days=10)


def the_report(session: Session) -> Report:
    return funnel_report(session, since=SINCE, until=UNTIL)


def test_nothing_happened_is_a_report_too(session: Session) -> None:
    report = the_report(session)
    assert report.acceptance_ratio is None
    assert report.speed_to_lead.median_minutes is None
    assert (report.hand_offs, report.sources, report.promises) == ({}, (), ())


def test_acceptance_is_what_sales_took_of_what_it_saw(session: Session) -> None:
    for _ in range(3):
        make_transferred(session)
    make_returned(session)
    make_hand_off(session)
    make_transferred(session, at=SINCE - timedelta(days=5))
    report = the_report(session)
    assert (report.transferred, report.returned) == (3, 1)
    assert report.acceptance_ratio == 0.75
    assert report.hand_offs == {"open": 1, "returned": 1, "transferred": 3}


def test_the_period_takes_its_beginning_and_leaves_its_end(session: Session) -> None:
    make_transferred(session, at=NOW)
    end = NOW + timedelta(days=2)
    assert funnel_report(session, since=end, until=end + timedelta(1)).transferred == 1
    assert funnel_report(session, since=SINCE, until=end).transferred == 0


def test_speed_counts_from_the_last_touch_before_the_hand_off(session: Session) -> None:
    for minutes in (0, 10, 20):
        lead = make_lead(session, at=NOW - timedelta(days=1))
        make_touch(session, lead, at=NOW - timedelta(hours=5))
        make_touch(session, lead, at=NOW - timedelta(minutes=5))
        make_touch(session, lead, at=NOW + timedelta(minutes=1))
        make_hand_off(session, lead=lead, introduced_at=NOW + timedelta(minutes=minutes))
    speed = the_report(session).speed_to_lead
    assert speed.introductions == 3
    assert speed.median_minutes == pytest.approx(15)
    assert speed.p90_minutes == pytest.approx(23)


def test_speed_counts_from_when_we_knew_the_lead(session: Session) -> None:
    lead = make_lead(session, at=NOW - timedelta(minutes=3))
    make_touch(session, lead, at=NOW - timedelta(days=300))
    make_hand_off(session, lead=lead, introduced_at=NOW)
    assert the_report(session).speed_to_lead.median_minutes == pytest.approx(3)


def test_conversion_is_told_by_source(session: Session) -> None:
    make_transferred(session, lead=make_lead(session, origin="webinar"))
    make_returned(session, lead=make_lead(session, origin="webinar"))
    make_lead(session, origin="webinar")
    make_lead(session, origin="webinar")
    make_lead(session, origin=" ")
    make_lead(session, origin="old", at=SINCE - timedelta(days=1))
    sources = the_report(session).sources
    assert [(s.source, s.leads, s.handed_off, s.transferred) for s in sources] == [
        ("webinar", 4, 2, 1),
        ("unknown", 1, 0, 0),
    ]
    assert sources[0].conversion_ratio == 0.25


def test_a_lead_handed_off_twice_is_one_lead(session: Session) -> None:
    first = make_returned(session, lead=make_lead(session, origin="ads"))
    lead = session.get_one(Lead, first.lead_id)
    make_transferred(session, lead=lead, at=NOW + timedelta(days=3))
    [source] = the_report(session).sources
    assert (source.leads, source.handed_off, source.transferred) == (1, 1, 1)


def test_reasons_are_counted_by_criterion_with_its_name(session: Session) -> None:
    make_returned(session, unmet=("decides",))
    make_returned(session, unmet=("decides", "fits-our-market"))
    make_returned(session, unmet=("gone-from-the-agreement",))
    make_returned(session, kind="no_show", unmet=(), feedback="")
    rejections = the_report(session).rejections
    assert [(r.criterion, r.name, r.rejections) for r in rejections] == [
        ("decides", "We talk to someone who decides", 2),
        ("fits-our-market", "The company fits our market", 1),
        ("gone-from-the-agreement", "gone-from-the-agreement", 1),
    ]
    assert rejections[0].ratio == pytest.approx(2 / 3)


def decided(minutes: int) -> dict[str, Any]:
    return {
        "state": "decided",
        "decision": "yes",
        "decided_by": "Kim",
        "decided_at": NOW + timedelta(minutes=minutes),
    }


def test_promises_are_kept_overdue_or_open(session: Session) -> None:
    for values in (
        decided(60),
        decided(61),
        {**decided(60), "state": "expired", "decision": "return"},
        {},
        {"due_at": UNTIL + timedelta(days=1)},
        {"state": "cancelled"},
        {"due_at": UNTIL + timedelta(days=1), **decided(5)},
    ):
        make_wait(session, make_hand_off(session), "contact", **values)
    [promise] = the_report(session).promises
    assert (promise.kind, promise.kept, promise.overdue, promise.open) == ("contact", 2, 3, 1)
    assert promise.kept_ratio == pytest.approx(0.4)


def test_a_promise_belongs_to_the_period_in_which_its_fate_was_known(session: Session) -> None:
    make_wait(session, make_hand_off(session), "outcome", **decided(5))
    later = funnel_report(session, since=NOW + timedelta(minutes=30), until=UNTIL)
    assert later.promises == ()


def test_the_report_is_plain_data_without_persons(session: Session) -> None:
    hand_off = make_returned(session, feedback="Sam said no")
    make_wait(session, make_hand_off(session), "contact")
    report = the_report(session)
    written = json.dumps(report.model_dump(mode="json")) + json.dumps(report_tables(report))
    lead = session.get_one(Lead, hand_off.lead_id)
    for personal in (lead.email, lead.family_name, "Sam", "seller.example"):
        assert personal is not None
        assert personal not in written
    assert Report.model_validate_json(report.model_dump_json()) == report
