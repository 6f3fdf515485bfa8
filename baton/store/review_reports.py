"""What the committee found: rates with their uncertainty, and never a person (E4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from baton.domain.oversight import RATES_FROM, RATES_FROM_PEOPLE, Consequence, Miss
from baton.domain.rates import Counted, too_few, wilson
from baton.errors import NotFoundError
from baton.store.review_draws import (
    DrawnStratum,
    agreed_sampling,
    drawn_strata,
    earlier,
    rejections,
)
from baton.store.reviewers import involved, masked

_DECIDED = text("""
    select v.id, v.period, v.hand_off_id, v.fitted, v.miss, v.came_of_it, o.unmet, o.rep_id,
        coalesce(nullif(btrim(l.origin), ''), 'unknown') as source,
        coalesce(nullif(btrim(r.team), ''), 'no team') as team,
        (select jsonb_object_agg(c ->> 'id', c -> 'name')
            from jsonb_array_elements(a.content -> 'sales_qualified') c) as criteria
    from review v
    join hand_off h on h.id = v.hand_off_id
    join lead l on l.id = h.lead_id
    join agreement_version a on a.id = h.agreement_id
    join lateral (
        select o.unmet, o.rep_id from outcome o
        where o.hand_off_id = h.id and o.kind = 'not_met' order by o.id desc limit 1) o on true
    join rep r on r.id = o.rep_id
    where v.period between :first and :last and v.decided_at is not null
    order by v.period, v.id
""")
_DRAWN = text("""
    select v.period, v.seed, v.decided_at is not null as is_decided,
        (select count(*) from review_verdict s where s.review_id = v.id) as given
    from review v where v.period between :first and :last order by v.period, v.id
""")
# What the committee found, not what a single reviewer said against it.
_SAID = text("""
    select s.review_id, s.follow_up, s.criterion, s.proposal
    from review_verdict s join review v on v.id = s.review_id and v.miss = s.miss
    where v.period between :first and :last and v.decided_at is not null
    order by v.period, v.id, s.seat
