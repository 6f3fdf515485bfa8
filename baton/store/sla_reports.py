"""What became of promises: by promise and team in a period, and of one lead."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.reports import Figures


class SlaFigures(Figures):
    """One promise of one team in a period.

    Attributes:
        sla: Its name for Baton; `quota` for marketing's leads a month.
        name: What people call it, by the newest version that has it.
        team: Who owed it.
        kept: Fulfilled in time, in the period.
        breached: Due in the period and not fulfilled by then.
        open: Begun before the period's end, and neither by then.
        kept_ratio: kept / (kept + breached); None without any.
        median_minutes: Minutes to fulfilment, also late, as the promise counts; None without any.
        p90_minutes: The same for the slowest tenth.
    """

    sla: str
    name: str
    team: str
    kept: int
    breached: int
    open: int
    kept_ratio: float | None
    median_minutes: float | None
    p90_minutes: float | None


class FirstTouches(Figures):
    """How soon sales tried to reach the leads that it got in a period.

    Attributes:
        judged: Promises of a first touch that were kept or fell due in the period.
        in_time_ratio: How many of them were kept; None without any.
        median_minutes: Minutes to the first touch, also late, as the promises count.
    """

    judged: int
    in_time_ratio: float | None
    median_minutes: float | None


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise about one lead; instants are aware UTC.

    Attributes:
        sla: Its name for Baton.
        hand_off_id: The hand-off that it belongs to.
        responsible: Mail address of who owes it.
        since: When its clock started.
        due_at: When it was due.
        state: open, kept, breached or cancelled.
        fulfilled_at: When it was fulfilled, in time or late.
        took_minutes: How long that took, as the promise counts.
        acted: How many reminders and steps of the escalation are done.
        why: Why it was cancelled, or is measured no further.
    """

    sla: str
    hand_off_id: uuid.UUID
    responsible: str
    since: datetime
    due_at: datetime
    state: str
    fulfilled_at: datetime | None
    took_minutes: float | None
    acted: int
    why: str


# A promise counts in the period in which it was kept or fell due, as waits do in the funnel.
_FIGURES = text("""
with judged as (
    select p.sla, p.team, p.agreement_id, p.took_minutes,
        p.state = 'kept' and p.fulfilled_at >= :since and p.fulfilled_at < :until as is_kept,
        p.state = 'breached' and p.due_at >= :since and p.due_at < :until as is_breached,
        p.since < :until and (p.state = 'open'
            or p.state = 'kept' and p.fulfilled_at >= :until
            or p.state = 'breached' and p.due_at >= :until) as is_open
    from promise p
    where p.state <> 'cancelled' and p.since < :until
        and (p.due_at >= :since or p.state = 'open')
)
select j.sla, j.team,
    coalesce((
        select one.definition ->> 'name' from agreement_version a
        cross join lateral jsonb_array_elements(a.content -> 'slas') one (definition)
        where a.id = max(j.agreement_id) and one.definition ->> 'id' = j.sla),
        'Sales-qualified leads a month') as name,
    count(*) filter (where is_kept) as kept,
    count(*) filter (where is_breached) as breached,
    count(*) filter (where is_open) as open,
    count(*) filter (where is_kept)::float
        / nullif(count(*) filter (where is_kept or is_breached), 0) as kept_ratio,
    percentile_cont(0.5) within group (order by j.took_minutes)
        filter (where is_kept or is_breached) as median_minutes,
    percentile_cont(0.9) within group (order by j.took_minutes)
        filter (where is_kept or is_breached) as p90_minutes
from judged j
where is_kept or is_breached or is_open
group by j.sla, j.team
order by j.sla, j.team
""")

_FIRST_TOUCHES = text("""
select count(*) as judged, avg((p.state = 'kept')::int)::float as in_time_ratio,
    percentile_cont(0.5) within group (order by p.took_minutes) as median_minutes
from promise p
join agreement_version a on a.id = p.agreement_id
where (p.state = 'kept' and p.fulfilled_at >= :since and p.fulfilled_at < :until
        or p.state = 'breached' and p.due_at >= :since and p.due_at < :until)
    and a.content -> 'slas' @> jsonb_build_array(
        jsonb_build_object('id', p.sla, 'owed_by', 'ae', 'until', 'first_touch'))
""")

_OF_LEAD = text("""
select p.sla, p.hand_off_id, r.email as responsible, p.since, p.due_at, p.state, p.fulfilled_at,
    p.took_minutes, p.acted, p.why
from promise p
join hand_off h on h.id = p.hand_off_id
join rep r on r.id = p.responsible_id
where h.lead_id = :lead_id
order by p.since, p.id
""")


def sla_figures(session: Session, *, since: datetime, until: datetime) -> list[SlaFigures]:
    """Return what became of the promises of a period, by promise and team.

    Args:
        session: Any session; only read from.
        since: Aware UTC instant; the period's beginning.
        until: Aware UTC instant; its end, which does not belong to it. Not later than now.
    """
    rows = session.execute(_FIGURES, {"since": since, "until": until}).mappings()
    return [SlaFigures(**row) for row in rows]


def first_touches(session: Session, *, since: datetime, until: datetime) -> FirstTouches:
    """Return how the promises of a first touch by the AE were kept, whatever they are called.

    Args:
        session: Any session; only read from.
        since: Aware UTC instant; the period's beginning.
        until: Aware UTC instant; its end, which does not belong to it. Not later than now.
    """
    row = session.execute(_FIRST_TOUCHES, {"since": since, "until": until}).mappings().one()
    return FirstTouches(**row)


def promises_of_lead(session: Session, lead_id: int) -> list[PromiseView]:
    """Return every promise about the lead, in the order in which they began."""
    return [
        PromiseView(**row) for row in session.execute(_OF_LEAD, {"lead_id": lead_id}).mappings()
    ]
