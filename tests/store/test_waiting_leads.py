from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.store.health import where_leads_are
from baton.store.opt_outs import record_opt_out
from baton.store.tables import Lead, StatusChange
from baton.store.waiting_leads import (
    Reasons,
    lock_waiting,
    prepare_waiting,
    ready_leads,
    settle,
    waiting_leads,
)
from tests.factories import NOW, make_lead
from tests.store.judged_leads import DAY, NOT_QUALIFIED, judged, nurtured, place_of


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
    values = NOT_QUALIFIED | {"is_marketing_qualified": False}
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
        judged(rows, lead, fit_tenths=10 * points, warmth_tenths=0)
    judged(rows, leads[0], fit_tenths=0, warmth_tenths=500)
    judged(rows, leads[3], **NOT_QUALIFIED)
    leads[2].place, leads[2].place_reason = "closed", "gone"
    rows.flush()
    assert list(ready_leads(rows, most=10)) == [leads[0].id, leads[1].id]
    assert list(ready_leads(rows, most=1)) == [leads[0].id]


def test_only_who_waits_is_locked(rows: Session) -> None:
    leads = [make_lead(rows).id for _ in range(2)]
    elsewhere = nurtured(rows).id
    assert list(lock_waiting(rows, [elsewhere, *reversed(leads), 10**9])) == leads
