"""Promises under the agreement's SLAs: what happened to hand-offs, what is due, what is kept."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.domain.promise import Event
from baton.store.tables import HandOff, PromiseRow

LOOK_LOCK = 0x70726F6D697365


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to a hand-off, or is to happen: the end of a confirmed meeting.

    Attributes:
        event: What.
        occurrence: Tells several of a kind apart, for ever.
        at: Aware UTC instant.
        rep_id: Whose doing, or whose turn, it is; None where that is whoever has the hand-off.
    """

    event: Event
    occurrence: str
    at: datetime
    rep_id: int | None


# One row for everything that promises may begin or end with.
_EVENTS = text("""
with h as (select * from hand_off where id = any(:ids)),
routed as (
    select d.hand_off_id, cast(d.id as text) as occurrence, d.at, r.id as rep_id
    from decision d join h on h.id = d.hand_off_id join rep r on r.email = d.result ->> 'ae'
    where d.kind = 'route'
)
select id as hand_off_id, 'opened' as event, '' as occurrence, opened_at as at,
    cast(null as bigint) as rep_id
from h
union all
select hand_off_id, 'assigned', occurrence, at, rep_id from routed
union all
select id, 'introduced', '', introduced_at, null from h where introduced_at is not null
union all
select routed.hand_off_id, 'introduced', routed.occurrence, routed.at, routed.rep_id
from routed join h on h.id = routed.hand_off_id where routed.at > h.introduced_at
union all
select id, 'introduction_answered', '', ae_engaged_at, ae_id from h where ae_engaged_at is not null
union all
select id, 'returned', '', closed_at, null from h where state = 'returned'
union all
select w.hand_off_id,
    case w.kind when 'answers' then 'questions_asked' when 'approval' then 'approval_asked'
        else 'invite_sent' end,
    cast(w.id as text), w.opened_at, w.responsible_id
from wait w join h on h.id = w.hand_off_id where w.kind in ('answers', 'approval', 'acceptance')
union all
select w.hand_off_id,
    case w.kind when 'answers' then 'questions_answered' when 'approval' then 'approval_decided'
        else 'invite_accepted' end,
    cast(w.id as text), w.decided_at, w.responsible_id
from wait w join h on h.id = w.hand_off_id
where w.state = 'decided' and w.kind in ('answers', 'approval', 'acceptance')
    and (w.kind <> 'acceptance' or w.decision = 'accepted')
union all
select h.id, 'first_touch', cast(a.id as text), a.at, a.rep_id
from attempt a join h on h.lead_id = a.lead_id and a.at >= h.opened_at
union all
select m.hand_off_id, 'invite_accepted_by_ae', cast(c.id as text), c.at, m.ae_id
from attendance_change c
join meeting m on m.id = c.meeting_id join h on h.id = m.hand_off_id
join attendance s on s.meeting_id = m.id and s.email = c.email
where s.side = 'ae' and c.reply = 'accepted' and c.refused is null
union all
select m.hand_off_id, 'meeting_ended', cast(m.id as text), upper(m.during), m.ae_id
from meeting m join h on h.id = m.hand_off_id where m.state in ('confirmed', 'over')
union all
select o.hand_off_id, k.event, cast(o.meeting_id as text), o.at, o.rep_id
from outcome o join h on h.id = o.hand_off_id
cross join lateral (
    values ('outcome_said', true), ('rejected', o.kind = 'not_met')) k (event, is_so)
where k.is_so
order by at, occurrence
""")

_TAKE_LOOKS = text("""
with taken as (
    delete from promise_look where id in (
        select id from promise_look order by id limit :limit)
    returning hand_off_id)
select distinct h.id from taken join hand_off h on h.id = taken.hand_off_id
join agreement_version a on a.id = h.agreement_id
where a.content ? 'slas'
""")


def take_looks(session: Session, *, limit: int = 500) -> list[uuid.UUID]:
    """Take away which hand-offs something happened to; return those with promises to look at.

    What happens meanwhile is there for the next look: look in the same transaction. Looks take
    turns, so that two sweeps do not open the same promise.
    """
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOOK_LOCK})
    return list(session.scalars(_TAKE_LOOKS, {"limit": limit}))


def events_of(
    session: Session, hand_off_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[Happened]]:
    """Return what happened to these hand-offs, the earliest first."""
    found: dict[uuid.UUID, list[Happened]] = {one: [] for one in hand_off_ids}
    for row in session.execute(_EVENTS, {"ids": list(hand_off_ids)}):
        found[row.hand_off_id].append(
            Happened(Event(row.event), row.occurrence, row.at, row.rep_id)
        )
    return found


def hand_offs_by_id(
    session: Session, hand_off_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, HandOff]:
    """Return these hand-offs."""
    rows = session.scalars(select(HandOff).where(HandOff.id.in_(hand_off_ids)))
    return {row.id: row for row in rows}


def promises_of(
    session: Session, hand_off_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[PromiseRow]]:
    """Return all promises of these hand-offs, the oldest first, locked."""
    rows = session.scalars(
        select(PromiseRow)
        .where(PromiseRow.hand_off_id.in_(hand_off_ids))
        .order_by(PromiseRow.id)
        .with_for_update()
    )
    found: dict[uuid.UUID, list[PromiseRow]] = {}
    for row in rows:
        assert row.hand_off_id is not None
        found.setdefault(row.hand_off_id, []).append(row)
    return found


def promises_due(session: Session, *, at: datetime, limit: int = 500) -> Sequence[PromiseRow]:
    """Return the promises that time does something to by `at`, locked."""
    return session.scalars(
        select(PromiseRow)
        .where(PromiseRow.next_at <= at)
        .order_by(PromiseRow.next_at, PromiseRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def replaced_aes(session: Session, hand_off_id: uuid.UUID) -> set[int]:
    """Return from whom the hand-off was taken because a promise was broken."""
    rows = session.scalars(
        select(PromiseRow.responsible_id).where(
            PromiseRow.hand_off_id == hand_off_id, PromiseRow.replaced_at.is_not(None)
        )
    )
    return {one for one in rows if one is not None}
