"""What leads did after sales took them over, until their owner has heard of it (B6)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from baton.store.tables import LaterActivity

How = Literal["at_once", "daily", "none"]


@dataclass(frozen=True, slots=True)
class Untold:
    """A touch of an AE's lead of which nobody was told.

    Attributes:
        lead: What to call the lead.
        at: When it was (aware UTC).
        hand_off_id: The hand-off by which the lead came to its owner.
        agreement_id: The version under which it did.
        is_ours: False if it is older than that, or if the lead is with no AE any more.
    """

    touch_id: int
    lead_id: int
    kind: str
    at: datetime
    detail: str
    lead: str
    company: str | None
    owner_id: int
    hand_off_id: uuid.UUID
    agreement_id: int
    is_ours: bool


_UNTOLD = text("""
    select a.touch_id, l.id as lead_id, t.kind, t.at, t.detail,
        coalesce(nullif(concat_ws(' ', l.given_name, l.family_name), ''), l.email, 'Lead ' || l.id)
            as lead,
        l.company, l.owner_id, h.id as hand_off_id, h.agreement_id,
        l.place = 'with_ae' and t.at >= h.closed_at as is_ours
    from later_activity a
    join touch t on t.id = a.touch_id
    join lead l on l.id = a.lead_id
    cross join lateral (
        select id, agreement_id, closed_at from hand_off
        where lead_id = l.id and state = 'transferred' order by closed_at desc limit 1) h
    join agreement_version v on v.id = h.agreement_id
    where a.told_at is null
    order by coalesce(jsonb_exists(v.content #> '{later_activity,at_once}', t.kind), false) desc,
        a.touch_id
    limit :limit
    for update of a skip locked
""")


def untold(session: Session, *, limit: int = 2000) -> list[Untold]:
    """Return what no owner was told of, locked; what others tell is left out.

    What is to be told at once comes first, so that it never stands behind what waits for a day's
    mail; else the oldest comes first.
    """
    return [Untold(*row) for row in session.execute(_UNTOLD, {"limit": limit})]


def mark_told(
    session: Session, touches: Iterable[int], *, to: int | None, how: How, at: datetime
) -> None:
    """Record whom we told of these touches, and how; `at` is aware UTC."""
    session.execute(
        update(LaterActivity)
        .where(LaterActivity.touch_id.in_(list(touches)))
        .values(told_at=at, told_to=to, told_how=how)
    )


def last_daily(session: Session, owner_id: int) -> datetime | None:
    """Return when this owner got the last daily mail (aware UTC), or None."""
    return session.scalar(
        select(func.max(LaterActivity.told_at)).where(
            LaterActivity.told_how == "daily", LaterActivity.told_to == owner_id
        )
    )
