"""Takes a set of read rows in: which are new, changed, the same, somebody else's or refused.

One transaction a set. Everything that was taken in keeps one intake row, and has a lead or an open
quarantine row (I5). The same rows taken in again change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from baton.domain.lead import LeadStatus, Place
from baton.intake.changing import apply_changes
from baton.intake.mapping import Columns
from baton.intake.owners import Owners
from baton.intake.planning import Arrival, Plan, external_ids, plan_for
from baton.intake.records import LeadRecord, RefusedRow, hashed
from baton.store import intake as store
from baton.store.intake import Known
from baton.store.merging import DUPLICATE_OF
from baton.store.quarantine import insert_quarantined, resolve_quarantined
from baton.store.tables import Json

BY: Final = "import"


@dataclass(slots=True)
class Tally:
    """What became of rows; the five add up to the rows taken."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    duplicates: int = 0

    @property
    def rows(self) -> int:
        """How many rows were taken."""
        return self.created + self.updated + self.unchanged + self.quarantined + self.duplicates

    def add(self, other: Tally) -> None:
        """Count another set's rows too."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.quarantined += other.quarantined
        self.duplicates += other.duplicates


@dataclass(slots=True)
class Seen:
    """Which leads a file has named so far, as hashes: 100 bytes a row at most."""

    keys: set[int] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    emails: set[int] = field(default_factory=set)


def take(
    session: Session,
    rows: Iterable[LeadRecord | RefusedRow],
    columns: Columns,
    *,
    at: datetime,
    seen: Seen,
) -> Tally:
    """Take rows in, within the session's transaction; return what became of them.

    Args:
        rows: At most some thousands.
        columns: How the rows were read; kept with what goes to quarantine.
        at: Aware UTC instant of the intake.
        seen: The rows of the same file before these; grows.
    """
    store.lock_intake(session)
    arrivals: list[Arrival] = []
    refused: list[RefusedRow] = []
    tally = Tally()
    for row in rows:
        if isinstance(row, RefusedRow):
            again = hash(row.key) in seen.keys
            refused.append(replace(row, key=f"lead:row:{hashed(row.row)}") if again else row)
            continue
        arrival = _arrival(row, seen)
        if arrival is None:
            tally.unchanged += 1
        else:
            arrivals.append(arrival)
    tally.add(_take_refused(session, refused, columns, at=at))
    tally.add(take_records(session, arrivals, at=at))
    return tally


def _arrival(record: LeadRecord, seen: Seen) -> Arrival | None:
    """Return the record under its key, or None for a row that the file has twice."""
    same_row = hash((record.key, record.row_hash))
    if same_row in seen.rows:
        return None
    seen.rows.add(same_row)
    arrival = Arrival(record, record.key, email_seen=hash(record.email) in seen.emails)
    if hash(record.key) in seen.keys:
        arrival.same_as = record.key
        arrival.key = f"lead:row:{record.row_hash}"
    seen.keys.add(hash(record.key))
    if record.email:
        seen.emails.add(hash(record.email))
    return arrival


def _take_refused(
    session: Session, refused: Sequence[RefusedRow], columns: Columns, *, at: datetime
) -> Tally:
    known = store.known_by_key(session, [row.key for row in refused])
    tally = Tally()
    fresh: dict[str, RefusedRow] = {}
    for row in refused:
        before = known.get(row.key)
        if (before and before.quarantined_row == row.row) or row.key in fresh:
            tally.unchanged += 1
        else:
            fresh[row.key] = row
            tally.quarantined += 1
    if not fresh:
        return tally
    replaced = [known[key].quarantine_id for key in fresh if key in known and known[key].is_open]
    resolve_quarantined(
        session, [id_ for id_ in replaced if id_], resolution="a newer row came", at=at
    )
    unknown = [(row.source, row.key) for row in fresh.values() if row.key not in known]
    ids = store.insert_intakes(session, unknown, at) if unknown else {}
    mapping = columns.model_dump(mode="json")
    rows: list[Json] = [
        {
            "intake_id": ids[key] if key in ids else known[key].intake_id,
            "lead_id": known[key].lead_id if key in known and known[key].stands_still else None,
            "source": row.source,
            "row_number": row.row_number,
            "field": row.refusal.field,
            "value": row.refusal.value,
            "reason": row.refusal.reason,
            "row": row.row,
            "mapping": mapping,
            "at": at,
        }
        for key, row in fresh.items()
    ]
    insert_quarantined(session, rows)
    return tally


def take_records(session: Session, arrivals: Sequence[Arrival], *, at: datetime) -> Tally:
    """Make or change the leads of records; return what became of them."""
    if not arrivals:
        return Tally()
    known = store.known_by_key(session, {key for a in arrivals for key in (a.key, a.record.key)})
    emails = {a.record.email for a in arrivals if a.record.email}
    holders = store.holders_by_email(session, emails)
    external = store.leads_by_external_id(session, external_ids(arrivals))
    plan = plan_for(arrivals, known, holders, external)
    made = _insert_new(session, plan, known, at=at)
    _insert_duplicates(session, plan, known, made, at=at)
    taken = {email: holder.lead_id for email, holder in holders.items()} | made.by_email
    updated = apply_changes(session, plan.changes, taken_emails=taken, by=BY, at=at)
    resolve_quarantined(session, plan.mended, resolution="mended", at=at)
    _record_opt_outs(session, arrivals, at=at)
    return Tally(
        created=len(plan.new),
        updated=updated,
        unchanged=plan.unchanged + len(plan.changes) - updated,
        duplicates=len(plan.duplicates),
    )


@dataclass(slots=True)
class _Made:
    """Leads that this set made."""

    by_key: dict[str, int] = field(default_factory=dict)
    by_email: dict[str, int] = field(default_factory=dict)


def _insert_new(session: Session, plan: Plan, known: dict[str, Known], *, at: datetime) -> _Made:
    intakes = _intakes(session, [arrival for arrival, _ in plan.new], known, at=at)
    owners = Owners(session)
    rows = [
        _row(arrival.record, intakes[arrival.key], owners, at=at) | {"external_id": external_id}
        for arrival, external_id in plan.new
    ]
    leads = store.insert_leads(session, rows, by=BY, at=at)
    made = _Made()
    for arrival, _ in plan.new:
        made.by_key[arrival.key] = leads[intakes[arrival.key]]
        if arrival.record.email:
            made.by_email[arrival.record.email] = made.by_key[arrival.key]
    return made


def _insert_duplicates(
    session: Session, plan: Plan, known: dict[str, Known], made: _Made, *, at: datetime
) -> None:
    arrivals = [arrival for arrival, _ in plan.duplicates]
    intakes = _intakes(session, arrivals, known, at=at)
    owners = Owners(session)
    rows = []
    for arrival, original in plan.duplicates:
        record = arrival.record
        first = original or made.by_key.get(arrival.same_as or "")
        first = first or made.by_email[record.email or ""]
        row = _row(record, intakes[arrival.key], owners, at=at)
        row["duplicate_of"] = first
        row["place"] = Place.CLOSED
        row["place_reason"] = f"{DUPLICATE_OF}{first}"
        # The id stays with the lead that has it; this one keeps it as a fact.
        row["custom"] = row["custom"] | {"external_id": record.external_id}
        rows.append(row)
    store.insert_leads(session, rows, by=BY, at=at)


def _intakes(
    session: Session, arrivals: Sequence[Arrival], known: dict[str, Known], *, at: datetime
) -> dict[str, int]:
    """Return the intake ids of arrivals by key; those that are not known are inserted."""
    unknown = {a.key: a.record.source for a in arrivals if a.key not in known}
    ids = {a.key: known[a.key].intake_id for a in arrivals if a.key in known}
    if unknown:
        ids |= store.insert_intakes(session, [(s, key) for key, s in unknown.items()], at)
    return ids


def _row(record: LeadRecord, intake_id: int, owners: Owners, *, at: datetime) -> Json:
    custom = dict(record.custom)
    owner_id = owners.named(record.owner)
    if record.owner and owner_id is None:
        custom["owner"] = record.owner
    return {
        **record.facts,
        "custom": custom,
        "intake_id": intake_id,
        "status": LeadStatus.NEW,
        "place": Place.WAITING,
        "owner_id": owner_id or owners.in_turn(intake_id),
        "row_hash": record.row_hash,
        "created_at": record.created_at or at,
        "changed_at": at,
    }


def _record_opt_outs(session: Session, arrivals: Iterable[Arrival], *, at: datetime) -> None:
    """Keep the wishes of rows for ever, also of unchanged ones; none is ever taken back here."""
    addresses = [a.record.email for a in arrivals if a.record.opted_out and a.record.email]
    if addresses:
        store.insert_opt_outs(
            session, addresses, source="import", reason="opted out in the imported file", at=at
        )
