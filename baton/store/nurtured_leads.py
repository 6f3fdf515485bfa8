"""The leads in nurture that something happened to, or that time may have turned, in sets.

They are judged where they are; only who is ready waits for a hand-off again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.id_lists import id_list
from baton.store.waiting_leads import JUDGED, WHY_NOT, Reasons

# Ages are rounded to a thousandth of a day.
MARGIN_DAYS = 0.001
MOST_ID = 2**63 - 1

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
            select j.fit_tenths, j.warmth_tenths, j.did, j.verdicts from judgement j
            where j.lead_id = a.lead_id order by j.judging_id desc limit 1
        ) j on true
        where coalesce(j.fit_tenths >= cast(:fit as float8)
            and (j.warmth_tenths >= cast(:warmth as float8)
                and j.fit_tenths + j.warmth_tenths >= cast(:total as float8)
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

# A row's version is the transaction that wrote it last; many are noted by one.
_DUE = text("""
    select cast(xmin as text), array_agg(lead_id) from due
    where lead_id between :first and :last group by 1
""")

# In the order of ids, as `mark_changed` does, so that nobody waits in a circle.
_SETTLE_DUE = text("""
    with seen as (
        select d.ctid as row from due d
        join unnest(cast(:ids as bigint[]), cast(:versions as text[])) as s (lead_id, version)
            using (lead_id)
        where cast(d.xmin as text) = s.version
        order by d.lead_id for update of d
    )
    delete from due d using seen where d.ctid = seen.row
""")

# Leads are locked in the order of ids: who notes something of several locks them so, too. Who came
# back from a hand-off waits for its check-in date, or for a new act of its own.
_MOVE = text(f"""
    with locked as (
        select l.id, l.status as was, w.is_ready
        from unnest(cast(:ids as bigint[]), cast(:ready as boolean[])) as w (id, is_ready)
        join lead l on l.id = w.id
        where l.place = 'nurture' and case
            when w.is_ready then l.id = any(cast(:did as bigint[])) or not exists (
                select from hand_off h where h.lead_id = l.id)
            else l.status in ('nurture', 'marketing_qualified') end
        order by l.id for no key update of l
    ), judged as (
        select w.*,
            case when w.is_ready then w.was
                when j.is_marketing_qualified then 'marketing_qualified' else 'nurture' end as now,
            case when w.is_ready then 'waiting' else 'nurture' end as place,
            case when w.is_ready then 'qualifies now' else {WHY_NOT} end as reason
        from locked w
        {JUDGED}
    ), other as (
        select * from judged where is_ready or now <> was
    ), moved as (
        update lead l set status = o.now, place = o.place, place_reason = o.reason,
            check_in_on = case when not o.is_ready then l.check_in_on end,
            qualified_at = case when o.is_ready then :at else l.qualified_at end
        from other o where l.id = o.id
    )
    insert into status_change
        (lead_id, from_status, to_status, from_place, to_place, reason, by, at)
    select id, was, now, 'nurture', place, reason, 'qualify', :at from other
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


@dataclass(frozen=True, slots=True)
class Moving:
    """Leads in nurture that a judging may move, by id.

    Attributes:
        ready: Who may be handed off now.
        otherwise: Who stays, and may have earned another status; nobody who is ready.
        did: Who did something itself; of those who came back from a hand-off, only they wake.
    """

    ready: Sequence[int]
    otherwise: Sequence[int]
    did: Collection[int]


def _tenths(floors: Floors | None) -> Mapping[str, float | None]:
    if floors is None:
        return dict.fromkeys(("fit", "warmth", "total"))
    return {name: round(points * 10, 6) for name, points in asdict(floors).items()}


def due_leads(session: Session) -> Mapping[int, str]:
    """Return the leads in nurture that something happened to since they were judged, by id.

    Each has the version of what was noted of it. What a later statement reads has what is noted
    here, at least.
    """
    return due_of_span(session, 0, MOST_ID)


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
        **_tenths(ageing.floors),
        "fixed": list(ageing.fixed),
        "since": since,
        "until": until,
    }
    # What the server expects of it is worth compiling, and what there is takes less than that.
    session.execute(text("set local jit = off"))
    return Turned(*session.execute(_TURNED, values).one())


def due_of_span(session: Session, first: int, last: int) -> Mapping[int, str]:
    """Do as `due_leads` for the leads from the first id to the last."""
    noted = session.execute(_DUE, {"first": first, "last": last}).all()
    versions = {lead_id: version for version, ids in noted for lead_id in ids}
    return {lead_id: versions[lead_id] for lead_id in sorted(versions)}


def settle_due(session: Session, due: Mapping[int, str]) -> None:
    """Note that these leads are judged with what was noted then.

    What was noted of one of them since, or is being noted, keeps it due.

    Args:
        session: The transaction that judged them; it has locked every lead that it changes.
        due: As `due_leads` gave them, before they were judged.
    """
    if due:
        values = {"ids": id_list(due), "versions": id_list(due.values())}
        session.execute(_SETTLE_DUE, values)


def move_nurtured(
    session: Session, moving: Moving, *, judging_id: int, reasons: Reasons, at: datetime
) -> int:
    """Have who is ready wait for a hand-off, and give the others the status that they have earned.

    Args:
        session: The transaction that judged them.
        moving: Whom; who is not in nurture any more is left out.
        judging_id: The judging.
        reasons: For the words that say why somebody stays.
        at: Aware UTC instant of the judging.

    Returns:
        How many were moved, or are marketing-qualified now, or are so no longer.
    """
    ids = [*moving.ready, *moving.otherwise]
    if not ids:
        return 0
    values = {
        "judging_id": judging_id,
        "ids": id_list(ids),
        "ready": id_list("t" if place < len(moving.ready) else "f" for place in range(len(ids))),
        "did": id_list(moving.did),
        "at": at,
    }
    return len(session.scalars(_MOVE, values | reasons.words).all())


def nurtured_span(session: Session) -> tuple[int, int] | None:
    """Return the lowest and the highest id of a lead in nurture; None if there is none."""
    low, high = session.execute(_NURTURED_SPAN).one()
    return None if low is None else (low, high)
