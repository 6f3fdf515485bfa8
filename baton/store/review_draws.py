"""The draw: which of a month's rejections the oversight committee sees (E4)."""

from __future__ import annotations

import math
import re
import secrets
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.domain.oversight import RATES_FROM, Stratum
from baton.domain.sampling import sample
from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.tables import Activation, AgreementVersion, Review

DECEMBER = 12
# A no-show comes back too, but nobody rejected it.
_REJECTED = text("""
    select h.id, h.agreement_id, o.unmet,
        coalesce(nullif(btrim(l.origin), ''), 'unknown') as source,
        coalesce(nullif(btrim(r.team), ''), 'no team') as team
    from hand_off h
    join lead l on l.id = h.lead_id
    cross join lateral (
        select o.unmet, o.rep_id from outcome o
        where o.hand_off_id = h.id and o.kind = 'not_met' order by o.id desc limit 1) o
    join rep r on r.id = o.rep_id
    where h.state = 'returned' and h.closed_at >= :since and h.closed_at < :until
""")
_CRITERIA = text("""
    select a.id, array(
        select c ->> 'id' from jsonb_array_elements(a.content -> 'sales_qualified') c)
    from agreement_version a where a.id = any(:ids)
""")


@dataclass(frozen=True, slots=True)
class Sampling:
    """What the agreement says of oversight.

    Attributes:
        ratio: The share of a month's rejections that is drawn.
        minimum: At least so many.
        strata: By what they are told apart; by nothing, if there is none.
        rates_from: Of a source or team with fewer judged cases no rate is told.
    """

    ratio: float
    minimum: int
    strata: tuple[Stratum, ...] = ()
    rates_from: int = RATES_FROM


@dataclass(frozen=True, slots=True)
class DrawnStratum:
    """Rejections of a month that are alike: how many there were, and how many were drawn."""

    period: str
    name: str
    rejections: int
    drawn: int


def period_before(at: datetime) -> str:
    """Return the calendar month (UTC) before the one that `at` is in, as `YYYY-MM`."""
    at = at.astimezone(UTC)
    return earlier(f"{at:%Y-%m}", 1)


def earlier(period: str, months: int) -> str:
    """Return the month that many months before, as `YYYY-MM`.

    Raises:
        InputError: The period is not a month, or there is none so long ago.
    """
    since, _ = month(period)
    year, before = divmod(since.year * DECEMBER + since.month - 1 - months, DECEMBER)
    if year < 1:
        raise InputError(f"There is no month {months} months before {period}.")
    return f"{year:04d}-{before + 1:02d}"


def month(period: str) -> tuple[datetime, datetime]:
    """Return the month's first instant and the first one after it (aware UTC).

    Raises:
        InputError: The period is not a month.
    """
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", period, flags=re.ASCII)
    if match is None or match[1] in ("0000", "9999"):
        raise InputError(f"{period!r} is not a month; write it as YYYY-MM, such as 2025-03.")
    year, number = int(match[1]), int(match[2])
    after = (year + 1, 1) if number == DECEMBER else (year, number + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)


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
    return Sampling(
        oversight["sample_ratio"],
        oversight["sample_minimum"],
        tuple(Stratum(name) for name in oversight.get("strata", ())),
        oversight.get("rates_from", RATES_FROM),
    )


def draw_reviews(
    session: Session, *, period: str, seed: int | None = None, sampling: Sampling, at: datetime
) -> list[uuid.UUID]:
    """Open a review for each rejection of the sample; a month is drawn once.

    The sample is the agreed share of the month's rejections, rounded up, and not less than the
    agreed minimum. Each stratum is in it, as far as there are places; `share_out` deals them.

    Args:
        session: Commits with the caller.
        period: The month, `YYYY-MM`, in UTC.
        seed: The same seed draws the same of the same rejections; None takes one from the operating
            system. It is stored with the reviews, so that anyone can draw again.
        sampling: How many, and by what they are told apart.
        at: Aware UTC instant of the draw.

    Returns:
        The hand-offs of the sample, by id; those drawn before if the month was drawn before.

    Raises:
        InputError: The period is not a month.
        RefusedError: The month is not over: rejections to come would never be drawn.
    """
    _, until = month(period)
    if at < until:
        raise RefusedError(
            f"The month {period} is not over; its rejections can be drawn from {until:%Y-%m-%d}."
        )
    # Two draws of one month take turns; the second finds what the first drew.
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended('review ' || :period, 0))"),
        {"period": period},
    )
    drawn = select(Review.hand_off_id).where(Review.period == period).order_by(Review.hand_off_id)
    if before := list(session.scalars(drawn)):
        return before
    strata = rejections(session, period, sampling.strata)
    size = max(sampling.minimum, math.ceil(sampling.ratio * len(strata)))
    seed = secrets.randbelow(2**31) if seed is None else seed
    chosen = sample(strata, size=size, seed=seed)
    sizes = Counter(strata.values())
    for hand_off_id in chosen:
        stratum = strata[hand_off_id]
        review = Review(period=period, seed=seed, hand_off_id=hand_off_id, drawn_at=at)
        review.stratum, review.stratum_size = stratum, sizes[stratum]
        session.add(review)
    session.flush()
    return chosen


def rejections(
    session: Session, period: str, strata: tuple[Stratum, ...] = ()
) -> dict[uuid.UUID, str]:
    """Return the month's rejections by hand-off, each with the name of its stratum.

    Raises:
        InputError: The period is not a month.
    """
    since, until = month(period)
    rows = session.execute(_REJECTED, {"since": since, "until": until}).mappings().all()
    versions = list({row["agreement_id"] for row in rows})
    found = session.execute(_CRITERIA, {"ids": versions})
    order = {version: {name: n for n, name in enumerate(names)} for version, names in found}

    def stratum_of(row: Any) -> str:
        ranks = order[row["agreement_id"]]
        known: dict[Stratum, str] = {
            Stratum.REASON: min(row["unmet"], key=lambda name: (ranks.get(name, len(ranks)), name)),
            Stratum.SOURCE: row["source"],
            Stratum.TEAM: row["team"],
        }
        return ", ".join(known[by] for by in strata) or "all"

    return {row["id"]: stratum_of(row) for row in rows}


def drawn_strata(session: Session, first: str, last: str) -> list[DrawnStratum]:
    """Return what was drawn in the months from the first to the last, by month and name.

    A stratum of which nothing was drawn is not among them, nor is a month of before there were any.
    """
    rows = session.execute(
        text("""
            select period, stratum, max(stratum_size), count(*) from review
            where period between :first and :last and stratum is not null
            group by period, stratum order by period, stratum
        """),
        {"first": first, "last": last},
    )
    return [DrawnStratum(*row) for row in rows]
