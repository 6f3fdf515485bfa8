"""Every month a random sample of the rejections goes to the oversight committee."""

from __future__ import annotations

from prefect import flow, get_run_logger

from baton import runtime
from baton.domain.oversight import REVIEWERS
from baton.store.review_draws import agreed_sampling, draw_reviews, period_before
from baton.store.reviewers import active_reviewers


@flow
def review_rejections(period: str | None = None, seed: int | None = None) -> list[str]:
    """Draw a month's rejections for review, once.

    Args:
        period: The month as `YYYY-MM`; last month if None.
        seed: Makes the sample repeatable; one is drawn and kept if None.

    Returns:
        The ids of the hand-offs that are to be reviewed.
    """
    now = runtime.current().clock.now()
    with runtime.current().transaction() as session:
        drawn = draw_reviews(
            session,
            period=period or period_before(now),
            seed=seed,
            sampling=agreed_sampling(session),
            at=now,
        )
        reviewers = active_reviewers(session)
    if drawn and reviewers <= REVIEWERS:
        get_run_logger().warning(
            "%d reviewers judge a case, and a third where they differ; there are %d.",
            REVIEWERS,
            reviewers,
        )
    return [str(hand_off_id) for hand_off_id in drawn]
