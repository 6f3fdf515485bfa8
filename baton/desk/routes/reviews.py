"""Oversight: the cases that reviewers judge, their verdicts, and what came of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import EmailStr

from baton.desk.access import RuntimeOf
from baton.desk.bodies import VerdictBody
from baton.store.review_cases import OpenReview, open_review, open_reviews
from baton.store.review_draws import period_before
from baton.store.review_reports import ReviewReport, review_report
from baton.store.reviews import Recorded, Said, record_review

router = APIRouter(prefix="/reviews", tags=["reviews"])
MOST_MONTHS = 120


@router.get("")
def list_open(runtime: RuntimeOf, by: EmailStr | None = None) -> list[OpenReview]:
    """List the cases that are not decided, or those that this reviewer may still judge.

    Nothing in them says who did what, or what another reviewer says.
    """
    with runtime.transaction() as session:
        return open_reviews(session, reviewer_email=by)


@router.get("/report")
def report(
    runtime: RuntimeOf,
    month: str | None = None,
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS)] = 1,
) -> ReviewReport:
    """Return what the committee found in a month (YYYY-MM), or in some up to it; no persons."""
    with runtime.transaction() as session:
        period = month or period_before(runtime.clock.now())
        return review_report(session, period, months=months)


@router.get("/{review_id}")
def show(runtime: RuntimeOf, review_id: int) -> OpenReview:
    """Show one case that is not decided."""
    with runtime.transaction() as session:
        return open_review(session, review_id)


@router.post("/{review_id}/verdicts")
def record(runtime: RuntimeOf, review_id: int, body: VerdictBody) -> Recorded:
    """Record what one reviewer says; two judge a case, and a third where they differ."""
    said = Said(body.miss, body.follow_up, body.criterion, body.proposal)
    with runtime.transaction() as session:
        return record_review(
            session, review_id, said, reviewer_email=body.by, at=runtime.clock.now()
        )
