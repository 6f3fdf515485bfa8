"""A real funnel: leads with their true origin, landing page, first contact and outcome.

It reads the two files of the "Marketing Funnel by Olist" from a folder that the user names. They
hold neither names nor addresses; `baton.demo.inventing` invents those, and says so on each lead.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path

from baton.errors import InputError

LEADS_FILE = "olist_marketing_qualified_leads_dataset.csv"
DEALS_FILE = "olist_closed_deals_dataset.csv"
LEADS_COLUMNS = ("mql_id", "first_contact_date", "landing_page_id", "origin")
DEALS_COLUMNS = ("mql_id", "sdr_id", "sr_id", "won_date")


@dataclass(frozen=True, slots=True)
class FunnelLead:
    """One lead of the funnel; everything here is real.

    Attributes:
        id: The funnel's own id.
        first_contact_on: The day on which it asked to be contacted.
        landing_page: Id of the page on which it did.
        origin: The channel, or None where the file says nothing or "unknown".
        won_at: When it became a customer (aware UTC), never before its first contact; None if
            it did not within the file's period.
    """

    id: str
    first_contact_on: date
    landing_page: str
    origin: str | None
    won_at: datetime | None

    @property
    def is_won(self) -> bool:
        """True when it became a customer."""
        return self.won_at is not None


@dataclass(frozen=True, slots=True)
class Funnel:
    """The leads that were taken, in the order of their first contact, and the reps by id.

    Attributes:
        left_out: What could not be read: file, line and why; such a row is no lead here.
    """

    leads: tuple[FunnelLead, ...]
    sdr_ids: tuple[str, ...]
    ae_ids: tuple[str, ...]
    left_out: tuple[str, ...]

    def by_day(self) -> Iterator[tuple[date, tuple[FunnelLead, ...]]]:
        """Yield each day of first contact with its leads, in order."""
        for day, leads in groupby(self.leads, key=lambda lead: lead.first_contact_on):
            yield day, tuple(leads)


def read_funnel(folder: Path, limit: int | None = None) -> Funnel:
    """Read the funnel's two files.

    Args:
        folder: Holds both files under their published names.
        limit: Take only so many consecutive leads: those around the middle one, by first
            contact. The middle of the funnel has won and lost leads in about the proportion of
            the whole, which its first weeks do not; the choice looks at no outcome.

    Raises:
        InputError: The folder or a file is missing, or a file lacks a column.
    """
    left_out: list[str] = []
    deals = dict(_deals(folder / DEALS_FILE, left_out))
    leads = sorted(
        _leads(folder / LEADS_FILE, deals, left_out),
        key=lambda lead: (lead.first_contact_on, lead.id),
    )
    return Funnel(
        leads=tuple(_middle(leads, limit)),
        sdr_ids=tuple(sorted({deal.sdr_id for deal in deals.values() if deal.sdr_id})),
        ae_ids=tuple(sorted({deal.ae_id for deal in deals.values() if deal.ae_id})),
        left_out=tuple(left_out),
    )


def _middle(leads: list[FunnelLead], limit: int | None) -> list[FunnelLead]:
    if limit is None or limit >= len(leads):
        return leads
    start = (len(leads) - limit) // 2
    return leads[start : start + limit]


@dataclass(frozen=True, slots=True)
class _Deal:
    won_at: datetime
    sdr_id: str
    ae_id: str


def _deals(path: Path, left_out: list[str]) -> Iterator[tuple[str, _Deal]]:
    for line, row in _rows(path, DEALS_COLUMNS):
        try:
            won_at = datetime.strptime(row["won_date"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
        except ValueError:
            left_out.append(f"{path.name}:{line}: won_date {row['won_date']!r} is no DD-MM-YYYY")
            continue
        yield row["mql_id"], _Deal(won_at, row["sdr_id"], row["sr_id"])


def _leads(path: Path, deals: dict[str, _Deal], left_out: list[str]) -> Iterator[FunnelLead]:
    seen: set[str] = set()
    for line, row in _rows(path, LEADS_COLUMNS):
        reason = _why_unusable(row, seen)
        if reason:
            left_out.append(f"{path.name}:{line}: {reason}")
            continue
        seen.add(row["mql_id"])
        first = _day(row["first_contact_date"])
        assert first is not None
        deal = deals.get(row["mql_id"])
        # One deal of the published file was won two days before its lead's first contact.
        floor = datetime.combine(first, time(), UTC)
        yield FunnelLead(
            id=row["mql_id"],
            first_contact_on=first,
            landing_page=row["landing_page_id"],
            origin=row["origin"] if row["origin"] not in ("", "unknown") else None,
            won_at=max(deal.won_at, floor) if deal else None,
        )


def _why_unusable(row: dict[str, str], seen: set[str]) -> str | None:
    if not row["mql_id"]:
        return "mql_id is empty"
    if row["mql_id"] in seen:
        return f"mql_id {row['mql_id']} is there twice"
    if _day(row["first_contact_date"]) is None:
        return f"first_contact_date {row['first_contact_date']!r} is no DD-MM-YYYY"
    return None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%d-%m-%Y").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        file = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError(
            f"The funnel's file {path} cannot be read ({error.strerror}); give the folder that "
            f"holds {LEADS_FILE} and {DEALS_FILE}."
        ) from error
    with file:
        reader = csv.DictReader(file)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(f"{path}: the column {missing[0]} is missing in its first line.")
        for row in reader:
            yield reader.line_num, {name: (row[name] or "").strip() for name in columns}
