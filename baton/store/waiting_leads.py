"""The leads that wait for qualification, in sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.id_lists import id_list

_DUE_FOR_CHECK_IN = text("""
    with due as (
        select l.id, l.status from lead_place p join lead l on l.id = p.lead_id
        where p.place = 'nurture' and not p.is_new and p.check_in_on <= :today
          and l.place = 'nurture' and l.check_in_on <= :today
        order by l.id for update of l
    ), moved as (
        update lead l set place = 'waiting', check_in_on = null, place_reason = 'check-in is due',
            changed_at = :at
        from due where l.id = due.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, status, status, 'nurture', 'waiting', 'check-in is due', 'qualify', :at from due
""")

# Who opts out later, while the lead waits, is closed where the wish is respected.
_CLOSE_OPTED_OUT = text("""
    with gone as (
        select l.id, l.status from lead_place p join lead l on l.id = p.lead_id
        where p.place = 'waiting' and p.is_new and l.place = 'waiting' and exists (
            select 1 from opt_out o where o.address in (l.email, l.phone_e164))
        order by l.id for update of l
    ), moved as (
        update lead l set place = 'closed', status = 'disqualified', place_reason = 'opted out'
        from gone where l.id = gone.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, status, 'disqualified', 'waiting', 'closed', 'opted out', 'qualify', :at from gone
""")

_NEW = text("""
    select lead_id from lead_place where place = 'waiting' and is_new and lead_id > :after
    order by lead_id limit :size
""")
_NEW_OR_JUDGED_BEFORE = text("""
    select l.id from lead_place p join lead l on l.id = p.lead_id
    where p.place = 'waiting' and p.lead_id > :after
      and (p.is_new or l.qualified_at < :judged_before)
    order by l.id limit :size
""")

# A touch that comes meanwhile waits for its lead, and finds it where the judging left it.
_LOCK = """
    select l.id from unnest(cast(:ids as bigint[])) as w (id) join lead l on l.id = w.id
    where {which} order by l.id for update of l
"""
_LOCK_WAITING = text(_LOCK.format(which="l.place = 'waiting'"))
_LOCK_READY = text(_LOCK.format(which="l.place = 'waiting' and l.qualified_at >= l.changed_at"))

_LOOK_UP_EACH = text("""
    select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
        set_config('enable_nestloop', 'on', true), set_config('plan_cache_mode', 'auto', true)
""")

# Why a judgement `j` found its lead not qualified, in words; over `:names` and `:places`.
WHY_NOT = """coalesce('not met: ' || (
    select string_agg(c.name, '; ' order by c.place)
    from unnest(cast(:names as text[]), cast(:places as int[])) c (name, place)
    where j.verdicts[c.place] is false
), 'score ' || trim_scale((j.fit_tenths + j.warmth_tenths) * 0.1)
    || ' (fit ' || trim_scale(j.fit_tenths * 0.1)
    || ', warmth ' || trim_scale(j.warmth_tenths * 0.1) || ') is below the agreed one')"""

# What a judging said of each lead of `w`. (Written so, because the server expects a judging to be
# of few leads, and would go through all of them for each.)
JUDGED = """cross join lateral (
    select j.* from judgement j where j.lead_id = w.id and j.judging_id = :judging_id offset 0
) j"""

_SETTLE = text(f"""
    with judged as (
        select j.lead_id as id, l.status as was, j.qualification, j.is_marketing_qualified,
            {WHY_NOT} as reason
        from unnest(cast(:ids as bigint[])) as w (id)
        {JUDGED}
        join lead l on l.id = w.id
        where l.place = 'waiting'
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
""")  # noqa: S608 (a constant)

_READY = text("""
    select l.id from lead_place p join lead l on l.id = p.lead_id
    cross join lateral (
        select j.qualification, j.fit_tenths + j.warmth_tenths as tenths from judgement j
        where j.lead_id = l.id order by j.judging_id desc limit 1
    ) j
    where p.place = 'waiting' and not p.is_new
      and j.qualification <> 'not_qualified'
    order by j.tenths desc, l.id limit :most
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

    @property
    def words(self) -> dict[str, Any]:
        """The parameters of `WHY_NOT`."""
        return {"names": list(self.names), "places": list(self.places)}


def prepare_waiting(session: Session, *, at: datetime) -> None:
    """Bring back whose check-in is due, and close who is new or changed and has opted out.

    Leads are locked and moved in the order of ids, as by those who judge others meanwhile.
    """
    look_up_each(session)
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
    values: dict[str, Any] = {"after": after, "size": size}
    if judged_before is None:
        return session.scalars(_NEW, values).all()
    return session.scalars(_NEW_OR_JUDGED_BEFORE, values | {"judged_before": judged_before}).all()


def lock_waiting(session: Session, lead_ids: Sequence[int]) -> Sequence[int]:
    """Return those of the leads that wait still; none of them moves before the commit."""
    return session.scalars(_LOCK_WAITING, {"ids": id_list(lead_ids)}).all()


def lock_ready(session: Session, lead_ids: Sequence[int]) -> Sequence[int]:
    """Do as `lock_waiting`, but leave out who is new or changed since it was judged."""
    return session.scalars(_LOCK_READY, {"ids": id_list(lead_ids)}).all()


def look_up_each(session: Session) -> None:
    """Have the rest of the transaction look each lead up by its id, however many there are.

    The server expects many more to move than do, and would go through all leads for them.
    """
    session.execute(_LOOK_UP_EACH)


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
    if not lead_ids:
        return 0
    values = {"judging_id": judging_id, "ids": id_list(lead_ids), "check_in_on": check_in_on}
    return len(session.scalars(_SETTLE, values | reasons.words | {"at": at}).all())


def ready_leads(session: Session, *, most: int) -> Sequence[int]:
    """Return the waiting leads that were judged ready since they changed, the warmest first."""
    return session.scalars(_READY, {"most": most}).all()
