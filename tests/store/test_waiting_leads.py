from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.store.health import where_leads_are
from baton.store.opt_outs import record_opt_out
from baton.store.tables import Lead, StatusChange
from baton.store.waiting_leads import (
    Reasons,
    lock_waiting,
    nurtured_span,
    prepare_waiting,
    ready_leads,
    settle,
    turned_leads,
    waiting_leads,
    wake_ready,
)
from tests.factories import (
    NOW,
    active_agreement,
    make_hand_off,
    make_judgement,
    make_judging,
    make_lead,
    make_returned,
    make_touch,
)

DAY = timedelta(days=1)


def place_of(session: Session, lead_id: int) -> tuple[str, str, str | None]:
    session.expire_all()
    lead = session.get_one(Lead, lead_id)
    return lead.place, lead.status, lead.place_reason


def test_whose_check_in_is_due_comes_back_on_that_day(rows: Session) -> None:
    on = date(2025, 3, 3)
    due = make_lead(rows, place="nurture", status="nurture", check_in_on=on).id
    later = make_lead(rows, place="nurture", check_in_on=date(2025, 3, 4)).id
    prepare_waiting(rows, at=datetime(2025, 3, 3, 0, 1, tzinfo=UTC))
    assert place_of(rows, due) == ("waiting", "nurture", "check-in is due")
    assert place_of(rows, later)[0] == "nurture"
    change = rows.scalars(select(StatusChange)).one()
    assert (change.lead_id, change.from_place, change.to_place) == (due, "nurture", "waiting")


def test_who_opted_out_by_mail_or_by_phone_is_closed(rows: Session) -> None:
    by_mail = make_lead(rows, email="no@buyer.example").id
    by_phone = make_lead(rows, phone_e164="+4930901820").id
    other = make_lead(rows).id
    for address, channel in (("no@buyer.example", "email"), ("+4930901820", "phone")):
        record_opt_out(rows, address, channel=channel, source="test", reason="", at=NOW)
    prepare_waiting(rows, at=NOW)
    for lead_id in (by_mail, by_phone):
        assert place_of(rows, lead_id) == ("closed", "disqualified", "opted out")
    assert list(waiting_leads(rows, after=0, size=10)) == [other]
    prepare_waiting(rows, at=NOW)
    assert len(rows.scalars(select(StatusChange)).all()) == 2


def test_waiting_leads_come_in_sets_by_id(rows: Session) -> None:
    ids = [make_lead(rows).id for _ in range(5)]
    assert list(waiting_leads(rows, after=0, size=3)) == ids[:3]
    assert list(waiting_leads(rows, after=ids[2], size=3)) == ids[3:]
    assert list(waiting_leads(rows, after=ids[-1], size=3)) == []


def nurtured(session: Session) -> Lead:
    return make_lead(session, place="nurture", check_in_on=date(2025, 6, 1))


def judged(session: Session, *leads: Lead, at: datetime = NOW, **values: Any) -> int:
    """One judging that says the same of all these leads; return its number."""
    version = active_agreement(session)
    number = make_judging(session, version, at=at)
    for lead in leads:
        make_judgement(session, lead, version, judging_id=number, **values)
    return number


NOT_QUALIFIED: dict[str, Any] = {
    "qualification": "not_qualified",
    "total_points": 8.5,
    "fit_points": 5,
}
NAMES = Reasons(["The company fits", "They decide"], [2, 3])


def settled(session: Session, number: int, *leads: Lead) -> int:
    ids = [lead.id for lead in leads]
    on = date(2025, 6, 1)
    return settle(session, number, ids, reasons=NAMES, check_in_on=on, at=NOW)


def test_who_does_not_qualify_is_nurtured_with_reason_and_date(rows: Session) -> None:
    lead, elsewhere = make_lead(rows), make_lead(rows, place="closed", place_reason="x")
    number = judged(rows, lead, elsewhere, verdicts=[False, False, None], **NOT_QUALIFIED)
    assert settled(rows, number, lead, elsewhere) == 1
    assert place_of(rows, lead.id) == (
        "nurture",
        "marketing_qualified",
        "not met: The company fits",
    )
    assert place_of(rows, elsewhere.id)[0] == "closed"
    assert rows.get_one(Lead, lead.id).check_in_on == date(2025, 6, 1)
    change = rows.scalars(select(StatusChange)).one()
    assert (change.from_place, change.to_place, change.by) == ("waiting", "nurture", "qualify")
    assert where_leads_are(rows).difference == 0


def test_whose_score_is_too_low_is_told_the_score(rows: Session) -> None:
    lead = make_lead(rows)
    values = NOT_QUALIFIED | {"warmth_points": 3.5, "is_marketing_qualified": False}
    number = judged(rows, lead, verdicts=[False, True, None], **values)
    settled(rows, number, lead)
    reason = "score 8.5 (fit 5, warmth 3.5) is below the agreed one"
    assert place_of(rows, lead.id) == ("nurture", "nurture", reason)


