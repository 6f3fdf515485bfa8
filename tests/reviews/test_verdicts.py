"""Two reviewers judge a case, each for themselves; a third decides where they differ (E3)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from baton.domain.oversight import Miss
from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.reviews import Recorded
from baton.store.tables import HandOff, Rep, Review, ReviewVerdict
from tests.factories import make_rep
from tests.invariants.guards import allows, holds_by, refuses
from tests.reviews.cases import APRIL, a_case, decide, says


def test_two_who_agree_decide(session: Session) -> None:
    review_id = a_case(session)
    first = says(session, review_id, Miss.NOBODY)
    assert (first.given, first.finding) == (1, None)
    assert session.get_one(Review, review_id).decided_at is None
    assert says(session, review_id, Miss.NOBODY) == Recorded(review_id, 2, Miss.NOBODY, ())
    review = session.get_one(Review, review_id)
    assert (review.miss, review.fitted, review.decided_at) == ("nobody", False, APRIL)


@pytest.mark.parametrize("third", list(Miss))
def test_where_two_differ_a_third_decides(session: Session, third: Miss) -> None:
    review_id = a_case(session)
    says(session, review_id, Miss.MARKETING)
    second = says(session, review_id, Miss.SALES)
    assert (second.given, second.finding, second.came_of_it) == (2, None, ())
    decided = says(session, review_id, third)
    assert (decided.given, decided.finding) == (3, third)
    said = select(ReviewVerdict.miss).order_by(ReviewVerdict.seat)
    assert session.scalars(said).all() == ["marketing", "sales", third]
    assert session.get_one(Review, review_id).fitted is third.fitted


def test_a_finding_stands(session: Session) -> None:
    review_id = a_case(session)
    decide(session, review_id)
    with pytest.raises(RefusedError, match="decided on 2025-04-01"):
        says(session, review_id, Miss.MARKETING)


def test_nobody_judges_a_case_twice(session: Session) -> None:
    review_id = a_case(session)
    email = make_rep(session, "REVIEWER").email
    says(session, review_id, by=email.upper())
    with pytest.raises(RefusedError, match="has judged review"):
        says(session, review_id, by=email)


@pytest.mark.parametrize("role", ["SDR", "AE", "MANAGER", "APPROVER"])
def test_people_with_a_stake_do_not_review(session: Session, role: str) -> None:
    review_id = a_case(session)
    with pytest.raises(RefusedError, match="no active REVIEWER"):
        says(session, review_id, by=make_rep(session, role).email)


def test_strangers_and_former_reviewers_do_not_review(session: Session) -> None:
    review_id = a_case(session)
    former = make_rep(session, "REVIEWER")
    former.is_active = False
    for email in ("stranger@seller.example", former.email):
        with pytest.raises(RefusedError, match="no active REVIEWER"):
            says(session, review_id, by=email)


def of_hand_off(session: Session, whose: str) -> Rep:
    """Make the SDR, the AE, or the manager of one of them a reviewer."""
    hand_off = session.scalars(select(HandOff)).one()
    rep = session.get_one(Rep, hand_off.sdr_id if "sdr" in whose else hand_off.ae_id)
    if "manager" in whose:
        rep.manager_id = make_rep(session, "REVIEWER").id
        return session.get_one(Rep, rep.manager_id)
    rep.role = "REVIEWER"
    return rep


@pytest.mark.parametrize("whose", ["sdr", "ae", "manager of the sdr", "manager of the ae"])
def test_who_had_to_do_with_the_lead_does_not_judge_it(session: Session, whose: str) -> None:
    review_id = a_case(session)
    involved = of_hand_off(session, whose)
    with pytest.raises(RefusedError, match="had to do with the lead"):
        says(session, review_id, by=involved.email)
    refuses(session, SAYS, "no reviewer without a stake", review=review_id, by=involved.id)


def test_a_verdict_says_what_follows_and_a_definition_what_it_should_say(session: Session) -> None:
    review_id = a_case(session)
    with pytest.raises(InputError, match="what follows"):
        says(session, review_id, follow_up="  ")
    with pytest.raises(InputError, match="one of fits-our-market, decides, not 'budget'"):
        says(session, review_id, Miss.DEFINITION, criterion="budget")
    with pytest.raises(InputError, match="should say of 'decides'"):
        says(session, review_id, Miss.DEFINITION, proposal=" ")
    with pytest.raises(InputError, match="belongs to the miss 'definition'"):
        says(session, review_id, Miss.SALES, proposal="Say more.")
    with pytest.raises(NotFoundError, match="no review 999"):
        says(session, 999)
    assert session.scalars(select(ReviewVerdict)).all() == []


def test_two_who_judge_at_once_take_turns(database: Engine) -> None:
    with Session(database) as session, session.begin():
        review_id = a_case(session)
        emails = [make_rep(session, "REVIEWER").email for _ in range(4)]

    def one(email: str) -> Recorded | str:
        with Session(database) as session, session.begin():
            try:
                return says(session, review_id, by=email)
            except RefusedError as error:
                return str(error)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(one, emails))
    recorded = [each for each in told if isinstance(each, Recorded)]
    assert sorted(each.given for each in recorded) == [1, 2]
    assert sorted(each.finding or "" for each in recorded) == ["", "sales"]
    assert sum("a finding stands" in each for each in told if isinstance(each, str)) == 2


SAYS = (
    "insert into review_verdict (review_id, seat, reviewer_id, fitted, miss, follow_up, at)"
    " values (:review, 1, :by, true, 'sales', 'x', now())"
)
DECIDES = (
    "update review set miss = 'sales', fitted = true, decided_at = now() where id = {review_id}"
)


def test_the_database_lets_only_reviewers_judge(session: Session) -> None:
    review_id = a_case(session)
    by = make_rep(session, "APPROVER").id
    guard = "drop trigger guard_verdict on review_verdict"
    says_ = "no reviewer without a stake"
    holds_by(session, guard, violation=SAYS, says=says_, review=review_id, by=by)
    allows(session, SAYS, review=review_id, by=make_rep(session, "REVIEWER").id)


@pytest.mark.parametrize("seat", [0, 2, 3, 4])
def test_the_database_gives_seats_in_turn(session: Session, seat: int) -> None:
    review_id = a_case(session)
    by = make_rep(session, "REVIEWER").id
    says_ = SAYS.replace("1, :by", f"{seat}, :by")
    refuses(session, says_, f"has no seat {seat}", review=review_id, by=by)


def test_the_database_knows_no_third_where_two_agree(session: Session) -> None:
    review_id = a_case(session)
    for seat in (1, 2):
        values = {"review": review_id, "by": make_rep(session, "REVIEWER").id}
        session.execute(text(SAYS.replace("1, :by", f"{seat}, :by")), values)
    third = make_rep(session, "REVIEWER").id
    refuses(session, SAYS.replace("1, :by", "3, :by"), "has no seat 3", review=review_id, by=third)


def undecided(session: Session, review_id: int) -> None:
    says(session, review_id)


def differing(session: Session, review_id: int) -> None:
    says(session, review_id, Miss.SALES)
    says(session, review_id, Miss.MARKETING)


def nothing(session: Session, review_id: int) -> None:
    assert session.get_one(Review, review_id).miss is None


@pytest.mark.parametrize("before", [nothing, undecided, differing])
def test_the_database_knows_no_finding_that_nobody_agreed_on(
    session: Session, before: Callable[[Session, int], None]
) -> None:
    review_id = a_case(session)
    before(session, review_id)
    decides = DECIDES.format(review_id=review_id)
    refuses(session, decides, "is not decided so")


def test_the_database_changes_no_verdict_and_no_finding(session: Session) -> None:
    review_id = a_case(session)
    decide(session, review_id)
    refuses(session, "update review_verdict set miss = 'marketing'", "append-only")
    refuses(session, "delete from review_verdict", "append-only")
    refuses(session, "update review set miss = 'marketing'", "the finding of review .* stands")
    refuses(session, DECIDES.format(review_id=review_id), "the finding of review .* stands")
