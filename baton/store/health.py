"""Whether anything slipped: where every lead is (I5), and what is stuck. Only reads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from baton.store.dead_letters import NEEDS_SOMEBODY

# Touch rows that nobody could read are taken in and quarantined too, but they are no leads.
TOUCH_KEYS = "touch:%"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many leads were taken in, and where they are; each is in exactly one place (I5)."""

    imported: int
    waiting: int
    in_hand_off: int
    nurture: int
    with_ae: int
    closed: int
    quarantined_leads: int
    quarantined_rows: int

    @property
    def quarantined(self) -> int:
        """Leads and rows of leads that wait for somebody to mend them."""
        return self.quarantined_leads + self.quarantined_rows

    @property
    def difference(self) -> int:
        """Leads that were taken in and are nowhere; anything but 0 is a fault."""
        return self.imported - (
            self.waiting
            + self.in_hand_off
            + self.nurture
            + self.with_ae
            + self.closed
            + self.quarantined
        )


_COUNTS = text("""
    select
        count(*) as imported,
        count(*) filter (where l.place = 'waiting') as waiting,
        count(*) filter (where l.place = 'hand_off') as in_hand_off,
        count(*) filter (where l.place = 'nurture') as nurture,
        count(*) filter (where l.place = 'with_ae') as with_ae,
        count(*) filter (where l.place = 'closed') as closed,
        count(*) filter (where l.place = 'quarantined' and q.id is not null) as quarantined_leads,
        count(*) filter (where l.id is null and q.id is not null) as quarantined_rows
    from intake i
    left join lead l on l.intake_id = i.id
    left join quarantine q on q.intake_id = i.id and q.resolved_at is null
    where i.key not like :touch_keys
""")


def where_leads_are(session: Session) -> Counts:
    """Return the counts of I5, all from one statement and so of one instant."""
    row = session.execute(_COUNTS, {"touch_keys": TOUCH_KEYS}).mappings().one()
    return Counts(**{name: int(count) for name, count in row.items()})


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is stuck or contradicts itself.

    Attributes:
        kind: `asleep`: an open hand-off that waits for nobody and that no process runs.
            `overdue`: a person has not acted in time. `in_doubt`: an effect that was released and
            whose result nobody recorded. `failed`: an effect that never went out. `put_off`: an
            effect that its neighbour puts off again and again. `misplaced`: a lead that says it
            is in a hand-off, or is quarantined, and is not.
        hand_off_id: The hand-off it is about, if it is about one.
        lead_id: The lead it is about, if known.
        what: One line for people, without personal data.
        since: Aware UTC instant from which on it has been so.
    """

    kind: str
    hand_off_id: uuid.UUID | None
    lead_id: int | None
    what: str
    since: datetime


# Leases run on the database's clock (they measure whether a process lives), due times on ours.
_ASLEEP = text("""
    select 'asleep' as kind, h.id as hand_off_id, h.lead_id,
        'at stage ' || h.stage || ' it waits for nobody and nothing runs it' as what,
        greatest(h.opened_at, done.at, decided.at) as since
    from hand_off h
    left join lateral (
        select max(s.at) as at from stage_done s where s.hand_off_id = h.id) done on true
    left join lateral (
        select max(w.decided_at) as at from wait w where w.hand_off_id = h.id) decided on true
    where h.state = 'open'
      and not exists (select 1 from wait w where w.hand_off_id = h.id and w.state = 'open')
      and (h.lease_until is null or h.lease_until < clock_timestamp())
      and greatest(h.opened_at, done.at, decided.at) < :at - make_interval(mins => :idle_minutes)
    order by since, h.id
""")

_OVERDUE = text("""
    select 'overdue' as kind, w.hand_off_id, h.lead_id,
        w.kind || ' is overdue'
            || case when w.escalated_at is null then '' else ', escalated' end as what,
        w.due_at as since
    from wait w join hand_off h on h.id = w.hand_off_id
    where w.state = 'open' and w.due_at < :at
    order by w.due_at, w.id
""")

_EFFECTS = text(f"""
    select case e.state when 'failed' then 'failed' when 'intended' then 'put_off'
            else 'in_doubt' end as kind, e.hand_off_id, e.lead_id,
        case e.state when 'failed' then e.kind || ' never went out'
            when 'intended' then e.kind || ' was tried ' || e.attempts || ' times in vain'
            else e.kind || ' may or may not have gone out' end as what,
        coalesce(e.settled_at, e.released_at, e.intended_at) as since
    from effect e
    where {NEEDS_SOMEBODY}
    order by since, e.id
""")  # noqa: S608 (a constant)

_MISPLACED = text("""
    select 'misplaced' as kind, h.id as hand_off_id, l.id as lead_id,
        'the lead is ' || l.place || ', and there is '
            || case when h.id is null then 'no' else 'an' end || ' open hand-off and '
            || case when q.id is null then 'no' else 'an' end || ' open quarantine entry' as what,
        l.changed_at as since
    from lead l
    left join hand_off h on h.lead_id = l.id and h.state = 'open'
    left join quarantine q on q.intake_id = l.intake_id and q.resolved_at is null
    where (l.place = 'hand_off') <> (h.id is not null)
       or (l.place = 'quarantined' and q.id is null)
    order by l.id
""")


def open_hand_off_faults(session: Session, at: datetime, *, idle_minutes: int = 10) -> list[Fault]:
    """Return the open hand-offs that nobody owes anything to and that no process runs.

    Args:
        session: Any session; only read from.
        at: Aware UTC instant of the business clock.
        idle_minutes: How long a hand-off may rest between two segments.
    """
    return _faults(session, statement=_ASLEEP, at=at, idle_minutes=idle_minutes)


def overdue_faults(session: Session, at: datetime) -> list[Fault]:
    """Return the open waits whose due time is past at `at` (aware UTC), longest first."""
    return _faults(session, statement=_OVERDUE, at=at)


def effect_faults(session: Session, *, idle_minutes: int = 10) -> list[Fault]:
    """Return the effects that failed, are put off, or in flight for over `idle_minutes`."""
    return _faults(session, statement=_EFFECTS, idle_minutes=idle_minutes)


def misplaced_faults(session: Session) -> list[Fault]:
    """Return the leads whose place and whose hand-off or quarantine disagree (I5)."""
    return _faults(session, statement=_MISPLACED)


def all_faults(session: Session, at: datetime, *, idle_minutes: int = 10) -> list[Fault]:
    """Return every fault, the gravest kind first."""
    return [
        *misplaced_faults(session),
        *open_hand_off_faults(session, at, idle_minutes=idle_minutes),
        *effect_faults(session, idle_minutes=idle_minutes),
        *overdue_faults(session, at),
    ]


def _faults(session: Session, *, statement: TextClause, **values: datetime | int) -> list[Fault]:
    return [Fault(**row) for row in session.execute(statement, values).mappings()]
