"""What a reviewer sees: the case, and neither who did what nor what others say of it (E3)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from baton.domain.oversight import Miss
from baton.errors import NotFoundError, RefusedError
from baton.store.review_cases import open_review, open_reviews
from tests.factories import (
    make_agreement,
    make_judgement,
    make_lead,
    make_rep,
    make_returned,
)
from tests.reviews.cases import a_case, decide, draw, says


def test_a_case_is_shown_without_who_did_what(session: Session) -> None:
    ae = make_rep(session, "AE", name="Anna van Doorn")
    sdr = make_rep(session, "SDR", name="Omar Haddad")
    lead = make_lead(session)
    make_judgement(
        session,
        lead,
        make_agreement(session),
        facts={"employees": 7},
        verdicts=[False, None, True],
    )
    make_returned(
        session,
        lead=lead,
        ae=ae,
        sdr=sdr,
        feedback=f"Haddad passed me an intern. Write to {ae.email}. Anna van Doorn, anna",
    )
    draw(session)
    [case] = open_reviews(session)
    assert case.facts == {"employees": 7}
    assert [(c.id, c.judged, c.said) for c in case.criteria] == [
        ("fits-our-market", "unknown", "met"),
        ("decides", "met", "unmet"),
    ]
    assert case.feedback == (
        "[colleague] passed me an intern. Write to [colleague]. [colleague], [colleague]"
    )
    assert open_review(session, case.id) == case
    for name in ("Anna", "Haddad", ae.email, sdr.email):
        assert name not in repr(case)


def test_managers_are_not_named_either(session: Session) -> None:
    ae = make_rep(session, "AE", name="Anna Doorn")
    ae.manager_id = make_rep(session, "MANAGER", name="Max Moor").id
    make_returned(session, ae=ae, feedback="Max Moor told me so.")
    draw(session)
    [case] = open_reviews(session)
    assert case.feedback == "[colleague] told me so."


def test_a_reviewer_sees_only_what_they_may_still_judge(session: Session) -> None:
    first, second = make_rep(session, "REVIEWER").email, make_rep(session, "REVIEWER").email
    third = make_rep(session, "REVIEWER")
    ae = make_rep(session, "AE")
    ae.manager_id = third.id
    review_id = a_case(session, ae=ae)

    def seen(email: str) -> list[int]:
        return [case.id for case in open_reviews(session, reviewer_email=email)]

    assert (seen(first), seen(second), seen(third.email)) == ([review_id], [review_id], [])
    says(session, review_id, by=first)
    assert (seen(first), seen(second)) == ([], [review_id])
    with pytest.raises(RefusedError, match="no active REVIEWER"):
        seen(ae.email)


def test_nobody_sees_what_another_said(session: Session) -> None:
    review_id = a_case(session)
    before = open_review(session, review_id)
    says(session, review_id, Miss.DEFINITION, follow_up="Write it down.")
    after = open_review(session, review_id)
    assert (before.given, after.given) == (0, 1)
    assert repr(before).replace("given=0", "given=1") == repr(after)


def test_what_is_decided_is_not_open(session: Session) -> None:
    review_id = a_case(session)
    decide(session, review_id)
    assert open_reviews(session) == []
    with pytest.raises(NotFoundError, match=f"no review {review_id} that is open"):
        open_review(session, review_id)
