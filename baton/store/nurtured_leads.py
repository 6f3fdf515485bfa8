"""The leads in nurture that something happened to, or that time may have turned, in sets.

They are judged where they are; only who is ready waits for a hand-off again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from baton.store.id_lists import id_list
from baton.store.waiting_leads import JUDGED, WHY_NOT, Reasons

# Ages are rounded to a thousandth of a day.
MARGIN_DAYS = 0.001

_TURNED = text("""
    with aged as (
        select w.lead_id
        from unnest(cast(:kinds as text[]), cast(:days as float8[])) as age (kind, days)
        join touch w on (age.kind is null or w.kind = age.kind)
            and w.at > cast(:since as timestamptz) - (age.days + :margin) * interval '24 hours'
            and w.at <= cast(:until as timestamptz) - (age.days - :margin) * interval '24 hours'
        where age.kind is not null or not exists (
            select from touch n where n.lead_id = w.lead_id and n.at > w.at and n.at <= :until)
        group by w.lead_id
    ), turned as (
        select j.lead_id from judgement j
        where j.holds_until >= :since and j.holds_until <= :until and not exists (
            select from judgement n
            where n.lead_id = j.lead_id and n.judging_id > j.judging_id)
        union
        select a.lead_id from aged a left join lateral (
            select j.fit_tenths * 0.1 as fit, j.warmth_tenths * 0.1 as warmth, j.did, j.verdicts
            from judgement j where j.lead_id = a.lead_id order by j.judging_id desc limit 1
        ) j on true
        where coalesce(j.fit >= cast(:fit as float8)
            and (j.warmth >= cast(:warmth as float8)
                and j.fit + j.warmth >= cast(:total as float8)
                or 0 > any (j.did[:][5:5])), true)
          and not exists (
            select from unnest(cast(:fixed as int[])) p (place) where j.verdicts[p.place] is false)
        union
        -- Entered beforehand, and only now come to pass.
        select w.lead_id from touch w where w.at > :since and w.at <= :until
        union
        select d.lead_id from due d
    )
    select
        coalesce(array_agg(t.lead_id order by t.lead_id) filter (where not w.is_new), '{}')
            as waiting,
        coalesce(array_agg(t.lead_id order by t.lead_id) filter (where w.lead_id is null), '{}')
            as others
    from turned t left join (
        select lead_id, is_new from lead_place where place = 'waiting'
    ) w using (lead_id)
""")

# A row's version is the transaction that wrote it last.
_DUE = "select lead_id, cast(xmin as text) from due where {which}"
_DUE_AMONG = text(_DUE.format(which="lead_id = any(cast(:ids as bigint[]))"))
_DUE_OF_SPAN = text(_DUE.format(which="lead_id between :first and :last"))

# In the order of ids, as `mark_changed` does, so that nobody waits in a circle.
_SETTLE_DUE = text("""
    with seen as (
        select d.lead_id from due d
        join unnest(cast(:ids as bigint[]), cast(:versions as text[])) as s (lead_id, version)
            using (lead_id)
        where cast(d.xmin as text) = s.version
        order by d.lead_id for update of d
    )
    delete from due d using seen where d.lead_id = seen.lead_id
""")

_LOCK = text("""
    select l.id from unnest(cast(:ids as bigint[])) as w (id) join lead l on l.id = w.id
    order by l.id for no key update of l
