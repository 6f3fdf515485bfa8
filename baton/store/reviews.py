"""Oversight: rejections judged by people without a stake, each for themselves (E3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.oversight import REVIEWERS, Consequence, Miss
from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.review_consequences import follow
from baton.store.reviewers import active_reviewer, involved
from baton.store.tables import AgreementVersion, HandOff, Rep, Review, ReviewVerdict


@dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer says of a case.

    Attributes:
        miss: Whose miss it was.
        follow_up: What follows, in words; not empty.
        criterion: Where the definition is not clear: which criterion, by id.
        proposal: Where it is not clear: what the agreement should say.
    """

    miss: Miss
    follow_up: str
    criterion: str | None = None
    proposal: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a case with a reviewer's verdict.

    Attributes:
        given: How many have judged it now.
        finding: Whose miss it was, once that is decided; else None.
        came_of_it: What the finding had for consequences.
    """

    review: int
    given: int
    finding: Miss | None
    came_of_it: tuple[Consequence, ...]


def record_review(
    session: Session, review_id: int, said: Said, *, reviewer_email: str, at: datetime
) -> Recorded:
    """Record what one reviewer says of a case; it stands once said.

    The case is decided when two say the same, or when a third has said it. Then what follows from
    it happens, in this transaction.

    Args:
        session: Commits with the caller.
        review_id: The case.
        said: What they say.
        reviewer_email: A rep with the role `REVIEWER`.
        at: Aware UTC instant.

    Raises:
        NotFoundError: No such review.
        InputError: The follow-up is empty, or the proposal is missing, or stands where the
            definition is clear, or is about no criterion of the agreement.
        RefusedError: The case is decided, or the person is not an active reviewer, has judged it
            before, or had to do with the hand-off.
    """
    review = session.get(Review, review_id, with_for_update=True, populate_existing=True)
    if review is None:
        raise NotFoundError(f"There is no review {review_id}.")
    if review.decided_at is not None:
        raise RefusedError(
            f"Review {review_id} was decided on {review.decided_at:%Y-%m-%d}; a finding stands."
        )
    before = session.scalars(
        select(ReviewVerdict)
        .where(ReviewVerdict.review_id == review_id)
        .order_by(ReviewVerdict.seat)
    ).all()
    reviewer = active_reviewer(session, reviewer_email)
    _check_stake(session, review, reviewer, before)
    hand_off = session.get_one(HandOff, review.hand_off_id)
    verdict = ReviewVerdict(
        review_id=review_id,
        seat=len(before) + 1,
        reviewer_id=reviewer.id,
        fitted=said.miss.fitted,
        miss=said.miss.value,
        at=at,
        **_words(session, hand_off, said),
    )
    session.add(verdict)
    session.flush()
    given = len(before) + 1
    agree = given == REVIEWERS and before[0].miss == verdict.miss
    if not agree and given <= REVIEWERS:
        return Recorded(review_id, given, None, ())
    came_of_it = follow(session, hand_off, said.miss, at=at)
    review.fitted, review.miss, review.decided_at = said.miss.fitted, said.miss.value, at
    review.came_of_it = [one.value for one in came_of_it]
    session.flush()
    return Recorded(review_id, given, said.miss, came_of_it)


def _check_stake(
    session: Session, review: Review, reviewer: Rep, before: Iterable[ReviewVerdict]
) -> None:
    """Refuse whoever judged the case already, or had to do with its hand-off."""
    if any(verdict.reviewer_id == reviewer.id for verdict in before):
        raise RefusedError(
            f"{reviewer.email} has judged review {review.id}; somebody else judges it now."
        )
    if reviewer in involved(session, review.hand_off_id):
        raise RefusedError(
            f"{reviewer.email} had to do with the lead of review {review.id}, or is the manager of "
            "somebody who had; somebody else judges it."
        )


def _words(session: Session, hand_off: HandOff, said: Said) -> dict[str, str | None]:
    """Return the reviewer's words as they are kept, checked."""
    follow_up, proposal = said.follow_up.strip(), (said.proposal or "").strip()
    if not follow_up:
        raise InputError("Say what follows from the review, even if it is 'nothing'.")
    if said.miss is not Miss.DEFINITION:
        if said.criterion or proposal:
            raise InputError("A proposal for the agreement belongs to the miss 'definition'.")
        return {"follow_up": follow_up}
    content = session.get_one(AgreementVersion, hand_off.agreement_id).content
    known = [one["id"] for one in content["sales_qualified"]]
    if said.criterion not in known:
        raise InputError(
            "Say which criterion is not clear: one of "
            f"{', '.join(known)}" + (f", not {said.criterion!r}." if said.criterion else ".")
        )
    if not proposal:
        raise InputError(f"Say what the agreement should say of {said.criterion!r}.")
    return {"follow_up": follow_up, "criterion": said.criterion, "proposal": proposal}
