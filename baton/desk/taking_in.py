"""One lead or touch that came as JSON, on its way through the same intake as an imported file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baton.desk.bodies import LeadBody, TouchBody
from baton.errors import InputError
from baton.intake.cleaning import read_row
from baton.intake.columns import LEAD_FIELDS
from baton.intake.importing import columns_of
from baton.intake.reading import RawRow
from baton.intake.records import LeadRecord
from baton.intake.taking import Seen, Tally, take
from baton.intake.touching import read_touch, take_touches, touch_columns
from baton.runtime import Runtime
from baton.store.intake import holders_by_email, known_by_key
from baton.store.quarantine import open_rows


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the lead is in quarantine: the field, what it said, the reason."""

    field: str
    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class TakenLead:
    """What became of a lead.

    Attributes:
        result: `created`, `updated`, `unchanged`, `duplicate` or `quarantined`.
        lead_id: The lead; None in quarantine.
        refused: Set in quarantine.
    """

    result: str
    lead_id: int | None
    refused: Refused | None = None


def take_lead(runtime: Runtime, body: LeadBody) -> TakenLead:
    """Take one lead in; the same lead again changes nothing, another content updates it.

    What cannot be read goes to quarantine with its reason, like a row of a file.

    Raises:
        InputError: A fact in `custom` has the name of a lead's own field.
    """
    cells = _cells(body)
    columns = columns_of(tuple(cells), body.source, runtime.settings.default_country)
    read = read_row(RawRow(1, list(cells.values())), columns)
    with runtime.transaction() as session:
        tally = take(session, [read], columns, at=runtime.clock.now(), seen=Seen())
        if not isinstance(read, LeadRecord):
            refusal = read.refusal
            return TakenLead(
                "quarantined", None, Refused(refusal.field, refusal.value, refusal.reason)
            )
        known = known_by_key(session, [read.key]).get(read.key)
        lead_id = known.lead_id if known else None
        if lead_id is None and read.email:
            lead_id = holders_by_email(session, [read.email])[read.email].lead_id
    return TakenLead(_result(tally), lead_id)


def _cells(body: LeadBody) -> dict[str, str]:
    """Return the fields that were given and the facts of `custom`, as a file would write them."""
    confused = sorted(set(body.custom) & set(LEAD_FIELDS))
    if confused:
        raise InputError(f"{', '.join(confused)} in custom: give it as the lead's own field.")
    given = body.model_dump(include={*map(str, LEAD_FIELDS)}, exclude_none=True) | body.custom
    return {name: _written(value) for name, value in given.items()}


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str) else json.dumps(value)


def _result(tally: Tally) -> str:
    counts = {
        "created": tally.created,
        "updated": tally.updated,
        "duplicate": tally.duplicates,
        "unchanged": tally.unchanged,
    }
    return next(name for name, count in counts.items() if count)


def take_touch(runtime: Runtime, body: TouchBody) -> tuple[str, Refused | None]:
    """Take one touch in; the same touch again changes nothing.

    Returns:
        `created`, `unchanged` or `quarantined`, and in the last case why.
    """
    given = body.model_dump(exclude_none=True)
    cells = {name: _written(value) for name, value in given.items()}
    headers = tuple(cells)
    positions = touch_columns(headers, "the touch")
    read = read_touch(RawRow(1, list(cells.values())), headers, positions)
    with runtime.transaction() as session:
        result = take_touches(session, [read], at=runtime.clock.now())
        if result.created:
            return "created", None
        known = known_by_key(session, [read.key]).get(read.key)
        if known is None or known.quarantine_id is None or not known.is_open:
            return "unchanged", None
        (row,) = open_rows(session, [known.quarantine_id])
    return "quarantined", Refused(row.field, row.value, row.reason)
