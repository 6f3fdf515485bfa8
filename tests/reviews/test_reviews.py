from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.reviews import (
    Miss,
    agreed_sampling,
    draw_reviews,
    open_reviews,
    period_before,
    record_review,
    review_report,
)
from baton.store.tables import Review
from tests.factories import (
    NOW,
    make_agreement,
    make_judgement,
    make_lead,
    make_rep,
    make_returned,
    make_transferred,
)

APRIL = datetime(2025, 4, 1, tzinfo=UTC)


def draw(
    session: Session,
    *,
    seed: int | None = 1,
    ratio: float = 0.25,
    minimum: int = 1,
    at: datetime = APRIL,
) -> list[UUID]:
    return draw_reviews(
        session, period="2025-03", seed=seed, sample_ratio=ratio, minimum=minimum, at=at
    )


def some_rejections(session: Session, number: int = 8) -> list[UUID]:
    return sorted(make_returned(session).id for _ in range(number))


@pytest.mark.parametrize(
    ("ratio", "minimum", "size"), [(0.25, 1, 2), (0.3, 1, 3), (0.01, 5, 5), (1, 1, 8), (0.1, 99, 8)]
)
def test_the_sample_has_the_agreed_size(
    session: Session, ratio: float, minimum: int, size: int
) -> None:
    rejections = some_rejections(session)
    drawn = draw(session, ratio=ratio, minimum=minimum)
    assert len(set(drawn)) == size
    assert set(drawn) <= set(rejections)


def test_a_seed_draws_the_same_again_and_another_seed_does_not(session: Session) -> None:
    some_rejections(session, 12)
    session.commit()
    samples = []
    for seed in (1, 1, 2, 3):
        samples.append(draw(session, seed=seed, ratio=0.5))
        session.rollback()
    assert samples[0] == samples[1]
    assert len({tuple(sample) for sample in samples}) == 3


def test_twice_is_once(session: Session) -> None:
    some_rejections(session)
    first = draw(session, seed=1)
    assert draw(session, seed=2) == first
    assert session.scalar(select(func.count()).select_from(Review)) == len(first)


def test_two_draws_at_once_are_one(database: Engine) -> None:
    with Session(database) as session, session.begin():
        some_rejections(session)

    def one(seed: int) -> list[UUID]:
        with Session(database) as session, session.begin():
            return draw(session, seed=seed)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, (1, 2))
    assert first == second


def test_a_seed_that_nobody_gave_is_kept(session: Session) -> None:
    some_rejections(session)
    first = draw(session, seed=None)
    seed = session.scalars(select(Review.seed)).first()
    session.query(Review).delete()
    assert draw(session, seed=seed) == first


def test_only_the_months_rejections_are_drawn(session: Session) -> None:
    make_transferred(session)
    make_returned(session, kind="no_show", unmet=(), feedback="")
    make_returned(session, at=datetime(2025, 2, 26, 23, 59, tzinfo=UTC))
    make_returned(session, at=APRIL - timedelta(days=2))
    first = make_returned(session, at=datetime(2025, 2, 27, tzinfo=UTC))
    assert draw(session, ratio=1) == [first.id]


def test_a_month_without_rejections_has_nothing_to_review(session: Session) -> None:
    assert draw(session) == []


def test_a_month_that_is_not_over_is_refused(session: Session) -> None:
    with pytest.raises(RefusedError, match="from 2025-04-01"):
        draw(session, at=APRIL - timedelta(seconds=1))


@pytest.mark.parametrize("period", ["2025-13", "March", "2025-3", "0000-01", "9999-12", ""])
def test_what_is_no_month_is_refused(session: Session, period: str) -> None:
    with pytest.raises(InputError, match="YYYY-MM"):
        draw_reviews(session, period=period, seed=1, sample_ratio=1, minimum=1, at=APRIL)


@pytest.mark.parametrize(
    ("at", "period"),
    [(datetime(2025, 1, 31, tzinfo=UTC), "2024-12"), (APRIL, "2025-03"), (NOW, "2025-02")],
)
def test_the_month_before(at: datetime, period: str) -> None:
    assert period_before(at) == period


