"""Rejections, a committee, and what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from baton.domain.oversight import Miss, Stratum
from baton.store.review_cases import open_reviews
from baton.store.review_draws import Sampling, draw_reviews
from baton.store.reviews import Recorded, Said, record_review
from tests.factories import AGREEMENT, make_rep, make_returned

APRIL = datetime(2025, 4, 1, tzinfo=UTC)
WORDS = {"criterion": "decides", "proposal": "Whoever signs decides."}


def with_routing(**credits_: bool) -> dict[str, Any]:
    """An agreement under which rejections are credited, or as `credits_` say."""
    return AGREEMENT | {"routing": {"credits": credits_}}


def draw(
    session: Session,
    *,
    seed: int | None = 1,
    ratio: float = 0.25,
    minimum: int = 1,
    strata: tuple[Stratum, ...] = (),
    at: datetime = APRIL,
) -> list[UUID]:
    sampling = Sampling(ratio, minimum, strata)
    return draw_reviews(session, period="2025-03", seed=seed, sampling=sampling, at=at)


def some_rejections(session: Session, number: int = 8) -> list[UUID]:
    return sorted(make_returned(session).id for _ in range(number))


def a_case(session: Session, **values: Any) -> int:
    """A drawn rejection."""
    make_returned(session, **values)
    draw(session)
    return open_reviews(session)[0].id


def says(
    session: Session,
    review_id: int,
    miss: Miss = Miss.SALES,
    *,
    by: str | None = None,
    at: datetime = APRIL,
    **words: str,
) -> Recorded:
    """Have a reviewer, or a new one, say whose miss it was."""
    chosen = {"follow_up": "Talk it over."} | (WORDS if miss is Miss.DEFINITION else {}) | words
    email = by or make_rep(session, "REVIEWER").email
    return record_review(session, review_id, Said(miss, **chosen), reviewer_email=email, at=at)


def decide(session: Session, review_id: int, miss: Miss = Miss.SALES, **values: Any) -> Recorded:
    """Have two reviewers say the same."""
    says(session, review_id, miss, **values)
    return says(session, review_id, miss, **values)
