"""Rows and leads that cannot go on, and the ways in and out of quarantine."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from baton.domain.lead import LeadStatus, Place
from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.intake import FACT_COLUMNS, as_rows
from baton.store.leads import lead_for_update, move_lead, wait_again
from baton.store.tables import Json, Lead, Quarantine


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """An open quarantine row.

    Attributes:
        lead_id: The lead that stands still, or None for a row that never became one.
        source: Where it came from: `hubspot`, `touches`, `gate` ...
        row: The whole row, by the file's columns.
        mapping: How those columns are read, or None.
    """

    id: int
    intake_id: int
    key: str
    lead_id: int | None
    source: str
    row_number: int | None
    field: str
    value: str | None
    reason: str
    row: Json
    mapping: Json | None
    at: datetime


def open_rows(
    session: Session, ids: Iterable[int] | None = None, *, limit: int | None = None
) -> list[QuarantinedRow]:
    """Return what is in quarantine now, oldest first; `ids` asks for these only.

    Raises:
        NotFoundError: One of `ids` is not in quarantine.
    """
    wanted = None if ids is None else sorted(set(ids))
    found = session.execute(
        text(
            """
            select q.id, q.intake_id, i.key, q.lead_id, q.source, q.row_number, q.field, q.value,
                   q.reason, q.row, q.mapping, q.at
            from quarantine q join intake i on i.id = q.intake_id
            where q.resolved_at is null and (cast(:ids as bigint[]) is null or q.id = any(:ids))
            order by q.id limit :limit
            """
        ),
        {"ids": wanted, "limit": limit},
    )
    rows = [QuarantinedRow(*row) for row in found]
    missing = sorted(set(wanted or ()) - {row.id for row in rows})
    if missing:
        raise NotFoundError(
            f"Not in quarantine: {', '.join(map(str, missing))}. See 'baton quarantine list'."
        )
    return rows


def insert_quarantined(session: Session, rows: Sequence[Json]) -> None:
    """Put rows into quarantine; each has every column but id and resolution."""
    columns = "intake_id, lead_id, source, row_number, field, value, reason, row, mapping, at"
    session.execute(
        text(
            f"insert into quarantine ({columns}) select {columns}"  # noqa: S608 (constants)
            " from jsonb_populate_recordset(null::quarantine, cast(:rows as jsonb))"
        ),
        {"rows": as_rows(rows)},
    )


def resolve_quarantined(
    session: Session, ids: Iterable[int], *, resolution: str, at: datetime
) -> None:
    """Take rows out of quarantine; `resolution` says why. They stay as history."""
    session.execute(
        update(Quarantine)
        .where(Quarantine.id.in_(list(ids)), Quarantine.resolved_at.is_(None))
        .values(resolved_at=at, resolution=resolution)
        .execution_options(synchronize_session="fetch")
    )


def refuse_again(
    session: Session, row: QuarantinedRow, *, field: str, value: str | None, reason: str
) -> None:
    """Say why a row that was tried again still cannot go on."""
    session.execute(
        update(Quarantine)
        .where(Quarantine.id == row.id)
        .values(field=field, value=value, reason=reason)
        .execution_options(synchronize_session=False)
    )


def quarantine_lead(
    session: Session, lead_id: int, *, field: str, value: str | None, reason: str, at: datetime
) -> int:
    """Put a lead into quarantine, for instance after a refused gate; return the row's id.

    The caller ends the lead's open hand-off in the same transaction (I5).

    Raises:
        NotFoundError: No such lead.
        RefusedError: An AE owns the lead, or it is closed.
    """
    lead = lead_for_update(session, lead_id)
    if lead.place in (Place.WITH_AE, Place.CLOSED):
        raise RefusedError(
            f"Lead {lead_id} is {lead.place}: only a lead that waits, is in nurture or in a "
            "hand-off can be put into quarantine."
        )
    # One open row an intake: a refused update of this lead gives way to the lead itself.
    earlier = session.scalars(
        select(Quarantine.id).where(
            Quarantine.intake_id == lead.intake_id, Quarantine.resolved_at.is_(None)
        )
    ).all()
    resolve_quarantined(session, earlier, resolution="refused again", at=at)
    row = Quarantine(
        intake_id=lead.intake_id,
        lead_id=lead.id,
        source="gate",
        field=field,
        value=value,
        reason=reason,
        row={name: getattr(lead, name) for name in FACT_COLUMNS},
        at=at,
    )
    session.add(row)
    if lead.place != Place.QUARANTINED:
        move_lead(
            session,
            lead,
            status=_status_outside_hand_off(lead),
            place=Place.QUARANTINED,
            reason=f"{field}: {reason}",
            by="gate",
            at=at,
        )
    session.flush()
    return row.id


def _status_outside_hand_off(lead: Lead) -> LeadStatus:
    """Return the status of a lead whose hand-off ends without a meeting's outcome."""
    status = LeadStatus(lead.status)
    return LeadStatus.MARKETING_QUALIFIED if status is LeadStatus.SUSPECT else status


def release_lead(session: Session, lead_id: int, *, resolution: str, by: str, at: datetime) -> None:
    """Let a lead out of quarantine: it waits for qualification again.

    Raises:
        NotFoundError: No such lead.
        RefusedError: The lead is not in quarantine.
    """
    lead = lead_for_update(session, lead_id)
    if lead.place != Place.QUARANTINED:
        raise RefusedError(f"Lead {lead_id} is {lead.place}, not in quarantine.")
    ids = session.scalars(
        select(Quarantine.id).where(Quarantine.lead_id == lead_id, Quarantine.resolved_at.is_(None))
    ).all()
    resolve_quarantined(session, ids, resolution=resolution, at=at)
    wait_again(session, lead, reason=resolution, by=by, at=at)
    session.flush()


def export(session: Session, path: Path) -> int:
    """Write what is in quarantine as CSV: the original columns, then field, value and reason.

    Mended, the file can be imported again. Returns how many rows it has.

    Raises:
        InputError: The file cannot be written.
    """
    rows = open_rows(session)
    columns: dict[str, None] = {}
    for row in rows:
        order = (row.mapping or {}).get("headers", [])
        columns |= dict.fromkeys([*(name for name in order if name in row.row), *row.row])
    why = ("id", "row_number", "field", "value", "reason")
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*columns, *(f"quarantine_{name}" for name in why)])
            for row in rows:
                original = [row.row.get(name, "") for name in columns]
                writer.writerow([*original, *(getattr(row, name) for name in why)])
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}.") from error
    return len(rows)
