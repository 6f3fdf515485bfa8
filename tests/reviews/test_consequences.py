"""What follows from a finding: the lead re-enters, credit moves, the agreement may change (E3)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.oversight import SENTENCES, Consequence, Miss
from baton.store.health import where_leads_are
from baton.store.merging import ToMerge, merge_leads
from baton.store.opt_outs import record_opt_out
from baton.store.routing import give_credit
from baton.store.tables import (
    HandOff,
    Lead,
    Review,
    RouteCounter,
    RouteCredit,
    StatusChange,
)
from baton.store.waiting_leads import waiting_leads
from tests.factories import (
    AGREEMENT,
    NOW,
    make_agreement,
    make_hand_off,
    make_lead,
    make_returned,
)
from tests.reviews.cases import APRIL, a_case, decide, says, with_routing


def the_hand_off(session: Session) -> HandOff:
    return session.scalars(select(HandOff).order_by(HandOff.opened_at).limit(1)).one()


def given(session: Session) -> list[int]:
    """How many leads count against each AE's share, less credits."""
    return list(session.scalars(select(RouteCounter.given)))


def credited(session: Session, reason: str = "not_met") -> int:
    """A case whose AE had a credit when the lead went back."""
    make_agreement(session, with_routing())
    review_id = a_case(session)
    assert give_credit(session, the_hand_off(session), reason=reason, at=NOW)
    return review_id


def test_a_lead_that_fitted_waits_again_and_is_judged_anew(session: Session) -> None:
    lead = make_lead(session, qualified_at=NOW)
    review_id = a_case(session, lead=lead)
    owner = lead.owner_id
    assert waiting_leads(session, after=0, size=9) == []
    assert decide(session, review_id).came_of_it[0] is Consequence.LEAD_WAITS
    session.refresh(lead)
    assert (lead.place, lead.status, lead.owner_id) == ("waiting", "nurture", owner)
    assert (lead.check_in_on, lead.place_reason) == (None, "the committee found that it fitted")
    assert waiting_leads(session, after=0, size=9) == [lead.id]
    change = session.scalars(select(StatusChange)).one()
    assert (change.by, change.from_place, change.to_place) == ("committee", "nurture", "waiting")
    assert (change.hand_off_id, change.at) == (the_hand_off(session).id, APRIL)
    assert where_leads_are(session).difference == 0


def test_nothing_follows_before_it_is_decided(session: Session) -> None:
    review_id = credited(session)
    for miss in (Miss.SALES, Miss.MARKETING):
        assert says(session, review_id, miss).came_of_it == ()
    assert session.scalars(select(Lead.place)).all() == ["nurture"]
    assert given(session) == [-1]


def test_a_lead_that_opted_out_is_left_alone(session: Session) -> None:
    lead = make_lead(session, phone_e164="+4930123456")
    review_id = a_case(session, lead=lead)
    record_opt_out(session, "+4930123456", channel="phone", source="test", reason="", at=NOW)
    assert decide(session, review_id).came_of_it[0] is Consequence.LEAD_OPTED_OUT
    assert lead.place == "nurture"


def test_a_lead_that_is_handed_over_again_stays_there(session: Session) -> None:
    lead = make_lead(session)
    review_id = a_case(session, lead=lead)
    make_hand_off(session, lead=lead, at=NOW + timedelta(days=5))
    assert decide(session, review_id).came_of_it[0] is Consequence.LEAD_WENT_ON
    assert lead.place == "hand_off"
    assert where_leads_are(session).difference == 0


def test_a_lead_that_came_back_another_time_stays_in_nurture(session: Session) -> None:
    """What the second AE said of it was not looked at."""
    lead = make_lead(session)
    review_id = a_case(session, lead=lead)
    make_returned(session, lead=lead, at=NOW + timedelta(days=40))
    assert decide(session, review_id).came_of_it[0] is Consequence.LEAD_WENT_ON
    assert lead.place == "nurture"


@pytest.mark.parametrize("is_newer", [True, False])
def test_of_a_lead_that_was_merged_since_the_kept_one_waits(
    session: Session, is_newer: bool
) -> None:
    kept = make_lead(session, place="nurture", status="nurture", check_in_on=date(2030, 1, 1))
    if is_newer:
        make_returned(session, lead=kept, at=NOW + timedelta(days=40))
    dropped = make_lead(session)
    review_id = a_case(session, lead=dropped)
    merge_leads(session, [ToMerge(dropped.id, kept.id, ("the same",))], by="test", at=APRIL)
    session.expire_all()
    expected = Consequence.LEAD_WENT_ON if is_newer else Consequence.LEAD_WAITS
    assert decide(session, review_id).came_of_it[0] is expected
    assert (kept.place, dropped.place) == ("nurture" if is_newer else "waiting", "closed")
    assert where_leads_are(session).difference == 0


def test_the_credit_for_a_lead_that_fitted_is_taken_back_once(session: Session) -> None:
    review_id = credited(session)
    assert given(session) == [-1]
    assert decide(session, review_id).came_of_it[1] is Consequence.CREDIT_WITHDRAWN
    assert given(session) == [0]
    credit = session.scalars(select(RouteCredit)).one()
    assert (credit.reason, credit.withdrawn_at) == ("not_met", APRIL)
    assert not give_credit(session, the_hand_off(session), reason="not_met", at=APRIL)
    assert given(session) == [0]


@pytest.mark.parametrize("reason", [None, "no_show"])
def test_what_was_not_credited_for_the_rejection_is_not_taken_back(
    session: Session, reason: str | None
) -> None:
    review_id = credited(session, reason) if reason else a_case(session)
    before = given(session)
    assert decide(session, review_id).came_of_it[1] is Consequence.NO_CREDIT
    assert given(session) == before


@pytest.mark.parametrize(
    ("agreement", "consequence", "counts"),
    [
        (with_routing(), Consequence.CREDIT_GIVEN, [-1]),
        (with_routing(review=False), Consequence.NO_CREDIT, []),
        (AGREEMENT, Consequence.NO_CREDIT, []),
    ],
)
def test_an_ae_has_a_credit_for_a_lead_that_did_not_fit_where_that_is_agreed(
    session: Session, agreement: dict[str, object], consequence: Consequence, counts: list[int]
) -> None:
    make_agreement(session, agreement)
    review_id = a_case(session)
    assert decide(session, review_id, Miss.MARKETING).came_of_it == (consequence,)
    assert given(session) == counts
    assert session.scalars(select(Lead.place)).all() == ["nurture"]


def test_a_credit_that_the_ae_has_stands(session: Session) -> None:
    review_id = credited(session)
    came_of_it = decide(session, review_id, Miss.MARKETING).came_of_it
    assert came_of_it == (Consequence.CREDIT_STANDS,)
    assert given(session) == [-1]


@pytest.mark.parametrize(
    ("miss", "came_of_it"), [(Miss.DEFINITION, (Consequence.PROPOSAL,)), (Miss.NOBODY, ())]
)
def test_where_the_definition_or_nobody_is_to_blame_the_lead_stays(
    session: Session, miss: Miss, came_of_it: tuple[Consequence, ...]
) -> None:
    review_id = credited(session)
    assert decide(session, review_id, miss).came_of_it == came_of_it
    assert session.scalars(select(Lead.place)).all() == ["nurture"]
    assert given(session) == [-1]
    assert session.get_one(Review, review_id).came_of_it == list(came_of_it)


def test_every_consequence_can_be_said() -> None:
    assert set(SENTENCES) == set(Consequence)
