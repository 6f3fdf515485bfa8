"""What leads did, and what reps did to reach them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.store.intake import as_rows
from baton.store.tables import Attempt, Json, Rep, Touch


def leads_by_reference(session: Session, references: Iterable[str]) -> dict[str, int]:
    """Return the leads that have these external ids or (lower-case) addresses.

    A duplicate's touches are those of the lead that it duplicates.
    """
    found = session.execute(
        text(
            """
            select r.reference, coalesce(l.duplicate_of, l.id)
            from unnest(cast(:references as text[])) as r (reference)
            join lead l on l.external_id = r.reference
            union all
            select l.email, coalesce(l.duplicate_of, l.id) from lead l
            where l.email = any(:references) and l.duplicate_of is null
            union all
            select l.custom->>'external_id', l.duplicate_of from lead l
            where l.duplicate_of is not null and l.custom->>'external_id' = any(:references)
            union all
            select l.email, l.duplicate_of from lead l
            where l.email = any(:references) and l.duplicate_of is not null
            """
        ),
        {"references": list(references)},
    )
    leads: dict[str, int] = {}
    for reference, lead in found:
        leads.setdefault(reference, lead)
    return leads


def insert_touches(session: Session, rows: Sequence[Json]) -> list[tuple[int, int]]:
    """Insert touches that are not known; return (lead id, touch id) of each new one."""
    if not rows:
        return []
    found = session.execute(
        text(
            "insert into touch (lead_id, kind, at, detail)"
            " select lead_id, kind, at, detail"
            " from jsonb_populate_recordset(null::touch, cast(:rows as jsonb))"
            " on conflict (lead_id, at, kind, detail) do nothing returning lead_id, id"
        ),
        {"rows": as_rows(rows)},
    )
    return [(lead, touch) for lead, touch in found]


def mark_changed(session: Session, lead_ids: Iterable[int], at: datetime) -> None:
    """Note that leads changed, so that the next batch looks at those that wait or are in nurture.

    Of the latter, which something happens to all the time, that alone is noted.

    It locks the leads, in the order of ids: a batch that judges one of them meanwhile sees what
    changed, or the lead is due again after it.
    """
    values = {"ids": sorted(set(lead_ids)), "at": at}
    session.execute(_MARK_CHANGED, values)
    session.execute(_MARK_DUE, values)


_MARK_CHANGED = text("""
    with locked as (
        select id, place <> 'nurture' or status = 'suspect' as is_changed
        from lead where id = any(:ids) order by id for no key update
    )
    update lead l set changed_at = greatest(l.changed_at, :at)
    from locked where locked.is_changed and l.id = locked.id
""")
_MARK_DUE = text("""
    insert into due (lead_id, at)
    select l.id, :at from lead l
    where l.id = any(:ids) and l.place = 'nurture' and l.status <> 'suspect' order by l.id
    on conflict (lead_id) do update set at = excluded.at
""")


def touches_of(session: Session, lead_id: int, *, limit: int = 30) -> Sequence[Touch]:
    """Return the lead's newest touches, newest first."""
    return session.scalars(
        select(Touch).where(Touch.lead_id == lead_id).order_by(Touch.at.desc()).limit(limit)
    ).all()


def attempts_of(
    session: Session, lead_id: int, *, limit: int = 30
) -> Sequence[tuple[Attempt, str]]:
    """Return the newest attempts to reach the lead with the rep's name, newest first."""
    found = session.execute(
        select(Attempt, Rep.name)
        .join(Rep, Rep.id == Attempt.rep_id)
        .where(Attempt.lead_id == lead_id)
        .order_by(Attempt.at.desc())
        .limit(limit)
    )
    return [(attempt, name) for attempt, name in found]


def record_touch(
    session: Session, lead_id: int, *, kind: str, at: datetime, detail: str = ""
) -> bool:
    """Record something the lead did; return whether it is new."""
    return (
        session.scalar(
            insert(Touch)
            .values(lead_id=lead_id, kind=kind, at=at, detail=detail)
            .on_conflict_do_nothing()
            .returning(Touch.id)
        )
        is not None
    )


def record_attempt(
    session: Session,
    *,
    lead_id: int,
    hand_off_id: uuid.UUID | None,
    rep_id: int,
    channel: str,
    at: datetime,
    note: str,
    source_key: str,
) -> int | None:
    """Record something a rep did to reach the lead (D6).

    Returns:
        The attempt's id; None if it was there before.
    """
    return session.scalar(
        insert(Attempt)
        .values(
            lead_id=lead_id,
            hand_off_id=hand_off_id,
            rep_id=rep_id,
            channel=channel,
            at=at,
            note=note,
            source_key=source_key,
        )
        .on_conflict_do_nothing()
        .returning(Attempt.id)
    )


def attempts_before(session: Session, lead_id: int, attempt_id: int) -> int:
    """Return how many attempts on the lead were recorded before that one."""
    count = session.scalar(
        select(func.count()).where(Attempt.lead_id == lead_id, Attempt.id < attempt_id)
    )
    return count or 0
