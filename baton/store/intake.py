"""What was taken in, and the leads that came of it: set-based, one statement for many rows.

A thing taken in has one intake row for ever, and either a lead or an open quarantine row (I5).
Rows travel to the database as one JSON parameter a statement.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.tables import Json

INTAKE_LOCK: Final = 0x626174696E
# What an import writes of a lead, in the table's order.
FACT_COLUMNS: Final = (
    "external_id",
    "email",
    "given_name",
    "family_name",
    "phone",
    "phone_e164",
    "title",
    "seniority",
    "function",
    "company",
    "domain",
    "country",
    "time_zone",
    "language",
    "origin",
    "campaign",
    "notes",
    "needs",
    "timetable",
    "preferred_channel",
    "preferred_time",
    "custom",
)
_NEW_COLUMNS: Final = (
    "intake_id",
    *FACT_COLUMNS,
    "duplicate_of",
    "status",
    "place",
    "place_reason",
    "owner_id",
    "row_hash",
    "created_at",
    "changed_at",
)
_CHANGED_COLUMNS: Final = (*FACT_COLUMNS, "row_hash", "changed_at", "enriched_at")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known under an intake key: its lead, and its newest quarantine row.

    Attributes:
        is_open: True when the quarantine row is not resolved.
        stands_still: True when that row keeps the lead itself in quarantine.
    """

    intake_id: int
    lead_id: int | None
    row_hash: str | None
    quarantine_id: int | None
    quarantined_row: Json | None
    is_open: bool
    stands_still: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """The lead that an e-mail address belongs to."""

    lead_id: int
    external_id: str | None
    row_hash: str | None
    is_merged: bool = False
    """True when the address is that of a lead that was merged into this one."""


def as_rows(rows: Iterable[Json]) -> str:
    """Return rows as the JSON text that `jsonb_populate_recordset` takes."""
    return json.dumps(list(rows), default=_instant)


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"cannot put {type(value).__name__} into JSON")


def lock_intake(session: Session) -> None:
    """Make every other intake wait until this transaction ends."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": INTAKE_LOCK})


def known_by_key(session: Session, keys: Iterable[str]) -> dict[str, Known]:
    """Return what was taken in before, by intake key."""
    found = session.execute(
        text(
            """
            with wanted as materialized (select id, key from intake where key = any(:keys)),
            newest as (
                select distinct on (intake_id) * from quarantine
                where intake_id = any(array(select id from wanted))
                order by intake_id, id desc)
            select i.key, i.id, l.id, l.row_hash, q.id, q.row,
                   q.id is not null and q.resolved_at is null,
                   q.lead_id is not null and q.resolved_at is null
            from wanted i
            left join lead l on l.intake_id = i.id
            left join newest q on q.intake_id = i.id
            """
        ),
        {"keys": list(keys)},
    )
    return {key: Known(*values) for key, *values in found}


def holders_by_email(session: Session, emails: Iterable[str]) -> dict[str, Holder]:
    """Return the lead that each address belongs to; a duplicate's is the kept lead's."""
    found = session.execute(
        text(
            "select email, id, external_id, row_hash, false from lead"
            " where email = any(:emails) and duplicate_of is null"
            " union all select d.email, k.id, k.external_id, k.row_hash, true"
            " from lead d join lead k on k.id = d.duplicate_of"
            " where d.email = any(:emails) and d.duplicate_of is not null order by 5 desc"
        ),
        {"emails": list(emails)},
    )
    return {email: Holder(*values) for email, *values in found}


def leads_by_external_id(session: Session, ids: Iterable[str]) -> dict[str, int]:
    """Return the leads that have these external ids."""
    found = session.execute(
        text("select external_id, id from lead where external_id = any(:ids)"), {"ids": list(ids)}
    )
    return {row[0]: row[1] for row in found}


def insert_intakes(
    session: Session, items: Sequence[tuple[str, str]], at: datetime
) -> dict[str, int]:
    """Record that things were taken in; return their ids by key.

    Args:
        items: (source, key) of each; no key is known yet.
    """
    found = session.execute(
        text(
            "insert into intake (source, key, at)"
            " select source, key, :at from unnest(cast(:sources as text[]), cast(:keys as text[]))"
            " as t (source, key) returning key, id"
        ),
        {"sources": [item[0] for item in items], "keys": [item[1] for item in items], "at": at},
    )
    return {row[0]: row[1] for row in found}


def insert_leads(
    session: Session, rows: Sequence[Json], *, by: str, at: datetime
) -> dict[int, int]:
    """Insert leads and their first owners; return lead ids by intake id."""
    if not rows:
        return {}
    columns = ", ".join(_NEW_COLUMNS)
    found = session.execute(
        text(
            f"with made as (insert into lead ({columns}) select {columns}"  # noqa: S608 (constants)
            " from jsonb_populate_recordset(null::lead, cast(:rows as jsonb)) order by intake_id"
            " returning id, intake_id, owner_id), owned as (insert into owner_change"
            ' (lead_id, from_id, to_id, "by", at) select id, null, owner_id, :by, :at from made'
            " where owner_id is not null)"
            " select intake_id, id from made"
        ),
        {"rows": as_rows(rows), "by": by, "at": at},
    )
    return {row[0]: row[1] for row in found}


def lock_leads(session: Session, lead_ids: Iterable[int]) -> dict[int, Json]:
    """Return the leads' columns as they are, locked until the transaction ends."""
    found = session.execute(
        text("select * from lead where id = any(:ids) order by id for update"),
        {"ids": list(lead_ids)},
    )
    return {row["id"]: dict(row) for row in found.mappings()}


