"""Imports what leads did: each touch once, the ones of nobody we know to quarantine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.domain.clock import Clock
from baton.errors import InputError
from baton.intake.cleaning import MAX_VALUE, storable, whole_row
from baton.intake.columns import plain
from baton.intake.dates import instant
from baton.intake.importing import SET_SIZE, Progress, in_sets
from baton.intake.reading import RawRow, open_table
from baton.intake.records import Refusal, RefusedRow, hashed
from baton.store import intake as store
from baton.store.quarantine import insert_quarantined, resolve_quarantined
from baton.store.tables import Json
from baton.store.touches import insert_touches, leads_by_reference, mark_changed

SOURCE: Final = "touches"
_NAMES: Final = {
    "external_id": ("external id", "record id", "lead id", "contact id", "id"),
    "email": ("email",),
    "kind": ("kind", "touch", "type", "activity", "activity type", "event"),
    "at": ("at", "date", "time", "timestamp", "occurred at", "activity date"),
    "detail": ("detail", "details", "description", "subject", "url"),
}
_KIND = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Mail that somebody unsubscribed from is mail that is not wanted (B9).
_OPTING_OUT: Final = "unsubscribed"


@dataclass(slots=True)
class TouchResult:
    """What became of a file's rows; `rows` is the sum of the others."""

    created: int = 0
    unchanged: int = 0
    quarantined: int = 0

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return self.created + self.unchanged + self.quarantined

    def add(self, other: TouchResult) -> None:
        """Count another set's rows too."""
        self.created += other.created
        self.unchanged += other.unchanged
        self.quarantined += other.quarantined


@dataclass(frozen=True, slots=True)
class TouchRecord:
    """What a row says: who (external id and address, either may be missing) did what when."""

    row_number: int
    row: dict[str, str]
    references: tuple[str, ...]
    kind: str
    at: datetime
    detail: str

    @property
    def key(self) -> str:
        """What makes it the same touch in the next import, if it must go to quarantine."""
        return touch_key(self.row)


def touch_key(row: Mapping[str, str]) -> str:
    """Return the intake key of a touch's row; the prefix keeps it out of the count of leads."""
    return f"touch:{hashed(row)}"


def import_touches(
    engine: Engine, path: Path, *, clock: Clock, progress: Progress | None = None
) -> TouchResult:
    """Take in a CSV file of touches; the same file again changes nothing.

    Columns: external_id or email, kind, at (without a zone: UTC) and detail. A lead with a new
    touch is looked at again, also out of nurture.

    Raises:
        InputError: It is no CSV file, or a column is missing; nothing was taken in.
    """
    table = open_table(path)
    positions = touch_columns(table.headers, path.name)
    at = clock.now()
    result = TouchResult()
    for rows in in_sets(table.rows(), SET_SIZE):
        with Session(engine) as session, session.begin():
            read = [read_touch(row, table.headers, positions) for row in rows]
            result.add(take_touches(session, read, at=at))
        if progress:
            progress(table.bytes_done, table.total_bytes, result.rows)
    return result


def touch_columns(headers: Sequence[str], file: str) -> dict[str, int]:
    """Return where each of a touch's columns stands.

    Raises:
        InputError: There is no kind, no time, or neither an id nor an address.
    """
    names = [plain(header) for header in headers]
    positions = {
        field: next((names.index(name) for name in known if name in names), -1)
        for field, known in _NAMES.items()
    }
    found = {field: position for field, position in positions.items() if position >= 0}
    missing = [field for field in ("kind", "at") if field not in found]
    if not found.keys() & {"external_id", "email"}:
        missing.append("external_id or email")
    if missing:
        raise InputError(
            f"{file} has no column {' and no '.join(missing)}; it has {', '.join(headers)}. "
            "Touches have the columns external_id or email, kind, at and detail."
        )
    return found


