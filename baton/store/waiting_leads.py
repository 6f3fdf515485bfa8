"""The leads that wait for qualification, in sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_DUE_FOR_CHECK_IN = text("""
    with due as (
        select id, status from lead where place = 'nurture' and check_in_on <= :today for update
    ), moved as (
        update lead l set place = 'waiting', check_in_on = null, place_reason = 'check-in is due'
        from due where l.id = due.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, status, status, 'nurture', 'waiting', 'check-in is due', 'qualify', :at from due
""")

_CLOSE_OPTED_OUT = text("""
    with gone as (
        select l.id, l.status from lead l
        where l.place = 'waiting' and exists (
            select 1 from opt_out o where o.address in (l.email, l.phone_e164))
        for update
    ), moved as (
        update lead l set place = 'closed', status = 'disqualified', place_reason = 'opted out'
        from gone where l.id = gone.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, status, 'disqualified', 'waiting', 'closed', 'opted out', 'qualify', :at from gone
""")

_WAITING = text("""
    select id from lead where place = 'waiting' and id > :after order by id limit :size
""")

_NURTURE = text("""
    with judged as (
        select * from unnest(cast(:ids as bigint[]), cast(:reasons as text[]),
                             cast(:statuses as text[])) as j (id, reason, status)
    ), before as (
        select l.id, l.status as was, j.status as now, j.reason
        from lead l join judged j on j.id = l.id where l.place = 'waiting' for update of l
    ), moved as (
        update lead l set place = 'nurture', status = b.now, place_reason = b.reason,
            check_in_on = :check_in_on, qualified_at = :at
        from before b where l.id = b.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, was, now, 'waiting', 'nurture', reason, 'qualify', :at from before
""")


def prepare_waiting(session: Session, *, at: datetime) -> None:
    """Bring back whose check-in is due, and close who has opted out."""
    session.execute(_DUE_FOR_CHECK_IN, {"today": at.date(), "at": at})
    session.execute(_CLOSE_OPTED_OUT, {"at": at})


def waiting_leads(session: Session, *, after: int, size: int) -> Sequence[int]:
    """Return up to `size` waiting leads with an id above `after`, by id."""
    return session.scalars(_WAITING, {"after": after, "size": size}).all()


def nurture_leads(
    session: Session,
    judged: Mapping[int, tuple[str, str]],
    *,
    check_in_on: date,
    at: datetime,
) -> None:
    """Send waiting leads to nurture in one statement.

    Args:
        session: The transaction.
        judged: Lead id to reason and new status.
        check_in_on: When sales looks again.
        at: Aware UTC instant of the judgement.
    """
    session.execute(
        _NURTURE,
        {
            "ids": list(judged),
            "reasons": [reason for reason, _ in judged.values()],
            "statuses": [status for _, status in judged.values()],
            "check_in_on": check_in_on,
            "at": at,
        },
    )
