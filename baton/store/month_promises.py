"""Marketing's number of sales-qualified leads a month, promised and judged at the month's end."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.domain.promise import PromiseState
from baton.domain.rep import Team
from baton.store.tables import PromiseRow

QUOTA = "quota"

_QUALIFIED = "to_status = 'sales_qualified' and from_status <> 'sales_qualified'"
_NTH = text(f"""
select at from status_change
where {_QUALIFIED} and at >= :since and at < :until
order by at, id offset :before limit 1
""")  # noqa: S608 (a constant)
_BY_DAY = text(f"""
select cast(at at time zone 'UTC' as date) as day, count(*) as leads from status_change
where {_QUALIFIED} and at < :until group by day order by day
""")  # noqa: S608 (a constant)


def month_of(at: datetime) -> tuple[datetime, datetime]:
    """Return the first instant of the month that `at` lies in, and of the next one; aware UTC."""
    first = datetime(at.year, at.month, 1, tzinfo=UTC)
    over = at.month == 12  # noqa: PLR2004 (December)
    return first, datetime(at.year + over, at.month % 12 + 1, 1, tzinfo=UTC)


def begin_month(session: Session, agreement_id: int, leads: int, *, at: datetime) -> bool:
    """Open the promise of the month that `at` (aware UTC) lies in, once; return whether it is new.

    A version that is activated within the month promises its number from the next month on.
    """
    since, due_at = month_of(at.astimezone(UTC))
    is_there = select(PromiseRow.id).where(PromiseRow.sla == QUOTA, PromiseRow.since == since)
    if session.scalar(is_there) is not None:
        return False
    new = session.scalar(
        insert(PromiseRow)
        .values(
            agreement_id=agreement_id,
            sla=QUOTA,
            occurrence=f"{since:%Y-%m}",
            team=Team.MARKETING.value,
            since=since,
            due_at=due_at,
            opened_at=at,
            next_at=due_at,
            why=f"{leads} sales-qualified leads in {since:%B %Y} (UTC)",
        )
        .on_conflict_do_nothing()
        .returning(PromiseRow.id)
    )
    return new is not None


def version_of_month(session: Session, since: datetime) -> int | None:
    """Return the id of the version whose number of leads holds in a month; None without a promise.

    Args:
        session: Only read from.
        since: The month's first instant, as `month_of` gives it.
    """
    query = select(PromiseRow.agreement_id)
    return session.scalar(query.where(PromiseRow.sla == QUOTA, PromiseRow.since == since))


def qualified_by_day(session: Session, *, until: datetime) -> dict[date, int]:
    """Return how many leads became sales-qualified on each day (UTC) before an aware instant.

    Days without any are left out.
    """
    return {row.day: row.leads for row in session.execute(_BY_DAY, {"until": until})}


def end_month(session: Session, row: PromiseRow, leads: int, *, at: datetime) -> bool:
    """Judge a month's promise once the month is over; return whether it was broken.

    Args:
        session: Its transaction.
        row: The promise, locked.
        leads: How many were promised.
        at: Now (aware UTC), not before the month's end.
    """
    values = {"since": row.since, "until": row.due_at, "before": leads - 1}
    row.fulfilled_at = session.scalar(_NTH, values)
    row.is_measured, row.next_at = False, None
    if row.fulfilled_at is not None:
        row.state = PromiseState.KEPT.value
        return False
    row.state, row.breached_at = PromiseState.BREACHED.value, at
    return True