@pytest.mark.parametrize("said", ["qualified", "needs_answers"])
def test_who_is_ready_waits_on_and_is_judged_no_more_until_it_changes(
    rows: Session, said: str
) -> None:
    lead, fresh = make_lead(rows), make_lead(rows)
    assert settled(rows, judged(rows, lead, qualification=said), lead) == 0
    assert place_of(rows, lead.id)[0] == "waiting"
    assert list(waiting_leads(rows, after=0, size=10)) == [fresh.id]
    for before, due in ((NOW, [fresh.id]), (NOW + DAY, [lead.id, fresh.id])):
        assert list(waiting_leads(rows, after=0, size=10, judged_before=before)) == due
    assert list(ready_leads(rows, most=10)) == [lead.id]
    lead.changed_at = NOW + timedelta(seconds=1)
    rows.flush()
    assert list(waiting_leads(rows, after=0, size=10)) == [lead.id, fresh.id]
    assert list(ready_leads(rows, most=10)) == []


def test_the_warmest_are_ready_first_by_their_latest_judgement(rows: Session) -> None:
    leads = [make_lead(rows, qualified_at=NOW) for _ in range(4)]
    for lead, points in zip(leads, (20, 40, 30, 90), strict=True):
        judged(rows, lead, total_points=points)
    judged(rows, leads[0], total_points=50)
    judged(rows, leads[3], **NOT_QUALIFIED)
    leads[2].place, leads[2].place_reason = "closed", "gone"
    rows.flush()
    assert list(ready_leads(rows, most=10)) == [leads[0].id, leads[1].id]
    assert list(ready_leads(rows, most=1)) == [leads[0].id]


def test_only_who_waits_is_locked(rows: Session) -> None:
    leads = [make_lead(rows).id for _ in range(2)]
    elsewhere = nurtured(rows).id
    assert list(lock_waiting(rows, [elsewhere, *reversed(leads), 10**9])) == leads


def turned(session: Session, *ages: tuple[str | None, float]) -> list[int]:
    return list(turned_leads(session, ages, since=NOW - DAY, until=NOW))


def test_a_lead_turns_when_its_latest_judgement_holds_no_longer(rows: Session) -> None:
    leads = [nurtured(rows) for _ in range(6)]
    waits, goes = make_lead(rows, qualified_at=NOW), make_lead(rows)
    changed = make_lead(rows, qualified_at=NOW - DAY)
    days = (-1.0, 0.0, -0.5, -0.5, 0.1, -1.1)
    for lead, holds in zip(leads, days, strict=True):
        judged(rows, lead, at=NOW - DAY, holds_until=NOW + holds * DAY)
    judged(rows, waits, goes, changed, at=NOW - DAY, holds_until=NOW)
    judged(rows, leads[3], holds_until=None)
    make_hand_off(rows, lead=goes)
    returned = make_returned(rows).lead_id
    judged(rows, rows.get_one(Lead, returned), at=NOW - DAY, holds_until=NOW)
    assert turned(rows) == [leads[0].id, leads[1].id, leads[2].id, waits.id]


@pytest.mark.parametrize(
    ("days", "is_due"), [(13.99, False), (14.0, True), (14.5, True), (15.0, True), (15.01, False)]
)
def test_a_lead_turns_when_a_touch_comes_to_an_age_that_counts(
    rows: Session, days: float, is_due: bool
) -> None:
    lead = nurtured(rows)
    make_touch(rows, lead, at=NOW - days * DAY, kind="webinar")
    make_touch(rows, lead, at=NOW - 30 * DAY, kind="reply")
    expected = [lead.id] if is_due else []
    assert turned(rows, ("webinar", 14)) == expected
    assert turned(rows, (None, 14)) == expected
    assert turned(rows, ("reply", 14)) == []
    # The last touch of any kind counts, not one before it.
    assert turned(rows, (None, 30)) == []


@pytest.mark.parametrize(
    ("days", "is_due"), [(-1.0, False), (-0.5, True), (0.0, True), (0.1, False)]
)
def test_a_lead_turns_when_a_touch_comes_to_pass_that_was_entered_beforehand(
    rows: Session, days: float, is_due: bool
) -> None:
    lead = nurtured(rows)
    make_touch(rows, lead, at=NOW + days * DAY)
    assert turned(rows) == ([lead.id] if is_due else [])


def test_who_came_to_be_ready_in_nurture_waits_again(rows: Session) -> None:
    ready, not_yet, waits = nurtured(rows), nurtured(rows), make_lead(rows)
    returned = rows.get_one(Lead, make_returned(rows).lead_id)
    number = judged(rows, ready, waits, returned)
    make_judgement(rows, not_yet, active_agreement(rows), judging_id=number, **NOT_QUALIFIED)
    assert wake_ready(rows, number, (ready.id, returned.id), at=NOW) == 1
    assert place_of(rows, ready.id) == ("waiting", "new", "qualifies now")
    assert rows.get_one(Lead, ready.id).check_in_on is None
    assert [place_of(rows, lead.id)[0] for lead in (not_yet, returned)] == ["nurture", "nurture"]
    assert place_of(rows, waits.id)[2] is None
    assert list(ready_leads(rows, most=10)) == [ready.id]


def test_nurtured_leads_span_their_lowest_and_highest_id(rows: Session) -> None:
    assert nurtured_span(rows) is None
    make_lead(rows)
    first, _, last = nurtured(rows), make_lead(rows), nurtured(rows)
    make_lead(rows)
    assert nurtured_span(rows) == (first.id, last.id)
