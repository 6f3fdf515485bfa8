"""Tries again what is in quarantine, with corrections or without; each row by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.domain.lead import Place
from baton.errors import InputError
from baton.intake.changing import Change, apply_changes
from baton.intake.cleaning import read_cells
from baton.intake.columns import BATON, LEAD_FIELDS, plain
from baton.intake.importing import columns_of
from baton.intake.mapping import Columns
from baton.intake.planning import Arrival
from baton.intake.reading import RawRow
from baton.intake.records import LeadRecord, Refusal, RefusedRow
from baton.intake.taking import take_records
from baton.intake.touching import SOURCE as TOUCHES
from baton.intake.touching import read_touch, take_touches, touch_columns
from baton.store.intake import FACT_COLUMNS, holders_by_email, lock_intake, lock_leads
from baton.store.leads import lead_for_update
from baton.store.quarantine import (
    QuarantinedRow,
    open_rows,
    refuse_again,
    release_lead,
    resolve_quarantined,
)
from baton.store.touches import leads_by_reference


@dataclass(frozen=True, slots=True)
class RetryResult:
    """What became of the rows that were tried; `tried` is the sum of the others."""

    tried: int
    mended: int
    refused: int


def retry(
    engine: Engine,
    ids: Iterable[int] | None = None,
    corrections: Mapping[str, str] | None = None,
    *,
    by: str,
    at: datetime,
) -> RetryResult:
    """Try rows in quarantine again; those that are in order now become leads or touches.

    A lead that a gate refused gets the corrections and waits for qualification, where its gate
    looks again. A row that is still not in order stays, with its present reason.

    Args:
        ids: Which rows; None tries all.
        corrections: New values by the file's column or by Baton's, the same for each row.
        by: Who corrects, for the history.
        at: Aware UTC instant.

    Raises:
        NotFoundError: One of `ids` is not in quarantine.
        InputError: A correction names a column that does not exist.
    """
    with Session(engine) as session:
        rows = open_rows(session, ids)
    mended = 0
    for row in rows:
        with Session(engine) as session, session.begin():
            lock_intake(session)
            refusal = _try(session, row, corrections or {}, by=by, at=at)
            if refusal is None:
                mended += 1
            else:
                refuse_again(
                    session,
                    row,
                    field=refusal.field,
                    value=refusal.value,
                    reason=refusal.reason,
                )
    return RetryResult(len(rows), mended, len(rows) - mended)


def _try(
    session: Session,
    row: QuarantinedRow,
    corrections: Mapping[str, str],
    *,
    by: str,
    at: datetime,
) -> Refusal | None:
    """Take the row out of quarantine and return None, or return why it must stay."""
    if row.lead_id is not None:
        return _release(session, row.lead_id, corrections, by=by, at=at)
    if row.source == TOUCHES:
        return _try_touch(session, row, corrections, at=at)
    read = _read(row, corrections)
    if isinstance(read, RefusedRow):
        return read.refusal
    take_records(session, [Arrival(read, row.key)], at=at)
    return None


def _read(row: QuarantinedRow, corrections: Mapping[str, str]) -> LeadRecord | RefusedRow:
    """Read the row as its file was read, with the corrections in place.

    Without corrections, a row with too many or too few cells stays what it is; with them, somebody
    has looked at it, and what it lacks is blank.
    """
    columns = Columns.model_validate(row.mapping)
    number = row.row_number or 0
    if not corrections and set(row.row) != set(columns.headers):
        refusal = Refusal(row.field, row.value, row.reason)
        return RefusedRow(number, row.source, row.key, row.row, refusal)
    cells = [row.row.get(header, "") for header in columns.headers]
    for name, value in corrections.items():
        columns = _correct(cells, columns, name, value)
    return read_cells(cells, columns, row_number=number, row=row.row)


def _correct(cells: list[str], columns: Columns, name: str, value: str) -> Columns:
    """Put the value into its cell; return the columns, with one more if there was no such cell."""
    by_name = {plain(header): position for position, header in enumerate(columns.headers)}
    field = BATON.get(plain(name))
    if plain(name) in by_name:
        cells[by_name[plain(name)]] = value
        return columns
    if field is None:
        raise InputError(
            f"There is no column {name!r} to correct; the row has {', '.join(columns.headers)}, "
            f"and a lead has {', '.join(each.replace(' ', '_') for each in BATON)}."
        )
    for position in columns.fields.get(field, ()):
        cells[position] = ""
    cells.append(value)
    positions = (*columns.fields.get(field, ()), len(cells) - 1)
    return columns.model_copy(update={"fields": columns.fields | {field: positions}})


def _release(
    session: Session,
    lead_id: int,
    corrections: Mapping[str, str],
    *,
    by: str,
    at: datetime,
) -> Refusal | None:
    if corrections:
        refusal = _change(session, lead_id, corrections, by=by, at=at)
        if refusal:
            return refusal
    # A change has let the lead out already; what changed nothing is tried as it is.
    if lead_for_update(session, lead_id).place == Place.QUARANTINED:
        release_lead(session, lead_id, resolution="tried again", by=by, at=at)
    return None


def _change(
    session: Session, lead_id: int, corrections: Mapping[str, str], *, by: str, at: datetime
) -> Refusal | None:
    """Give the lead the corrected values, or return why they cannot be taken."""
    lead = lock_leads(session, [lead_id])[lead_id]
    said: dict[str, str] = {
        str(name): str(lead[name]) for name in FACT_COLUMNS if name in LEAD_FIELDS and lead[name]
    }
    values = said | dict(corrections)
    columns = columns_of(tuple(values), "gate", None)
    read = read_cells(list(values.values()), columns, row_number=0, row=values)
    if isinstance(read, RefusedRow):
        return read.refusal
    # The hash stays the file's: its next import must not undo what a person corrected.
    record = replace(read, row_hash=lead["row_hash"] or "")
    holders = holders_by_email(session, [record.email] if record.email else [])
    taken = {email: holder.lead_id for email, holder in holders.items()}
    if record.email and taken.get(record.email, lead_id) != lead_id:
        reason = f"it belongs to lead {taken[record.email]}"
        return Refusal("email", record.email, reason)
    apply_changes(session, [Change(lead_id, record)], taken_emails=taken, by=by, at=at)
    return None


def _try_touch(
    session: Session, row: QuarantinedRow, corrections: Mapping[str, str], *, at: datetime
) -> Refusal | None:
    headers = tuple((row.mapping or {}).get("headers", row.row))
    positions = touch_columns(headers, "the touch")
    cells = [row.row.get(header, "") for header in headers]
    for name, value in corrections.items():
        if plain(name) not in map(plain, headers):
            raise InputError(
                f"There is no column {name!r} to correct; the touch has {', '.join(headers)}."
            )
        cells[[plain(header) for header in headers].index(plain(name))] = value
    touch = read_touch(RawRow(row.row_number or 0, cells), headers, positions)
    if isinstance(touch, RefusedRow):
        return touch.refusal
    if not leads_by_reference(session, touch.references):
        return Refusal("external_id", touch.references[0], "there is no such lead")
    take_touches(session, [touch], at=at)
    resolve_quarantined(session, [row.id], resolution="mended", at=at)
    return None
