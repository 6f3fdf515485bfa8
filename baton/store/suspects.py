"""Pairs of leads that may be one person, and what a person said of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.store.intake import as_rows
from baton.store.tables import SuspectedDuplicate


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Two leads that may be one person, and why.

    Attributes:
        lead_id: The younger one.
        older_id: The older one.
        reasons: In words.
        lead: The younger one's name and where it is.
        older: The older one's.
        at: Since when it has been suspected (aware UTC).
    """

    lead_id: int
    older_id: int
    reasons: list[str]
    lead: str
    older: str
    at: datetime


def suspect(
    session: Session, pairs: Iterable[tuple[int, int, Sequence[str]]], *, at: datetime
) -> None:
    """Keep that the pairs (younger, older, reasons) may be one person; known ones stay as told."""
    rows = as_rows(
        {"lead_id": lead, "older_id": older, "reasons": list(reasons), "at": at}
        for lead, older, reasons in pairs
    )
    session.execute(_SUSPECT, {"rows": rows})


def told_apart(session: Session, lead_ids: Iterable[int]) -> set[tuple[int, int]]:
    """Return the pairs (younger, older) with one of these that somebody said are two people."""
    found = session.execute(_TOLD_APART, {"ids": list(lead_ids)})
    return {(lead, older) for lead, older in found}


def tell_apart(session: Session, one: int, other: int, *, by: str, at: datetime) -> None:
    """Keep for good that two leads are two people; they are not merged by themselves again."""
    said = {"settled": "distinct", "settled_by": by, "settled_at": at}
    row = insert(SuspectedDuplicate).values(
        lead_id=max(one, other), older_id=min(one, other), reasons=[], at=at, **said
    )
    session.execute(row.on_conflict_do_update(index_elements=["lead_id", "older_id"], set_=said))


def suspicions(session: Session, *, limit: int) -> list[Suspicion]:
    """Return the pairs that nobody has settled and that are not merged, the newest first."""
    return [Suspicion(**row) for row in session.execute(_OPEN, {"limit": limit}).mappings()]


_SUSPECT = text("""
    insert into suspected_duplicate (lead_id, older_id, reasons, at)
    select r.lead_id, r.older_id, array(select jsonb_array_elements_text(r.reasons)), r.at
    from jsonb_to_recordset(cast(:rows as jsonb))
        as r (lead_id bigint, older_id bigint, reasons jsonb, at timestamptz)
    order by r.lead_id, r.older_id
    on conflict (lead_id, older_id) do nothing
""")
_TOLD_APART = text("""
    select lead_id, older_id from suspected_duplicate
    where settled = 'distinct' and (lead_id = any(:ids) or older_id = any(:ids))
""")
_OPEN = text("""
    select s.lead_id, s.older_id, s.reasons, s.at,
        concat_ws(' ', l.given_name, l.family_name) || ' (' || l.place || ')' as lead,
        concat_ws(' ', o.given_name, o.family_name) || ' (' || o.place || ')' as older
    from suspected_duplicate s
    join lead l on l.id = s.lead_id join lead o on o.id = s.older_id
    where s.settled is null and l.duplicate_of is null and o.duplicate_of is null
    order by s.at desc, s.lead_id, s.older_id limit :limit
""")
