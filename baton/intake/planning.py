"""Decides what becomes of records: new, changed, the same, or somebody else's. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from baton.intake.changing import Change
from baton.intake.records import LeadRecord
from baton.store.intake import Holder, Known


@dataclass(slots=True)
class Arrival:
    """A record on its way in.

    Attributes:
        key: Its intake key; not the record's own for a second row of the same lead in one file.
        same_as: The intake key of the file's first row for this lead, if this is not the first.
        email_seen: True when an earlier row of the file has the address.
    """

    record: LeadRecord
    key: str
    same_as: str | None = None
    email_seen: bool = False


@dataclass(slots=True)
class Plan:
    """What to do with the records of a set."""

    # With the external id that the lead gets.
    new: list[tuple[Arrival, str | None]] = field(default_factory=list)
    # With the lead that it duplicates; None if this set makes that lead.
    duplicates: list[tuple[Arrival, int | None]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    mended: list[int] = field(default_factory=list)


def plan_for(
    arrivals: Sequence[Arrival],
    known: dict[str, Known],
    holders: dict[str, Holder],
    external: dict[str, int],
) -> Plan:
    """Return what to do with records.

    Args:
        known: What was taken in before, by intake key, for each record's key and own key.
        holders: Which lead has each address.
        external: Which lead has each of `external_ids`.
    """
    plan = Plan()
    coming: set[str] = set()  # keys and addresses of the leads that this set makes
    used = set(external)
    for arrival in arrivals:
        record = arrival.record
        before = known.get(arrival.key)
        if before and before.is_open and not before.stands_still and before.quarantine_id:
            plan.mended.append(before.quarantine_id)
        holder = holders.get(record.email or "")
        is_same = before is None and holder is not None and _is_same_person(holder, arrival)
        lead_id = before.lead_id if before else None
        row_hash = before.row_hash if before else None
        new_id = None
        if is_same and holder:
            lead_id, row_hash = holder.lead_id, holder.row_hash
            new_id = None if holder.external_id else _free_id(record, used)
        if lead_id and row_hash == record.row_hash:
            plan.unchanged += 1
        elif lead_id:
            plan.changes.append(Change(lead_id, record, new_id))
        else:
            original = _original(arrival, known, holder, external)
            if original or arrival.same_as in coming or record.email in coming:
                plan.duplicates.append((arrival, original))
                continue
            plan.new.append((arrival, _free_id(record, used)))
            coming |= {arrival.key, record.email or arrival.key}
    return plan


def _is_same_person(holder: Holder, arrival: Arrival) -> bool:
    """True when a row with a known address is about that very lead, not a second record of it."""
    id_ = arrival.record.external_id
    if arrival.email_seen or arrival.same_as or holder.is_merged:
        return False
    return id_ is None or holder.external_id in (None, id_, f"{arrival.record.source}:{id_}")


def _original(
    arrival: Arrival, known: dict[str, Known], holder: Holder | None, external: dict[str, int]
) -> int | None:
    """Return the lead that this record names or whose address it has, if it is not its own."""
    record = arrival.record
    if arrival.key != record.key and record.key in known and known[record.key].lead_id:
        return known[record.key].lead_id
    if holder:
        return holder.lead_id
    id_ = record.external_id or ""
    return external.get(id_) if arrival.same_as else external.get(f"{record.source}:{id_}")


def _free_id(record: LeadRecord, used: set[str]) -> str | None:
    """Return the external id; with its source in front if another source has the same one."""
    id_ = record.external_id
    if id_ and id_ in used:
        id_ = f"{record.source}:{id_}"
    if id_:
        used.add(id_)
    return id_


def external_ids(arrivals: Iterable[Arrival]) -> set[str]:
    """Return the ids under which leads of these records may be known, with and without source."""
    ids = {a.record.external_id: a.record.source for a in arrivals if a.record.external_id}
    return set(ids) | {f"{source}:{id_}" for id_, source in ids.items()}
