"""Changes leads that are known: what a new row says differently, with history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from baton.intake.records import LeadRecord
from baton.store.intake import FACT_COLUMNS, lock_leads, requeue_leads, update_leads
from baton.store.tables import Json

# What enrichment derives from a column, and must derive anew when that changes.
_DERIVED: Final = {
    "title": ("seniority", "function"),
    "phone": ("phone_e164",),
    "country": ("phone_e164", "time_zone"),
    "email": ("domain",),
}
REASON: Final = "its facts changed"


@dataclass(frozen=True, slots=True)
class Change:
    """A row that says something about a lead that is known.

    Attributes:
        external_id: The id that the lead gets, if it had none.
    """

    lead_id: int
    record: LeadRecord
    external_id: str | None = None


def apply_changes(
    session: Session,
    changes: Sequence[Change],
    *,
    taken_emails: dict[str, int],
    by: str,
    at: datetime,
) -> int:
    """Bring leads to what their rows say; return how many really changed.

    A blank cell says nothing and erases nothing. Owner, status and place are not a file's to
    change, but a changed lead that is in nurture or in quarantine waits for qualification again.

    Args:
        taken_emails: Which lead each address belongs to. A row cannot take another lead's address:
            the rest of it counts, and the next import tries again.
        by: Who changes, for the history.
        at: Aware UTC instant of the change.
    """
    if not changes:
        return 0
    present = lock_leads(session, {change.lead_id for change in changes})
    history: dict[int, Json] = {}
    for change in changes:
        lead = present[change.lead_id]
        after = _after(lead, change, taken_emails)
        different = {
            name: [lead[name], after[name]] for name in FACT_COLUMNS if lead[name] != after[name]
        }
        if different:
            history[lead["id"]] = _joined(history.get(lead["id"], {}), different)
            after |= {"changed_at": at, "enriched_at": None}
        present[change.lead_id] = after
    rows = [
        {
            name: lead[name]
            for name in ("id", "row_hash", "changed_at", "enriched_at", *FACT_COLUMNS)
        }
        for lead in present.values()
    ]
    update_leads(session, rows, history, by=by, at=at)
    requeue_leads(session, history, reason=REASON, by=by, at=at)
    return len(history)


def _joined(first: Json, second: Json) -> Json:
    """Return two changes of one lead as one: from the first's before to the second's after."""
    both = dict(first)
    for name, (before, after) in second.items():
        both[name] = [first[name][0] if name in first else before, after]
    return both


def _after(lead: Json, change: Change, taken_emails: dict[str, int]) -> Json:
    record = change.record
    said: Json = dict(record.facts)
    refused = False
    email = record.email
    if email and email != lead["email"]:
        refused = taken_emails.setdefault(email, lead["id"]) != lead["id"]
        if refused:
            del said["email"]
    if change.external_id:
        said["external_id"] = change.external_id
    after = lead | said | {"custom": lead["custom"] | record.custom}
    for source, derived in _DERIVED.items():
        if after[source] != lead[source]:
            after |= {name: None for name in derived if name not in said}
    if not refused:
        after["row_hash"] = record.row_hash
    return after
