"""Imports leads from a file: set by set, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.domain.clock import Clock
from baton.intake.cleaning import read_row
from baton.intake.columns import BATON, LEAD_FIELDS, plain
from baton.intake.mapping import Columns, load_mapping, resolve
from baton.intake.reading import open_table
from baton.intake.taking import Seen, Tally, take

Progress = Callable[[int, int, int], None]
SET_SIZE: Final = 2_000
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of a file's rows; `rows` is the sum of the others.

    Attributes:
        duplicates: Rows about somebody who is a lead already, under another id; each is a closed
            lead that names the other.
    """

    rows: int
    created: int
    updated: int
    unchanged: int
    quarantined: int
    duplicates: int


def import_leads(
    engine: Engine,
    path: Path,
    *,
    mapping: Path | None = None,
    clock: Clock,
    default_country: str = "US",
    progress: Progress | None = None,
) -> ImportResult:
    """Take in a CSV file of leads; the same file again changes nothing.

    Each set of rows is one transaction: an import that was interrupted is simply run again.

    Args:
        mapping: What the columns mean, for a file whose header is not known.
        default_country: Where phone numbers without a prefix ring, if the row has no country.
        clock: Asked once; all of the file is taken in at one instant.
        progress: Told bytes done, bytes in all and rows done, after each set.

    Raises:
        InputError: It is no CSV file, or the mapping does not fit it; nothing was taken in.
    """
    given = load_mapping(mapping) if mapping else None
    table = open_table(path)
    columns = resolve(table.headers, given, file=path.name).model_copy(
        update={"default_country": default_country}
    )
    at = clock.now()
    tally, seen = Tally(), Seen()
    for rows in in_sets(table.rows(), SET_SIZE):
        with Session(engine) as session, session.begin():
            read = [read_row(row, columns) for row in rows]
            tally.add(take(session, read, columns, at=at, seen=seen))
        if progress:
            progress(table.bytes_done, table.total_bytes, tally.rows)
    return result_of(tally)


def columns_of(headers: tuple[str, ...], source: str, default_country: str | None) -> Columns:
    """Return how rows with Baton's own column names are read."""
    fields = {
        BATON[plain(header)]: (position,)
        for position, header in enumerate(headers)
        if plain(header) in BATON
    }
    custom = {
        header: position for position, header in enumerate(headers) if header not in LEAD_FIELDS
    }
    return Columns(
        source=source,
        headers=headers,
        fields=fields,
        custom=custom,
        default_country=default_country,
    )


def result_of(tally: Tally) -> ImportResult:
    """Return a tally as the result that callers keep."""
    return ImportResult(
        rows=tally.rows,
        created=tally.created,
        updated=tally.updated,
        unchanged=tally.unchanged,
        quarantined=tally.quarantined,
        duplicates=tally.duplicates,
    )


def in_sets(items: Iterator[_Item], size: int) -> Iterator[list[_Item]]:
    """Yield the items in lists of `size`; the last may be shorter."""
    while some := list(islice(items, size)):
        yield some
