"""Every month a random sample of the rejections goes to the oversight committee."""

from __future__ import annotations

from prefect import flow

from baton import runtime
from baton.store.reviews import agreed_sampling, draw_reviews, period_before


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
        sampling = agreed_sampling(session)
        drawn = draw_reviews(
            session,
            period=period or period_before(now),
            seed=seed,
            sample_ratio=sampling.ratio,
            minimum=sampling.minimum,
            at=now,
        )
    return [str(hand_off_id) for hand_off_id in drawn]
