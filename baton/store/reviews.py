"""Oversight: a random sample of a month's rejections, judged by people without a stake (E3, E4)."""

from __future__ import annotations

import math
import random
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict
from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session, aliased

from baton.domain.hand_off import HandOffState
from baton.domain.meeting import OutcomeKind
from baton.domain.rep import Role
from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.judgements import KeptJudgement, latest_judgement
from baton.store.routing import give_credit
from baton.store.tables import (
    Activation,
    AgreementVersion,
    HandOff,
    Outcome,
    Rep,
    Review,
)

Miss = Literal["sales", "marketing", "definition", "nobody"]
DECEMBER = 12
_VERDICTS = {True: "met", False: "unmet", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How many of a month's rejections the committee sees: a share, and at least so many."""

    ratio: float
    minimum: int


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
    """A case to judge, blind: nothing says who passed the lead on or who rejected it.

    Attributes:
        facts: What the agreement saw of the lead when it qualified.
        criteria: The agreed definition, with the AE's verdicts.
        feedback: The AE's words; names and addresses of our own people are masked.
    """

    id: int
    period: str
    hand_off_id: uuid.UUID
    facts: dict[str, Any]
    criteria: tuple[JudgedCriterion, ...]
    feedback: str


class CriterionPattern(BaseModel):
    """A criterion that rejections gave, and how often the committee saw it otherwise."""

    model_config = ConfigDict(frozen=True)

    criterion: str
    reviewed: int
    fitted: int


class ReviewReport(BaseModel):
    """What the committee found in a period; `seed` is None where nothing was drawn."""

    model_config = ConfigDict(frozen=True)

    period: str
    seed: int | None
    rejections: int
    drawn: int
    decided: int
    fitted: int
    misses: dict[Miss, int]
    patterns: tuple[CriterionPattern, ...]
    follow_ups: tuple[str, ...]


def period_before(at: datetime) -> str:
    """Return the calendar month (UTC) before the one that `at` is in, as `YYYY-MM`."""
    at = at.astimezone(UTC)
    year, month = (at.year - 1, DECEMBER) if at.month == 1 else (at.year, at.month - 1)
    return f"{year:04d}-{month:02d}"


def agreed_sampling(session: Session) -> Sampling:
    """Return what the active agreement says about oversight.

    Raises:
        NotFoundError: No agreement is active.
    """
    content = session.scalar(
        select(AgreementVersion.content)
        .join(Activation, Activation.agreement_id == AgreementVersion.id)
        .order_by(Activation.id.desc())
        .limit(1)
    )
    if content is None:
        raise NotFoundError("No agreement is active; sign one with 'baton agreement sign'.")
    oversight = content["oversight"]
    return Sampling(oversight["sample_ratio"], oversight["sample_minimum"])


def draw_reviews(
    session: Session,
    *,
    period: str,
    seed: int | None = None,
    sample_ratio: float,
    minimum: int,
    at: datetime,
) -> list[uuid.UUID]:
    """Open a review for each rejection of the sample; a month is drawn once.

    Args:
        session: Commits with the caller.
        period: The month, `YYYY-MM`, in UTC.
        seed: The same seed draws the same rejections; None takes one from the operating system.
            It is stored with the reviews, so that anyone can draw again.
        sample_ratio: Share of the month's rejections, rounded up.
        minimum: At least so many, if there are so many.
        at: Aware UTC instant of the draw.

    Returns:
        The hand-offs of the sample, by id; those drawn before if the month was drawn before.

    Raises:
        InputError: The period is not a month.
        RefusedError: The month is not over: rejections to come would never be drawn.
    """
    since, until = _month(period)
    if at < until:
        raise RefusedError(
            f"The month {period} is not over; its rejections can be drawn from {until:%Y-%m-%d}."
        )
    # Two draws of one month take turns; the second finds what the first drew.
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended('review ' || :period, 0))"),
        {"period": period},
    )
    drawn = _drawn(session, period)
    if drawn:
        return drawn
    rejected = _rejected(session, since, until)
    size = min(len(rejected), max(minimum, math.ceil(sample_ratio * len(rejected))))
    seed = secrets.randbelow(2**31) if seed is None else seed
    chosen = sorted(random.Random(seed).sample(rejected, size))  # noqa: S311 (to be repeatable)
    session.add_all(
        Review(period=period, seed=seed, hand_off_id=hand_off_id, drawn_at=at)
        for hand_off_id in chosen
    )
    session.flush()
    return chosen


