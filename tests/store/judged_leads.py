"""Leads that wait or are in nurture, and what was said of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from baton.store.tables import Lead
from tests.factories import NOW, active_agreement, make_judgement, make_judging, make_lead

DAY = timedelta(days=1)


def place_of(session: Session, lead_id: int) -> tuple[str, str, str | None]:
    session.expire_all()
    lead = session.get_one(Lead, lead_id)
    return lead.place, lead.status, lead.place_reason


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
    "fit_tenths": 50,
    "warmth_tenths": 35,
}
