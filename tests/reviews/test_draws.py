"""The draw: of a month, once, by a seed, every kind of rejection in it (E4)."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from baton.domain.oversight import Stratum
from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.review_draws import (
    DrawnStratum,
    Sampling,
    agreed_sampling,
    draw_reviews,
    drawn_strata,
    earlier,
    period_before,
)
from baton.store.tables import Rep, Review
from tests.factories import (
    AGREEMENT,
    NOW,
    make_agreement,
    make_lead,
    make_rep,
    make_returned,
    make_transferred,
)
from tests.reviews.cases import APRIL, draw, some_rejections


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
        draw_reviews(session, period=period, seed=1, sampling=Sampling(1, 1), at=APRIL)


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
    assert agreed_sampling(session) == Sampling(0.5, 2, (), 10)
    also = {"strata": ["source", "team"], "rates_from": 5}
    make_agreement(session, AGREEMENT | {"oversight": AGREEMENT["oversight"] | also})
    assert agreed_sampling(session) == Sampling(0.5, 2, (Stratum.SOURCE, Stratum.TEAM), 5)


def test_months_are_counted_back_over_the_years() -> None:
    assert [earlier("2025-02", months) for months in (0, 1, 2, 14)] == [
        "2025-02",
        "2025-01",
        "2024-12",
        "2023-12",
    ]
    with pytest.raises(InputError, match="no month 5 months before"):
        earlier("0001-03", 5)


def strata_of(session: Session) -> Counter[str | None]:
    return Counter(session.scalars(select(Review.stratum)))


def test_every_reason_is_looked_at_and_the_first_of_several_counts(session: Session) -> None:
    for unmet in (("decides",), ("decides", "fits-our-market"), ("decides",), ("decides",)):
        make_returned(session, unmet=unmet)
    drawn = draw(session, minimum=3, strata=(Stratum.REASON,))
    # The agreement has "fits-our-market" first.
    assert strata_of(session) == {"decides": 2, "fits-our-market": 1}
    assert drawn_strata(session, "2025-03", "2025-03") == [
        DrawnStratum("2025-03", "decides", 3, 2),
        DrawnStratum("2025-03", "fits-our-market", 1, 1),
    ]
    assert drawn_strata(session, "2025-04", "2025-12") == []
    assert len(drawn) == 3


def test_rejections_are_told_apart_by_source_and_team(session: Session) -> None:
    for team, origin in (("dach", "fair"), ("dach", "fair"), ("dach", None), (None, "fair")):
        ae: Rep = make_rep(session, "AE")
        ae.team = team
        make_returned(session, ae=ae, lead=make_lead(session, origin=origin))
    draw(session, minimum=3, strata=(Stratum.SOURCE, Stratum.TEAM))
    assert strata_of(session) == {"fair, dach": 1, "unknown, dach": 1, "fair, no team": 1}


def test_a_seed_draws_the_same_of_the_same_strata(session: Session) -> None:
    for number in range(12):
        make_returned(session, unmet=("decides",) if number % 4 else ("fits-our-market",))
    session.commit()
    samples = []
    for seed in (1, 1, 2):
        samples.append(draw(session, seed=seed, ratio=0.5, strata=(Stratum.REASON,)))
        session.rollback()
    assert samples[0] == samples[1] != samples[2]