def test_the_agreement_says_how_many(session: Session) -> None:
    with pytest.raises(NotFoundError, match="baton agreement sign"):
        agreed_sampling(session)
    make_agreement(session)
    sampling = agreed_sampling(session)
    assert (sampling.ratio, sampling.minimum) == (0.5, 2)


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
    for name in ("Anna", "Haddad", ae.email, sdr.email):
        assert name not in repr(case)


def record(
    session: Session,
    review_id: int,
    reviewer: str,
    *,
    miss: Miss = "sales",
    fitted: bool = True,
    follow_up: str = "Talk it over.",
) -> None:
    record_review(
        session,
        review_id,
        reviewer_email=reviewer,
        fitted=fitted,
        miss=miss,
        follow_up=follow_up,
        at=APRIL,
    )


def a_case(session: Session) -> int:
    make_returned(session)
    draw(session)
    return open_reviews(session)[0].id


def test_a_finding_is_recorded_and_closes_the_case(session: Session) -> None:
    review_id = a_case(session)
    reviewer = make_rep(session, "REVIEWER")
    record(session, review_id, reviewer.email.upper())
    review = session.get_one(Review, review_id)
    assert (review.reviewer_id, review.fitted, review.miss) == (reviewer.id, True, "sales")
    assert (review.follow_up, review.decided_at) == ("Talk it over.", APRIL)
    assert open_reviews(session) == []


def test_a_finding_stands(session: Session) -> None:
    review_id = a_case(session)
    reviewer = make_rep(session, "REVIEWER").email
    record(session, review_id, reviewer)
    with pytest.raises(RefusedError, match="decided on 2025-04-01"):
        record(session, review_id, reviewer, fitted=False)


@pytest.mark.parametrize("role", ["SDR", "AE", "MANAGER", "APPROVER"])
def test_people_with_a_stake_do_not_review(session: Session, role: str) -> None:
    review_id = a_case(session)
    with pytest.raises(RefusedError, match="no active REVIEWER"):
        record(session, review_id, make_rep(session, role).email)


def test_strangers_and_former_reviewers_do_not_review(session: Session) -> None:
    review_id = a_case(session)
    former = make_rep(session, "REVIEWER")
    former.is_active = False
    for email in ("stranger@seller.example", former.email):
        with pytest.raises(RefusedError, match="no active REVIEWER"):
            record(session, review_id, email)


def test_a_finding_says_what_follows_and_whose_miss(session: Session) -> None:
    review_id = a_case(session)
    reviewer = make_rep(session, "REVIEWER").email
    with pytest.raises(InputError, match="what follows"):
        record(session, review_id, reviewer, follow_up="  ")
    with pytest.raises(InputError, match="miss 'weather'"):
        record(session, review_id, reviewer, miss="weather")  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="no review 999"):
        record(session, 999, reviewer)


def test_the_committees_report_shows_patterns(session: Session) -> None:
    reviewer = make_rep(session, "REVIEWER").email
    for unmet in (("decides",), ("decides", "fits-our-market"), ("decides",)):
        make_returned(session, unmet=unmet)
    make_returned(session)
    draw(session, ratio=1)
    cases = open_reviews(session)
    for case, fitted, miss in zip(cases[:3], (True, False, False), Misses, strict=True):
        record(session, case.id, reviewer, fitted=fitted, miss=miss)
    report = review_report(session, "2025-03")
    assert (report.rejections, report.drawn, report.decided, report.fitted) == (4, 4, 3, 1)
    assert report.misses == {"sales": 1, "marketing": 1, "definition": 1, "nobody": 0}
    assert report.seed == 1
    assert report.patterns[0].criterion == "decides"
    assert (report.patterns[0].reviewed, report.patterns[0].fitted) == (3, 1)
    assert report.follow_ups == ("Talk it over.",) * 3


Misses: tuple[Miss, ...] = ("sales", "marketing", "definition")


def test_a_month_that_nobody_drew_is_a_report_too(session: Session) -> None:
    report = review_report(session, "2025-03")
    assert (report.seed, report.drawn, report.rejections, report.patterns) == (None, 0, 0, ())