""")


class _Figures(BaseModel):
    model_config = ConfigDict(frozen=True)


class OverturnRate(_Figures):
    """How often the committee found that a rejected lead fitted after all.

    Attributes:
        name: Of which cases.
        judged: How many were judged; None, like all that follows, where they are too few to tell.
        overturned: How many of them fitted.
        ratio: Their share, 0 to 1.
        low: The lower end of its 95 % interval (Wilson), 0 to 1.
        high: The upper end.
    """

    name: str
    judged: int | None
    overturned: int | None
    ratio: float | None
    low: float | None
    high: float | None


class Proposal(_Figures):
    """What the agreement should say, where the committee found that it is not clear."""

    period: str
    criterion: str
    name: str
    proposal: str


class ReviewReport(_Figures):
    """What the committee found in a month, or in some months that end with it.

    Attributes:
        period: The month, or the last of them.
        months: How many.
        seeds: The draw's seed by month; a month that was not drawn has none.
        strata: How many of which kind were drawn.
        differing: Cases in which two differ, and a third has not decided.
        total: The rate of all cases.
        by_reason: By the criterion found unmet; a case with two of them is in both.
        by_source: By where the lead came from.
        by_team: By the team of the AE.
        came_of_it: How often a finding had which consequence.
        proposals: For the agreement.
        follow_ups: What follows, in the reviewers' words; our own people are masked.
    """

    period: str
    months: int
    seeds: dict[str, int]
    strata: tuple[DrawnStratum, ...]
    rejections: int
    drawn: int
    decided: int
    differing: int
    misses: dict[Miss, int]
    total: OverturnRate
    by_reason: tuple[OverturnRate, ...]
    by_source: tuple[OverturnRate, ...]
    by_team: tuple[OverturnRate, ...]
    rates_from: int
    came_of_it: dict[Consequence, int]
    proposals: tuple[Proposal, ...]
    follow_ups: tuple[str, ...]


def review_report(session: Session, period: str, *, months: int = 1) -> ReviewReport:
    """Return what the committee found, with the patterns in it.

    Args:
        session: Only reads.
        period: The month (`YYYY-MM`), or the last of them.
        months: How many months.

    Raises:
        InputError: The period is not a month.
    """
    periods = [earlier(period, back) for back in reversed(range(months))]
    span = {"first": periods[0], "last": period}
    drawn = session.execute(_DRAWN, span).all()
    decided = session.execute(_DECIDED, span).mappings().all()
    proposals, follow_ups = _words(session, decided, span)
    from_ = _rates_from(session)
    misses = Counter(row["miss"] for row in decided)
    came_of_it = Counter(one for row in decided for one in row["came_of_it"])
    return ReviewReport(
        period=period,
        months=months,
        seeds={row.period: row.seed for row in drawn},
        strata=tuple(drawn_strata(session, **span)),
        rejections=sum(len(rejections(session, one)) for one in periods),
        drawn=len(drawn),
        decided=len(decided),
        differing=sum(not row.is_decided and row.given > 1 for row in drawn),
        misses={miss: misses[miss] for miss in Miss},
        total=_rate(_counted("all", decided)),
        by_reason=_rates(_groups(decided, _reasons)),
        by_source=_rates(_groups(decided, lambda row: [row["source"]]), cases=from_),
        by_team=_rates(
            _groups(decided, lambda row: [row["team"]]), cases=from_, people=RATES_FROM_PEOPLE
        ),
        rates_from=from_,
        came_of_it={one: came_of_it[one] for one in Consequence if came_of_it[one]},
        proposals=proposals,
        follow_ups=follow_ups,
    )


def _rates_from(session: Session) -> int:
    try:
        return agreed_sampling(session).rates_from
    except NotFoundError:
        return RATES_FROM


def _reasons(row: RowMapping) -> list[str]:
    return [row["criteria"].get(criterion, criterion) for criterion in row["unmet"]]


def _groups(
    rows: Iterable[RowMapping], names_of: Callable[[RowMapping], Iterable[str]]
) -> list[Counted]:
    cases: dict[str, list[RowMapping]] = {}
    for row in rows:
        for name in names_of(row):
            cases.setdefault(name, []).append(row)
    return [_counted(name, cases[name]) for name in sorted(cases)]


def _counted(name: str, rows: Sequence[RowMapping]) -> Counted:
    overturned = sum(bool(row["fitted"]) for row in rows)
    return Counted(name, len(rows), overturned, frozenset(row["rep_id"] for row in rows))


def _rates(
    groups: Sequence[Counted], *, cases: int = 0, people: int = 0
) -> tuple[OverturnRate, ...]:
    """Return the groups' rates in their order, which ranks nobody."""
    hidden = too_few(groups, cases=cases, people=people)
    return tuple(_rate(group, is_told=group.name not in hidden) for group in groups)


def _rate(group: Counted, *, is_told: bool = True) -> OverturnRate:
    told: dict[str, Any] = dict.fromkeys(("judged", "overturned", "ratio", "low", "high"))
    if is_told:
        told |= {"judged": group.cases, "overturned": group.hits}
    if is_told and group.cases:
        low, high = wilson(group.hits, group.cases)
        told |= {"ratio": group.hits / group.cases, "low": low, "high": high}
    return OverturnRate(name=group.name, **told)


def _words(
    session: Session, decided: Sequence[RowMapping], span: dict[str, str]
) -> tuple[tuple[Proposal, ...], tuple[str, ...]]:
    """Return proposals and follow-ups; whoever is named in them stays unnamed."""
    cases = {row["id"]: row for row in decided}
    colleagues = {key: involved(session, row["hand_off_id"]) for key, row in cases.items()}
    proposals, follow_ups = [], []
    for row in session.execute(_SAID, span):
        case, reps = cases[row.review_id], colleagues[row.review_id]
        follow_ups.append(masked(row.follow_up, reps))
        if row.criterion is not None:
            name = case["criteria"].get(row.criterion, row.criterion)
            said = masked(row.proposal, reps)
            proposals.append(
                Proposal(period=case["period"], criterion=row.criterion, name=name, proposal=said)
            )
    return tuple(proposals), tuple(follow_ups)
