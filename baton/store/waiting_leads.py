"""The leads that wait for qualification, and those in nurture that may qualify again, in sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_DUE_FOR_CHECK_IN = text("""
    with due as (
        select id, status from lead where place = 'nurture' and check_in_on <= :today for update
    ), moved as (
        update lead l set place = 'waiting', check_in_on = null, place_reason = 'check-in is due',
            changed_at = :at
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
    select id from lead
    where place = 'waiting' and id > :after
      and (qualified_at is null or changed_at > qualified_at
           or qualified_at < cast(:judged_before as timestamptz))
    order by id limit :size
""")

# A touch that comes meanwhile waits for its lead, and finds it where the judging left it.
# (Written as a case, because the server would else go through all that wait, for each lead.)
_LOCK = text("""
    select l.id from unnest(cast(:ids as bigint[])) as w (id) join lead l on l.id = w.id
    where case l.place when 'waiting' then true end
    order by l.id for update of l
""")

_SETTLE = text("""
    with judged as (
        select j.lead_id as id, l.status as was, j.qualification, j.is_marketing_qualified,
            coalesce('not met: ' || (
                select string_agg(c.name, '; ' order by c.place)
                from unnest(cast(:names as text[]), cast(:places as int[])) c (name, place)
                where j.verdicts[c.place] is false
            ), 'score ' || trim_scale(j.total_points) || ' (fit ' || trim_scale(j.fit_points)
                || ', warmth ' || trim_scale(j.warmth_points) || ') is below the agreed one'
            ) as reason
        from unnest(cast(:ids as bigint[])) as w (id)
        join judgement j on j.lead_id = w.id and j.judging_id = :judging_id
        join lead l on l.id = w.id
        where case l.place when 'waiting' then true end
    ), back as (
        select id, was, reason,
            case when is_marketing_qualified then 'marketing_qualified' else 'nurture' end as now
        from judged where qualification = 'not_qualified'
    ), ready as (
        update lead l set qualified_at = :at
        from judged j where l.id = j.id and j.qualification <> 'not_qualified'
    ), moved as (
        update lead l set place = 'nurture', status = b.now, place_reason = b.reason,
            check_in_on = :check_in_on, qualified_at = :at
        from back b where l.id = b.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, was, now, 'waiting', 'nurture', reason, 'qualify', :at from back
    returning lead_id
""")

# Who came back from a hand-off waits for its check-in date, or for a new act of its own.
_COMES_AGAIN = """(l.place = 'nurture' and not exists (
    select from hand_off h where h.lead_id = l.id))"""

_TURNED = text(f"""
    select l.id from lead l
    where (l.place = 'waiting' and l.qualified_at >= l.changed_at or {_COMES_AGAIN}) and l.id in (
        select j.lead_id from judgement j
        where j.holds_until >= :since and j.holds_until <= :until and not exists (
            select from judgement n
            where n.lead_id = j.lead_id and n.judging_id > j.judging_id)
        union
        select w.lead_id
        from unnest(cast(:kinds as text[]), cast(:days as float8[])) as age (kind, days)
        join touch w on (age.kind is null or w.kind = age.kind)
            and w.at > cast(:since as timestamptz) - (age.days + :margin) * interval '24 hours'
            and w.at <= cast(:until as timestamptz) - (age.days - :margin) * interval '24 hours'
        where age.kind is not null or not exists (
            select from touch n where n.lead_id = w.lead_id and n.at > w.at and n.at <= :until)
        union
        -- Entered beforehand, and only now come to pass.
        select w.lead_id from touch w where w.at > :since and w.at <= :until
    )
    order by l.id
""")  # noqa: S608 (constants)

# Ages are rounded to a thousandth of a day.
MARGIN_DAYS = 0.001

_WAKE = text(f"""
    with ready as (
        select l.id, l.status from lead l
        where {_COMES_AGAIN} and l.id in (
            select j.lead_id from judgement j
            where j.judging_id = :judging_id and j.qualification <> 'not_qualified'
              and j.lead_id between :first and :last)
        for update
    ), moved as (
        update lead l set place = 'waiting', check_in_on = null, qualified_at = :at,
            place_reason = 'qualifies now'
        from ready where l.id = ready.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, status, status, 'nurture', 'waiting', 'qualifies now', 'qualify', :at from ready
    returning lead_id
""")  # noqa: S608 (constants)

_READY = text("""
    select l.id from lead l
    cross join lateral (
        select j.qualification, j.total_points from judgement j
        where j.lead_id = l.id order by j.judging_id desc limit 1
    ) j
    where l.place = 'waiting' and l.qualified_at >= l.changed_at
      and j.qualification <> 'not_qualified'
    order by j.total_points desc, l.id limit :most
""")


@dataclass(frozen=True, slots=True)
class Reasons:
    """What can keep a lead from qualifying: the required criteria, and the groups.

    Attributes:
        names: Their names, in the agreement's order.
        places: Where each one's verdict stands among a judgement's; the first is 1.
    """

    names: Sequence[str]
    places: Sequence[int]


def prepare_waiting(session: Session, *, at: datetime) -> None:
    """Bring back whose check-in is due, and close who has opted out."""
    session.execute(_DUE_FOR_CHECK_IN, {"today": at.date(), "at": at})
    session.execute(_CLOSE_OPTED_OUT, {"at": at})


def waiting_leads(
    session: Session, *, after: int, size: int, judged_before: datetime | None = None
) -> Sequence[int]:
    """Return up to `size` waiting leads that are new or changed, with an id above `after`, by id.

    Args:
        session: Only reads.
        after: The last id that was seen.
        size: How many at most.
        judged_before: Those too that were judged before this instant (aware UTC).
    """
    values = {"after": after, "size": size, "judged_before": judged_before}
    return session.scalars(_WAITING, values).all()


def lock_waiting(session: Session, lead_ids: Sequence[int]) -> Sequence[int]:
    """Return those of the leads that wait still; none of them moves before the commit."""
    return session.scalars(_LOCK, {"ids": list(lead_ids)}).all()


def settle(
    session: Session,
    judging_id: int,
    lead_ids: Sequence[int],
    *,
    reasons: Reasons,
    check_in_on: date,
    at: datetime,
) -> int:
    """Send the waiting leads that a judging found not qualified to nurture; return how many.

    Args:
        session: The transaction that judged them.
        judging_id: The judging.
        lead_ids: Whom it judged.
        reasons: For the words that say why not.
        check_in_on: When sales looks again.
        at: Aware UTC instant of the judging.
    """
    values = {"judging_id": judging_id, "ids": list(lead_ids), "check_in_on": check_in_on}
    words = {"names": list(reasons.names), "places": list(reasons.places)}
    return len(session.scalars(_SETTLE, values | words | {"at": at}).all())


def turned_leads(
    session: Session,
    ages: Sequence[tuple[str | None, float]],
    *,
    since: datetime,
    until: datetime,
) -> Sequence[int]:
    """Return the leads whose verdict may have turned by the mere passing of time, by id.

    They are ready and wait for their hand-off, or are in nurture and were never handed off.

    Args:
        session: Only reads.
        ages: The kind of touch and the days at which its age counts; without a kind, the age of
            the lead's last touch.
        since: When it was looked last (aware UTC).
        until: Now (aware UTC).
    """
    return session.scalars(
        _TURNED,
        {
            "kinds": [kind for kind, _ in ages],
            "days": [days for _, days in ages],
            "margin": MARGIN_DAYS,
            "since": since,
            "until": until,
        },
    ).all()


def wake_ready(session: Session, judging_id: int, span: tuple[int, int], *, at: datetime) -> int:
    """Bring the nurtured leads that a judging found ready back to waiting; return how many.

    Args:
        session: The transaction that judged them.
        judging_id: The judging.
        span: The first and the last id that it may have judged.
        at: Aware UTC instant of the judging.
    """
    values = {"judging_id": judging_id, "first": span[0], "last": span[1], "at": at}
    return len(session.scalars(_WAKE, values).all())


def ready_leads(session: Session, *, most: int) -> Sequence[int]:
    """Return the waiting leads that were judged ready since they changed, the warmest first."""
    return session.scalars(_READY, {"most": most}).all()


def nurtured_span(session: Session) -> tuple[int, int] | None:
    """Return the lowest and the highest id of a lead in nurture; None if there is none."""
    low, high = session.execute(
        text("select min(id), max(id) from lead where place = 'nurture'")
    ).one()
    return None if low is None else (low, high)