def open_reviews(session: Session) -> list[OpenReview]:
    """Return the cases that nobody has judged, oldest first, without who did what."""
    ae, sdr = aliased(Rep), aliased(Rep)
    rows = session.execute(
        select(Review, HandOff, Outcome, AgreementVersion, ae, sdr)
        .join(HandOff, HandOff.id == Review.hand_off_id)
        .join(Outcome, (Outcome.hand_off_id == HandOff.id) & _is_rejection())
        .join(AgreementVersion, AgreementVersion.id == HandOff.agreement_id)
        .join(sdr, sdr.id == HandOff.sdr_id)
        .join(ae, ae.id == Outcome.rep_id)
        .where(Review.decided_at.is_(None))
        .order_by(Review.period, Review.id)
    )
    return [
        _case(review, outcome, version.content, _judged(session, hand_off), (ae_, sdr_))
        for review, hand_off, outcome, version, ae_, sdr_ in rows
    ]


def record_review(
    session: Session,
    review_id: int,
    *,
    reviewer_email: str,
    fitted: bool,
    miss: Miss,
    follow_up: str,
    at: datetime,
) -> None:
    """Record what the committee found; a finding stands once given.

    Args:
        session: Commits with the caller.
        review_id: The case.
        reviewer_email: A rep with the role `REVIEWER`.
        fitted: Whether the lead fitted the agreed definition.
        miss: Whose miss it was.
        follow_up: What follows, in words; not empty.
        at: Aware UTC instant.

    Raises:
        NotFoundError: No such review.
        InputError: The miss is unknown or the follow-up is empty.
        RefusedError: It was decided before, or the person is not an active reviewer.
    """
    if miss not in get_args(Miss):
        raise InputError(f"The miss {miss!r} is unknown; say one of {', '.join(get_args(Miss))}.")
    if not follow_up.strip():
        raise InputError("Say what follows from the review, even if it is 'nothing'.")
    review = session.get(Review, review_id, with_for_update=True, populate_existing=True)
    if review is None:
        raise NotFoundError(f"There is no review {review_id}.")
    if review.decided_at is not None:
        raise RefusedError(
            f"Review {review_id} was decided on {review.decided_at:%Y-%m-%d}; a finding stands."
        )
    reviewer = session.scalar(select(Rep).where(Rep.email == reviewer_email.strip().lower()))
    if reviewer is None or reviewer.role != Role.REVIEWER or not reviewer.is_active:
        raise RefusedError(
            f"{reviewer_email} is no active {Role.REVIEWER}; only people without a stake review."
        )
    review.reviewer_id = reviewer.id
    review.fitted = fitted
    review.miss = miss
    review.follow_up = follow_up.strip()
    review.decided_at = at
    session.flush()
    if not fitted and miss == "marketing":
        _credit(session, review, at=at)


def _credit(session: Session, review: Review, *, at: datetime) -> None:
    """Give the AE another lead for one that should not have come, where that is agreed."""
    hand_off = session.get_one(HandOff, review.hand_off_id)
    content = session.get_one(AgreementVersion, hand_off.agreement_id).content
    routing = content.get("routing")
    if routing is not None and routing.get("credits", {}).get("review", True):
        give_credit(session, hand_off, reason="review", at=at)


