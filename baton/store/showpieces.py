"""What happened on the way, with the first lead that it happened to. Only reads."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Showpiece:
    """Something that happened.

    Attributes:
        what: In words.
        leads: To how many leads.
        lead_id: The first of them, for 'baton explain'.
        lead: What people call it.
    """

    what: str
    leads: int
    lead_id: int
    lead: str


_SHOWPIECES = text("""
with seen (place, what, lead_id) as (
    select 1, 'both accepted an appointment', h.lead_id
    from hand_off h join meeting m on m.hand_off_id = h.id
    where m.kind = 'appointment' and m.state in ('confirmed', 'over')
        and 2 = (select count(*) from attendance a
            where a.meeting_id = m.id and a.reply = 'accepted')
    union all
    select case c.technique when 'warm_transfer' then 2 when 'best_time' then 3 else 4 end,
        case c.technique when 'warm_transfer' then 'put through to an AE who was free'
            when 'best_time' then 'reached when it is best reached'
            else 'introduced softly, and both answered' end, h.lead_id
    from connection c join hand_off h on h.id = c.hand_off_id
    union all
    select 5, 'a manager was told that something was overdue', h.lead_id
    from effect e join hand_off h on h.id = e.hand_off_id
    where e.payload ->> 'template' = 'escalation' and e.state = 'done'
    union all
    select 6, 'another AE took over', h.lead_id
    from promise p join hand_off h on h.id = p.hand_off_id where p.replaced_at is not null
    union all
    select 7, 'waited in the fallback queue until a person found an AE', h.lead_id
    from wait w join hand_off h on h.id = w.hand_off_id where w.kind = 'assignment'
    union all
    select 8, 'merged with another lead of the same person', m.keep_id
    from lead_merge m where m.undone_at is null
)
select s.what, count(distinct s.lead_id), min(s.lead_id),
    (select coalesce(nullif(concat_ws(' ', l.given_name, l.family_name), ''), l.email)
        from lead l where l.id = min(s.lead_id))
from seen s group by s.place, s.what order by s.place
""")


def showpieces(session: Session) -> list[Showpiece]:
    """Return what happened to any lead, techniques first."""
    return [Showpiece(*row) for row in session.execute(_SHOWPIECES)]
