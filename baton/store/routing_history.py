"""Past routing decisions with what became of them, in their order."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.domain.rep import Role
from baton.store.owners import owner_sql
from baton.store.tables import Rep

ROWS_AT_ONCE = 1_000
_PAST = f"""
select d.lead_id, d.hand_off_id, d.agreement_id, d.at, d.facts, d.result, h.closed_at,
    c.at as credited_at, c.withdrawn_at, o.email as owner
from decision d
join hand_off h on h.id = d.hand_off_id
left join route_credit c on c.hand_off_id = h.id
join lead l on l.id = d.lead_id
left join lateral ({owner_sql("l.account_id")}) o on true
where d.kind = 'route' and d.at >= :since and d.at < :until
order by d.at, d.id
"""  # noqa: S608 (expressions of ours)


@dataclass(frozen=True, slots=True)
class PastRoute:
    """One routing decision; instants are aware UTC.

    Attributes:
        lead_id: The lead.
        hand_off_id: Its hand-off; it has a second decision where an AE declined.
        agreement_id: The version that decided.
        at: When.
        facts: What it saw.
        result: What it said.
        closed_at: When the hand-off ended; None if it is open.
        credited_at: When its AE got a credit for it; None if not.
        withdrawn_at: When the committee took that credit back; None if it did not.
        owner: Mail address of who has the lead's account today, or the parent's.
    """

    lead_id: int
    hand_off_id: uuid.UUID
    agreement_id: int
    at: datetime
    facts: dict[str, Any]
    result: dict[str, Any]
    closed_at: datetime | None
    credited_at: datetime | None
    withdrawn_at: datetime | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class KnownAe:
    """An AE as they are today."""

    id: int
    email: str
    team: str | None
    languages: Sequence[str]
    skills: Sequence[str]
    time_zone: str


def past_routes(session: Session, *, since: datetime, until: datetime) -> Iterator[PastRoute]:
    """Yield the decisions from `since` until before `until`, the oldest first, as a stream."""
    rows = session.execute(
        text(_PAST),
        {"since": since, "until": until},
        execution_options={"stream_results": True, "yield_per": ROWS_AT_ONCE},
    )
    for row in rows.mappings():
        yield PastRoute(**row)


def known_aes(session: Session) -> list[KnownAe]:
    """Return every AE, active or not, by id."""
    aes = select(Rep).where(Rep.role == Role.AE).order_by(Rep.id)
    return [
        KnownAe(one.id, one.email, one.team, one.languages, one.skills, one.time_zone)
        for one in session.scalars(aes)
    ]