""")

# Who came back from a hand-off waits for its check-in date, or for a new act of its own.
_WAKE = text("""
    with ready as (
        select l.id, l.status from unnest(cast(:ids as bigint[])) as w (id)
        join lead l on l.id = w.id
        where case l.place when 'nurture' then l.id = any(cast(:did as bigint[])) or not exists (
            select from hand_off h where h.lead_id = l.id) end
        for no key update of l
    ), moved as (
        update lead l set place = 'waiting', check_in_on = null, qualified_at = :at,
            place_reason = 'qualifies now'
        from ready where l.id = ready.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, status, status, 'nurture', 'waiting', 'qualifies now', 'qualify', :at from ready
    returning lead_id
""")

_RESTATE = text(f"""
    with judged as (
        select l.id, l.status as was, {WHY_NOT} as reason,
            case when j.is_marketing_qualified then 'marketing_qualified' else 'nurture' end as now
        from unnest(cast(:ids as bigint[])) as w (id)
        {JUDGED}
        join lead l on l.id = w.id
        where case l.place when 'nurture' then l.status in ('nurture', 'marketing_qualified') end
    ), other as (
        select * from judged where now <> was
    ), moved as (
        update lead l set status = o.now, place_reason = o.reason from other o where l.id = o.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, was, now, 'nurture', 'nurture', reason, 'qualify', :at from other
    returning lead_id
""")  # noqa: S608 (a constant)


_NURTURED_SPAN = text("""
    select min(lead_id), max(lead_id) from lead_place where place = 'nurture'
""")


@dataclass(frozen=True, slots=True)
class Floors:
    """The points below which a lead is not qualified, whatever else is true of it.

    Attributes:
        fit: Of its fit.
        warmth: Of its warmth.
        total: Of both together.
    """

    fit: float
    warmth: float
    total: float


@dataclass(frozen=True, slots=True)
class Ageing:
    """What turns as touches grow older.

    Attributes:
        ages: The kind of touch and the days at which its age counts; without a kind, the age of
            the lead's last touch.
        floors: Below these no age matters, unless a loss fades and lifts the lead over them again;
            None if it always does.
        fixed: Places of the verdicts, from 1, of which one that is unmet settles it: then no age
            matters either.
    """

    ages: Sequence[tuple[str | None, float]]
    floors: Floors | None
    fixed: Sequence[int]


@dataclass(frozen=True, slots=True)
class Turned:
    """Whom a batch has to look at again, by id.

    Attributes:
        waiting: Who is ready, and waits for a hand-off.
        others: Those who are in nurture count; who is elsewhere is beyond the batch.
    """

    waiting: Sequence[int]
    others: Sequence[int]


def due_leads(session: Session) -> Sequence[int]:
    """Return the leads in nurture that something happened to since they were judged, by id."""
    return session.scalars(text("select lead_id from due order by lead_id")).all()


def turned_leads(session: Session, ageing: Ageing, *, since: datetime, until: datetime) -> Turned:
    """Return the leads whose qualification may have turned since they were judged.

    Time turned them, or they are in nurture and something happened to them. Who waits and was not
    judged since it changed is left to those who judge whoever waits.

    Args:
        session: Only reads.
        ageing: What turns by age.
        since: When it was looked last (aware UTC).
        until: Now (aware UTC).
    """
    values = {
        "kinds": [kind for kind, _ in ageing.ages],
        "days": [days for _, days in ageing.ages],
        "margin": MARGIN_DAYS,
        **(asdict(ageing.floors) if ageing.floors else dict.fromkeys(("fit", "warmth", "total"))),
        "fixed": list(ageing.fixed),
        "since": since,
        "until": until,
    }
    # What the server expects of it is worth compiling, and what there is takes less than that.
    session.execute(text("set local jit = off"))
    return Turned(*session.execute(_TURNED, values).one())


def due_among(session: Session, lead_ids: Sequence[int]) -> Mapping[int, str]:
    """Return who of the leads is due, with the version of what was noted.

    What the statements after this one read has what is noted here.
    """
    return _by_id(session, _DUE_AMONG, {"ids": id_list(lead_ids)})


def due_of_span(session: Session, first: int, last: int) -> Mapping[int, str]:
    """Do as `due_among` for every lead from the first id to the last."""
    return _by_id(session, _DUE_OF_SPAN, {"first": first, "last": last})


def _by_id(session: Session, statement: TextClause, values: dict[str, Any]) -> Mapping[int, str]:
    return dict(tuple(row) for row in session.execute(statement, values))


def settle_due(session: Session, due: Mapping[int, str]) -> None:
    """Note that these leads are judged with what was noted then.

    What was noted of one of them since, or is being noted, keeps it due.

    Args:
        session: The transaction that judged them; it has locked every lead that it changes.
        due: As `due_among` gave them, before they were judged.
    """
    if due:
        values = {"ids": id_list(due), "versions": id_list(due.values())}
        session.execute(_SETTLE_DUE, values)


def lock_leads(session: Session, lead_ids: Iterable[int]) -> None:
    """Have nobody else change the leads before the commit."""
    ids = sorted(set(lead_ids))
    if ids:
        session.execute(_LOCK, {"ids": id_list(ids)})


def wake_ready(
    session: Session, ready: Sequence[int], *, did: Collection[int], at: datetime
) -> int:
    """Bring leads that were found ready from nurture back to waiting; return how many.

    Args:
        session: The transaction that judged them.
        ready: Whom, by id.
        did: Who did something itself; of those who came back from a hand-off, only they wake.
        at: Aware UTC instant of the judging.
    """
    if not ready:
        return 0
    values = {"ids": id_list(ready), "did": id_list(did), "at": at}
    return len(session.scalars(_WAKE, values).all())


def restate(
    session: Session, judging_id: int, lead_ids: Sequence[int], *, reasons: Reasons, at: datetime
) -> int:
    """Give those of the leads that stay in nurture the status that they have earned.

    Args:
        session: The transaction that judged them.
        judging_id: The judging.
        lead_ids: Whom, by id.
        reasons: For the words that say why they stay.
        at: Aware UTC instant of the judging.

    Returns:
        How many were, or are no longer, marketing-qualified.
    """
    if not lead_ids:
        return 0
    values = {"judging_id": judging_id, "ids": id_list(lead_ids), "at": at}
    return len(session.scalars(_RESTATE, values | reasons.words).all())


def nurtured_span(session: Session) -> tuple[int, int] | None:
    """Return the lowest and the highest id of a lead in nurture; None if there is none."""
    low, high = session.execute(_NURTURED_SPAN).one()
    return None if low is None else (low, high)
