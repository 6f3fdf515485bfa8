from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.store.health import where_leads_are
from baton.store.opt_outs import record_opt_out
from baton.store.tables import Lead, StatusChange
from baton.store.waiting_leads import nurture_leads, prepare_waiting, waiting_leads
from tests.factories import NOW, make_lead


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


def test_who_does_not_qualify_is_nurtured_with_reason_and_date(rows: Session) -> None:
    lead, elsewhere = make_lead(rows).id, make_lead(rows, place="closed", place_reason="x").id
    judged = {lead: ("not met: size", "marketing_qualified"), elsewhere: ("no", "nurture")}
    nurture_leads(rows, judged, check_in_on=date(2025, 6, 1), at=NOW)
    assert place_of(rows, lead) == ("nurture", "marketing_qualified", "not met: size")
    assert place_of(rows, elsewhere)[0] == "closed"
    assert rows.get_one(Lead, lead).check_in_on == date(2025, 6, 1)
    assert where_leads_are(rows).difference == 0
