"""Imports the attendee list of an event: who came and what each asked, as touches (B6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.domain.clock import Clock
from baton.errors import InputError
from baton.intake.columns import plain
from baton.intake.importing import SET_SIZE, Progress, in_sets
from baton.intake.reading import RawRow, open_table
from baton.intake.touching import TouchResult, read_touch, take_touches

_NAMES: Final = {
    "external_id": ("external id", "record id", "lead id", "contact id", "id"),
    "email": ("email", "email address", "e-mail"),
    "at": ("at", "date", "join time", "joined at", "attended at", "timestamp", "time"),
    "attended": ("attended", "attendance", "attendance status", "status", "joined"),
    "asked": ("asked", "question", "questions", "questions & comments", "comment", "comments"),
}
_TOUCH: Final = ("external_id", "email", "kind", "at", "detail")
_CAME: Final = frozenset({"yes", "y", "true", "1", "x", "attended", "joined", "present"})
_STAYED_AWAY: Final = frozenset(
    {"no", "n", "false", "0", "registered", "absent", "no show", "no-show", "did not attend"}
)


@dataclass(frozen=True, slots=True)
class Event:
    """What was held.

    Attributes:
        name: What people call it; without ": ", which ends it in a touch's detail.
        kind: The touch of who came, such as webinar.
        at: When it was (aware UTC), for rows that do not say; None if they all must.
    """

    name: str
    kind: str = "webinar"
    at: datetime | None = None


@dataclass(slots=True)
class EventResult:
    """What became of a file's rows."""

    touches: TouchResult
    absent: int = 0


def import_event(
    engine: Engine, path: Path, event: Event, *, clock: Clock, progress: Progress | None = None
) -> EventResult:
    """Take in who attended an event; the same file again changes nothing.

    Columns: external_id or email; at, unless the event says when it was; attended (yes or no;
    without it everybody came); asked. Who stayed away is counted and did nothing.

    Raises:
        InputError: It is no CSV file, a column is missing, or the event's name cannot be kept.
    """
    _check(event)
    table = open_table(path)
    columns = _columns(table.headers, path.name, event)
    at = clock.now()
    result = EventResult(TouchResult())
    for rows in in_sets(table.rows(), SET_SIZE):
        came = [row for row in rows if not _stayed_away(row, columns)]
        result.absent += len(rows) - len(came)
        touches = [_as_touch(row, columns, len(table.headers), event) for row in came]
        places = {name: place for place, name in enumerate(_TOUCH)}
        with Session(engine) as session, session.begin():
            read = [read_touch(touch, _TOUCH, places) for touch in touches]
            result.touches.add(take_touches(session, read, at=at))
        if progress:
            progress(table.bytes_done, table.total_bytes, result.touches.rows + result.absent)
    return result


def _check(event: Event) -> None:
    if not event.name.strip() or ": " in event.name:
        raise InputError("Give the event a name without ': ', such as 'Routing leads fairly'.")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", event.kind):
        raise InputError(f"{event.kind!r} is not a kind of touch, such as webinar.")
    if event.at is not None and event.at.tzinfo is None:
        raise InputError("The event's time has no zone; give it in UTC.")


def _columns(headers: Sequence[str], file: str, event: Event) -> dict[str, int]:
    names = [plain(header) for header in headers]
    found = {
        field: next(names.index(name) for name in known if name in names)
        for field, known in _NAMES.items()
        if any(name in names for name in known)
    }
    missing = [] if found.keys() & {"external_id", "email"} else ["external_id or email"]
    if event.at is None and "at" not in found:
        missing.append("at (or say when the event was: --at)")
    if missing:
        raise InputError(
            f"{file} has no column {' and no '.join(missing)}; it has {', '.join(headers)}."
        )
    return found


def _stayed_away(row: RawRow, columns: dict[str, int]) -> bool:
    """Tell whether the row says so; what is not understood goes on, and is refused."""
    place = columns.get("attended")
    said = row.cells[place].strip().lower() if _has(row, place) and place is not None else ""
    return said in _STAYED_AWAY


def _has(row: RawRow, place: int | None) -> bool:
    return place is not None and row.broken is None and place < len(row.cells)


def _as_touch(row: RawRow, columns: dict[str, int], width: int, event: Event) -> RawRow:
    """Return the row as one of a file of touches, so that it is mended like one."""
    if row.broken or len(row.cells) != width:
        reason = row.broken or f"wrong number of fields: {len(row.cells)} instead of {width}"
        return _unusable(row, reason)
    said = {field: row.cells[place].strip() for field, place in columns.items()}
    attended = said.get("attended", "yes").lower() or "yes"
    if attended not in _CAME:
        return _unusable(row, f"attended {attended!r} is neither yes nor no")
    asked = " ".join(said.get("asked", "").split())
    at = said.get("at") or (event.at.astimezone(UTC).isoformat() if event.at else "")
    detail = f"{event.name}: {asked}" if asked else event.name
    cells = [said.get("external_id", ""), said.get("email", ""), event.kind, at, detail]
    return RawRow(row.number, cells)


def _unusable(row: RawRow, reason: str) -> RawRow:
    return RawRow(row.number, [",".join(row.cells)], reason)
