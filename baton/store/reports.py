"""How the funnel does: acceptance, speed, sources, reasons, promises. Aggregates only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.orm import Session


class Figures(BaseModel):
    """A part of the report; `model_dump(mode="json")` gives plain data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SpeedToLead(Figures):
    """Minutes from the lead's last sign of interest to the introduction; None without any."""

    introductions: int
    median_minutes: float | None
    p90_minutes: float | None


class SourceFigures(Figures):
    """What became of the leads of one origin that came in the period; ratios are 0 to 1."""

    source: str
    leads: int
    handed_off: int
    transferred: int
    conversion_ratio: float


class RejectionFigures(Figures):
    """How often a criterion was the reason; `ratio` is its share of the rejections."""

    criterion: str
    name: str
    rejections: int
    ratio: float


class PromiseFigures(Figures):
    """Promises of one kind of wait; `kept_ratio` is None where none fell due."""

    kind: str
    kept: int
    overdue: int
    open: int
    kept_ratio: float | None


class Report(Figures):
    """The period `since <= t < until`, both aware UTC instants.

    Attributes:
        hand_offs: Hand-offs opened in the period, by the state they are in now.
        transferred: Hand-offs that sales accepted in the period.
        returned: Hand-offs that came back to nurture in the period.
        acceptance_ratio: transferred / (transferred + returned); None without any.
    """

    since: datetime
    until: datetime
    hand_offs: dict[str, int]
    transferred: int
    returned: int
    acceptance_ratio: float | None
    speed_to_lead: SpeedToLead
    sources: tuple[SourceFigures, ...]
    rejections: tuple[RejectionFigures, ...]
    promises: tuple[PromiseFigures, ...]


_STATES = text("""
    select state, count(*) as hand_offs from hand_off
    where opened_at >= :since and opened_at < :until
    group by state order by state
""")

_ENDINGS = text("""
    select count(*) filter (where state = 'transferred') as transferred,
        count(*) filter (where state = 'returned') as returned
    from hand_off where closed_at >= :since and closed_at < :until
""")

# The clock starts with the lead's last touch before the hand-off, but not before we knew the lead.
_SPEED = text("""
    select count(*) as introductions,
        percentile_cont(0.5) within group (order by s.minutes) as median_minutes,
        percentile_cont(0.9) within group (order by s.minutes) as p90_minutes
    from (
        select extract(epoch from
            h.introduced_at - greatest(least(l.created_at, h.opened_at), t.at)) / 60 as minutes
        from hand_off h
        join lead l on l.id = h.lead_id
        left join lateral (
            select max(at) as at from touch
            where lead_id = h.lead_id and at <= h.opened_at) t on true
        where h.introduced_at >= :since and h.introduced_at < :until) s
""")

_SOURCES = text("""
    select coalesce(nullif(btrim(l.origin), ''), 'unknown') as source,
        count(*) as leads,
        count(*) filter (where h.hand_offs > 0) as handed_off,
        count(*) filter (where h.transferred > 0) as transferred,
        count(*) filter (where h.transferred > 0)::float / count(*) as conversion_ratio
    from lead l
    left join (
        select lead_id, count(*) as hand_offs,
            count(*) filter (where state = 'transferred') as transferred
        from hand_off group by lead_id) h on h.lead_id = l.id
    where l.created_at >= :since and l.created_at < :until
    group by 1 order by leads desc, source
""")

_REJECTIONS = text("""
    with rejection as (
        select o.id, o.unmet, a.content
        from outcome o
        join hand_off h on h.id = o.hand_off_id
        join agreement_version a on a.id = h.agreement_id
        where o.kind = 'not_met' and o.at >= :since and o.at < :until)
    select u.criterion,
        coalesce(max(c.definition ->> 'name'), u.criterion) as name,
        count(distinct r.id) as rejections,
        count(distinct r.id)::float / (select count(*) from rejection) as ratio
    from rejection r
    cross join lateral unnest(r.unmet) as u(criterion)
    left join lateral jsonb_array_elements(r.content -> 'sales_qualified') as c(definition)
        on c.definition ->> 'id' = u.criterion
    group by u.criterion order by rejections desc, u.criterion
""")

# A promise counts in the period in which it was kept or fell due, whichever came first.
_PROMISES = text("""
    select kind, kept, overdue, open, kept::float / nullif(kept + overdue, 0) as kept_ratio
    from (
        select kind,
            count(*) filter (where is_known and is_kept) as kept,
            count(*) filter (where is_known and not is_kept) as overdue,
            count(*) filter (where due_at >= :until and opened_at < :until
                and (decided_at is null or decided_at >= :until)) as open
        from (
            select kind, due_at, opened_at, decided_at,
                coalesce(state = 'decided' and decided_at <= due_at, false) as is_kept,
                least(decided_at, due_at) >= :since
                    and least(decided_at, due_at) < :until as is_known
            from wait where state <> 'cancelled' and decision is distinct from 'replaced') w
        group by kind) p
    where kept + overdue + open > 0
    order by kind
""")


def funnel_report(session: Session, *, since: datetime, until: datetime) -> Report:
    """Return the figures of a period.

    Args:
        session: Any session; only read from.
        since: Aware UTC instant; the period's beginning.
        until: Aware UTC instant; its end, which does not belong to it. Not later than now: a
            promise that falls due before it and is open counts as overdue.
    """
    endings = _one(session, _ENDINGS, since, until)
    decided = endings["transferred"] + endings["returned"]
    return Report(
        since=since,
        until=until,
        hand_offs={row["state"]: row["hand_offs"] for row in _rows(session, _STATES, since, until)},
        **endings,
        acceptance_ratio=endings["transferred"] / decided if decided else None,
        speed_to_lead=SpeedToLead(**_one(session, _SPEED, since, until)),
        sources=tuple(SourceFigures(**row) for row in _rows(session, _SOURCES, since, until)),
        rejections=tuple(
            RejectionFigures(**row) for row in _rows(session, _REJECTIONS, since, until)
        ),
        promises=tuple(PromiseFigures(**row) for row in _rows(session, _PROMISES, since, until)),
    )


def report_tables(report: Report) -> dict[str, list[dict[str, Any]]]:
    """Return the report as tables by name, each a list of rows; for artifacts and terminals."""
    return {
        "summary": [
            {"figure": "transferred", "value": report.transferred},
            {"figure": "returned", "value": report.returned},
            {"figure": "acceptance ratio", "value": report.acceptance_ratio},
            {"figure": "introductions", "value": report.speed_to_lead.introductions},
            {"figure": "speed to lead, median min", "value": report.speed_to_lead.median_minutes},
            {"figure": "speed to lead, p90 min", "value": report.speed_to_lead.p90_minutes},
        ],
        "hand-offs": [{"state": s, "hand_offs": n} for s, n in report.hand_offs.items()],
        "sources": [row.model_dump() for row in report.sources],
        "rejections": [row.model_dump() for row in report.rejections],
        "promises": [row.model_dump() for row in report.promises],
    }


def _rows(
    session: Session, statement: TextClause, since: datetime, until: datetime
) -> list[RowMapping]:
    return list(session.execute(statement, {"since": since, "until": until}).mappings())


def _one(
    session: Session, statement: TextClause, since: datetime, until: datetime
) -> dict[str, Any]:
    return dict(session.execute(statement, {"since": since, "until": until}).mappings().one())