def review_report(session: Session, period: str) -> ReviewReport:
    """Return what the committee found in a month (`YYYY-MM`), and the patterns in it.

    Raises:
        InputError: The period is not a month.
    """
    since, until = _month(period)
    reviews = session.scalars(
        select(Review).where(Review.period == period).order_by(Review.id)
    ).all()
    decided = [review for review in reviews if review.decided_at is not None]
    misses: dict[Miss, int] = dict.fromkeys(get_args(Miss), 0)
    for name in get_args(Miss):
        misses[name] = sum(review.miss == name for review in decided)
    return ReviewReport(
        period=period,
        seed=reviews[0].seed if reviews else None,
        rejections=len(_rejected(session, since, until)),
        drawn=len(reviews),
        decided=len(decided),
        fitted=sum(bool(review.fitted) for review in decided),
        misses=misses,
        patterns=_patterns(session, period),
        follow_ups=tuple(review.follow_up or "" for review in decided),
    )


def _month(period: str) -> tuple[datetime, datetime]:
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", period)
    if match is None or match[1] in ("0000", "9999"):
        raise InputError(f"{period!r} is not a month; write it as YYYY-MM, such as 2025-03.")
    year, month = int(match[1]), int(match[2])
    after = (year + 1, 1) if month == DECEMBER else (year, month + 1)
    return datetime(year, month, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)


def _is_rejection() -> Any:
    return Outcome.kind == OutcomeKind.NOT_MET


def _rejected(session: Session, since: datetime, until: datetime) -> list[uuid.UUID]:
    # A no-show comes back too, but nobody rejected it.
    return list(
        session.scalars(
            select(HandOff.id)
            .where(
                HandOff.state == HandOffState.RETURNED,
                HandOff.closed_at >= since,
                HandOff.closed_at < until,
                exists().where(Outcome.hand_off_id == HandOff.id, _is_rejection()),
            )
            .order_by(HandOff.id)
        )
    )


def _drawn(session: Session, period: str) -> list[uuid.UUID]:
    return list(
        session.scalars(
            select(Review.hand_off_id).where(Review.period == period).order_by(Review.hand_off_id)
        )
    )


def _judged(session: Session, hand_off: HandOff) -> KeptJudgement | None:
    return latest_judgement(
        session,
        hand_off.lead_id,
        until=hand_off.closed_at,
        agreement_id=hand_off.agreement_id,
    )


def _case(
    review: Review,
    outcome: Outcome,
    content: dict[str, Any],
    judgement: KeptJudgement | None,
    colleagues: Iterable[Rep],
) -> OpenReview:
    fit = len(content["scoring"]["fit"])
    verdicts = judgement.verdicts[fit:] if judgement else []
    ids = [one["id"] for one in content["sales_qualified"]]
    judged = dict(zip(ids, verdicts, strict=False))
    said = outcome.verdicts | dict.fromkeys(outcome.unmet, "unmet")
    return OpenReview(
        id=review.id,
        period=review.period,
        hand_off_id=review.hand_off_id,
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
        feedback=_masked(outcome.feedback, colleagues),
    )


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: float(value) if isinstance(value, Decimal) else value
        for name, value in facts.items()
        if value is not None
    }


def _masked(words: str, reps: Iterable[Rep]) -> str:
    names = {part for rep in reps for part in (rep.email, rep.name, *rep.name.split())}
    # Short parts are also words ("An", "Jo"); the whole name is masked before its parts.
    for name in sorted((n for n in names if len(n) > 2), key=len, reverse=True):  # noqa: PLR2004
        words = re.sub(
            rf"(?<!\w){re.escape(name)}(?!\w)", "[colleague]", words, flags=re.IGNORECASE
        )
    return words


def _patterns(session: Session, period: str) -> tuple[CriterionPattern, ...]:
    rows = session.execute(
        text("""
            select u.criterion, count(*) as reviewed, count(*) filter (where r.fitted) as fitted
            from review r
            join outcome o on o.hand_off_id = r.hand_off_id and o.kind = 'not_met'
            cross join lateral unnest(o.unmet) as u(criterion)
            where r.period = :period and r.decided_at is not null
            group by u.criterion order by reviewed desc, u.criterion
        """),
        {"period": period},
    ).mappings()
    return tuple(CriterionPattern(**row) for row in rows)