def read_touch(
    raw: RawRow, headers: tuple[str, ...], positions: Mapping[str, int]
) -> TouchRecord | RefusedRow:
    """Return what the row says, or why it cannot be taken."""
    row = whole_row(raw, headers)
    if raw.broken or len(raw.cells) != len(headers):
        reason = raw.broken or (
            f"wrong number of fields: {len(raw.cells)} where the header has {len(headers)}"
        )
        return _refused(raw.number, row, Refusal("(row)", None, reason))
    said = {field: raw.cells[position].strip() for field, position in positions.items()}
    kind = said["kind"].lower().replace(" ", "_").replace("-", "_")
    at = instant(said["at"])
    detail = said.get("detail", "")
    references = tuple(
        reference
        for reference in (said.get("external_id", ""), said.get("email", "").lower())
        if reference
    )
    refusal = None
    if not references:
        refusal = Refusal("external_id", None, "no external id and no e-mail: whose touch is it?")
    elif not _KIND.fullmatch(kind):
        refusal = Refusal("kind", said["kind"], "not a kind of touch, such as demo_request")
    elif at is None:
        refusal = Refusal("at", said["at"], "not a date that can be told for sure")
    elif len(detail) > MAX_VALUE or any(storable(cell) != cell for cell in raw.cells):
        refusal = Refusal("detail", storable(detail[:200]), "too long, or not readable as text")
    if refusal or at is None:
        return _refused(raw.number, row, refusal or Refusal("at", said["at"], "no date"))
    return TouchRecord(raw.number, row, references, kind, at, detail)


def _refused(number: int, row: dict[str, str], refusal: Refusal) -> RefusedRow:
    return RefusedRow(number, SOURCE, touch_key(row), row, refusal)


def take_touches(
    session: Session, rows: Iterable[TouchRecord | RefusedRow], *, at: datetime
) -> TouchResult:
    """Take touches in, within the session's transaction; return what became of them."""
    store.lock_intake(session)
    refused: dict[str, RefusedRow] = {}
    records: list[TouchRecord] = []
    total = 0
    for row in rows:
        total += 1
        if isinstance(row, RefusedRow):
            refused[row.key] = row
        else:
            records.append(row)
    leads = leads_by_reference(session, {ref for record in records for ref in record.references})
    known_leads: list[tuple[int, TouchRecord]] = []
    for record in records:
        lead_id = next((leads[ref] for ref in record.references if ref in leads), None)
        if lead_id is None:
            refusal = Refusal("external_id", record.references[0], "there is no such lead")
            refused[record.key] = _refused(record.row_number, record.row, refusal)
        else:
            known_leads.append((lead_id, record))
    created = _insert(session, known_leads, at=at)
    quarantined = _quarantine(session, refused, at=at)
    return TouchResult(created, total - created - quarantined, quarantined)


def _insert(session: Session, touches: Sequence[tuple[int, TouchRecord]], *, at: datetime) -> int:
    rows: list[Json] = [
        {"lead_id": lead_id, "kind": touch.kind, "at": touch.at, "detail": touch.detail}
        for lead_id, touch in touches
    ]
    new = insert_touches(session, rows)
    lead_ids = sorted({lead_id for lead_id, _ in new})
    mark_changed(session, lead_ids, at)
    # Who is in nurture is judged there, and waits again only if it is ready.
    store.requeue_leads(
        session,
        lead_ids,
        reason="it did something new",
        by="import",
        at=at,
        places=("quarantined",),
    )
    _free_from_quarantine(session, [touch.key for _, touch in touches], at=at)
    opting_out = {lead_id for lead_id, touch in touches if touch.kind == _OPTING_OUT}
    if opting_out:
        leads = store.lock_leads(session, opting_out)
        addresses = [lead["email"] for lead in leads.values() if lead["email"]]
        store.insert_opt_outs(
            session, addresses, source="touches", reason="unsubscribed from mail", at=at
        )
    return len(new)


def _free_from_quarantine(session: Session, keys: Sequence[str], *, at: datetime) -> None:
    known = store.known_by_key(session, keys)
    ids = [each.quarantine_id for each in known.values() if each.is_open and each.quarantine_id]
    resolve_quarantined(session, ids, resolution="mended", at=at)


def _quarantine(session: Session, refused: Mapping[str, RefusedRow], *, at: datetime) -> int:
    known = store.known_by_key(session, refused)
    fresh = {key: row for key, row in refused.items() if key not in known}
    if not fresh:
        return 0
    ids = store.insert_intakes(session, [(SOURCE, key) for key in fresh], at)
    rows: list[Json] = [
        {
            "intake_id": ids[key],
            "source": SOURCE,
            "row_number": row.row_number,
            "field": row.refusal.field,
            "value": row.refusal.value,
            "reason": row.refusal.reason,
            "row": row.row,
            "mapping": {"headers": list(row.row)},
            "at": at,
        }
        for key, row in fresh.items()
    ]
    insert_quarantined(session, rows)
    return len(fresh)