def update_leads(
    session: Session, rows: Sequence[Json], changes: dict[int, Json], *, by: str, at: datetime
) -> None:
    """Write the leads' facts and what changed of them.

    Args:
        rows: `id` and every column of `FACT_COLUMNS`, with row_hash, changed_at and enriched_at.
        changes: `{column: [before, after]}` by lead id; kept as history.
    """
    if rows:
        assignments = ", ".join(f"{column} = r.{column}" for column in _CHANGED_COLUMNS)
        session.execute(
            text(
                f"update lead set {assignments}"  # noqa: S608 (constants)
                " from jsonb_populate_recordset(null::lead, cast(:rows as jsonb)) r"
                " where lead.id = r.id"
            ),
            {"rows": as_rows(rows)},
        )
    record_changes(session, changes, by=by, at=at)


def record_changes(session: Session, changes: dict[int, Json], *, by: str, at: datetime) -> None:
    """Keep what changed on leads, `{column: [before, after]}` by lead id, as history."""
    if changes:
        rows = as_rows(
            {"lead_id": lead, "at": at, "by": by, "changes": change}
            for lead, change in changes.items()
        )
        session.execute(
            text(
                'insert into lead_change (lead_id, at, "by", changes)'
                ' select lead_id, at, "by", changes'
                " from jsonb_populate_recordset(null::lead_change, cast(:rows as jsonb))"
            ),
            {"rows": rows},
        )


def requeue_leads(
    session: Session,
    lead_ids: Iterable[int],
    *,
    reason: str,
    by: str,
    at: datetime,
    places: Sequence[str] = ("nurture", "quarantined"),
) -> list[int]:
    """Move those of the leads that are in one of the places back to waiting; return them.

    The CRM's status stays; an open quarantine row of such a lead is resolved. Leads elsewhere are
    left where they are.
    """
    moved = session.execute(
        text(
            """
            with moving as (
                select id, status, place from lead
                where id = any(:ids) and place = any(:places)
                  and status <> 'suspect' for update),
            told as (
                insert into status_change
                    (lead_id, from_status, to_status, from_place, to_place, reason, "by", at)
                select id, status, status, place, 'waiting', :reason, :by, :at from moving),
            freed as (
                update quarantine set resolved_at = :at, resolution = :reason
                where resolved_at is null and lead_id in (
                    select id from moving where place = 'quarantined'))
            update lead set place = 'waiting', place_reason = :reason, check_in_on = null,
                changed_at = :at
            from moving where lead.id = moving.id returning lead.id
            """
        ),
        {
            "ids": list(lead_ids),
            "places": list(places),
            "reason": reason,
            "by": by,
            "at": at,
        },
    )
    return sorted(moved.scalars())


def insert_opt_outs(
    session: Session, addresses: Iterable[str], *, source: str, reason: str, at: datetime
) -> int:
    """Record that mail to these addresses is unwanted (I4, B9); return how many are new."""
    result = session.execute(
        text(
            "insert into opt_out (address, channel, source, reason, at)"
            " select address, 'email', :source, :reason, :at"
            " from unnest(cast(:addresses as text[])) as t (address)"
            " on conflict (address, channel) do update set source = excluded.source,"
            " reason = excluded.reason, at = excluded.at, spread_from = null"
            " where opt_out.spread_from is not null returning id"
        ),
        {"addresses": sorted(set(addresses)), "source": source, "reason": reason, "at": at},
    )
    return len(result.all())
