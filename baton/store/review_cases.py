"""The cases that the committee judges, blind to who did what (E3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, select
from sqlalchemy.orm import Session

from baton.domain.meeting import OutcomeKind
from baton.errors import NotFoundError
from baton.store.judgements import KeptJudgement, latest_judgement
from baton.store.reviewers import active_reviewer, involved, masked
from baton.store.tables import AgreementVersion, HandOff, Outcome, Rep, Review, ReviewVerdict

_VERDICTS = {True: "met", False: "unmet", None: "unknown"}


@dataclass(frozen=True, slots=True)
class JudgedCriterion:
    """A criterion as agreed, and its two verdicts: `met`, `unmet` or `unknown`.

    Attributes:
        judged: What the agreement said before the hand-off.
        said: What the AE said after the meeting.
    """

    id: str
    name: str
    met_when: str
    judged: str
    said: str


@dataclass(frozen=True, slots=True)
class OpenReview:
    """A case to judge, blind to who passed the lead on and who rejected it.

    Nor does it tell what another reviewer says of it.

    Attributes:
        given: How many reviewers have judged it; two who differ, if it is 2.
        facts: What the agreement saw of the lead when it qualified.
        criteria: The agreed definition, with the AE's verdicts.
        feedback: The AE's words; names and addresses of our own people are masked.
    """

    id: int
    period: str
    given: int
    facts: dict[str, Any]
    criteria: tuple[JudgedCriterion, ...]
    feedback: str


def open_reviews(session: Session, *, reviewer_email: str | None = None) -> list[OpenReview]:
    """Return the cases that are not decided, oldest first, without who did or said what.

    Args:
        session: Only reads.
        reviewer_email: Only those that this reviewer may still judge.

    Raises:
        RefusedError: The person is not an active reviewer.
    """
    wanted: list[ColumnElement[bool]] = [Review.decided_at.is_(None)]
    if reviewer_email is not None:
        reviewer = active_reviewer(session, reviewer_email)
        judged = exists().where(
            ReviewVerdict.review_id == Review.id, ReviewVerdict.reviewer_id == reviewer.id
        )
        theirs = select(func.involved_in(Review.hand_off_id)).correlate(Review)
        wanted += [~judged, literal(reviewer.id).not_in(theirs)]
    return _cases(session, wanted)


def open_review(session: Session, review_id: int) -> OpenReview:
    """Return a case that is not decided, as `open_reviews` does.

    Raises:
        NotFoundError: There is no such case, or it is decided.
    """
    found = _cases(session, [Review.decided_at.is_(None), Review.id == review_id])
    if not found:
        raise NotFoundError(f"There is no review {review_id} that is open.")
    return found[0]


def _cases(session: Session, wanted: Iterable[ColumnElement[bool]]) -> list[OpenReview]:
    given = select(func.count()).where(ReviewVerdict.review_id == Review.id).scalar_subquery()
    rows = session.execute(
        select(Review, HandOff, Outcome, AgreementVersion.content, given)
        .join(HandOff, HandOff.id == Review.hand_off_id)
        .join(Outcome, (Outcome.hand_off_id == HandOff.id) & (Outcome.kind == OutcomeKind.NOT_MET))
        .join(AgreementVersion, AgreementVersion.id == HandOff.agreement_id)
        .where(*wanted)
        .order_by(Review.period, Review.id)
    )
    return [
        _case(
            (review, number),
            outcome,
            content,
            _judged(session, hand_off),
            involved(session, hand_off.id),
        )
        for review, hand_off, outcome, content, number in rows
    ]


def _judged(session: Session, hand_off: HandOff) -> KeptJudgement | None:
    return latest_judgement(
        session,
        hand_off.lead_id,
        until=hand_off.closed_at,
        agreement_id=hand_off.agreement_id,
    )


def _case(
    case: tuple[Review, int],
    outcome: Outcome,
    content: dict[str, Any],
    judgement: KeptJudgement | None,
    colleagues: Iterable[Rep],
) -> OpenReview:
    review, given = case
    fit = len(content["scoring"]["fit"])
    verdicts = judgement.verdicts[fit:] if judgement else []
    ids = [one["id"] for one in content["sales_qualified"]]
    judged = dict(zip(ids, verdicts, strict=False))
    said = outcome.verdicts | dict.fromkeys(outcome.unmet, "unmet")
    return OpenReview(
        id=review.id,
        period=review.period,
        given=given,
        facts=_plain(judgement.facts()) if judgement else {},
        criteria=tuple(
            JudgedCriterion(
                id=one["id"],
                name=one["name"],
                met_when=one["met_when"],
                judged=_VERDICTS[judged.get(one["id"])],
                said=said.get(one["id"], "unknown"),
            )
            for one in content["sales_qualified"]
        ),
        feedback=masked(outcome.feedback, colleagues),
    )


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in facts.items()
        if value is not None
    }
