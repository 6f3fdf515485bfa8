"""A row's cells become a lead's record or a refusal. Pure, so that a retry reads it the same way.

Columns that a row gives are brought into their one form here, so that the next import of the same
row finds nothing to change; what is derived from them is enrichment's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email

from baton.adapters.enrichment import normalising as to
from baton.intake.dates import instant
from baton.intake.mapping import Columns
from baton.intake.reading import RawRow
from baton.intake.records import LeadRecord, Refusal, RefusedRow, hashed

MAX_VALUE: Final = 10_000
_BLANK: Final = frozenset({"", "n/a", "#n/a", "null", "none", "nil", "-", "--", "(no value)"})
_TRUE: Final = frozenset({"true", "yes", "ja", "oui", "sí", "sim", "1", "y", "x", "wahr"})
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?")
_UNREADABLE = re.compile("[\x00\ud800-\udfff]")
_FEWEST_DIGITS = 5
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_][a-z0-9_+-]*(\.[a-z0-9_+-]+)*@([a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?\.)+[a-z]{2,18}"
)
_LONGEST_LOCAL_PART = 64
_NO_CONTACT = Refusal("email", None, "no e-mail and no phone: nobody can be introduced")


def _note(text: str) -> str | None:
    return text.replace("\r\n", "\n").strip() or None


def _country(text: str) -> str | None:
    return to.country_code(text) or to.tidy(text)


def _zone(text: str) -> str | None:
    return to.time_zone(text)


def _language(text: str) -> str | None:
    return to.language_code(text) or to.tidy(text)


_FORMS: Final[dict[str, Callable[[str], str | None]]] = {
    "given_name": to.name_part,
    "family_name": to.name_part,
    "phone": to.tidy,
    "title": to.tidy,
    "seniority": to.level,
    "function": to.tidy,
    "company": to.tidy,
    "domain": to.registrable_domain,
    "country": _country,
    "time_zone": _zone,
    "language": _language,
    "origin": to.tidy,
    "campaign": to.tidy,
    "notes": _note,
    "needs": _note,
    "timetable": to.tidy,
    "preferred_channel": to.tidy,
    "preferred_time": to.tidy,
}


def read_row(raw: RawRow, columns: Columns) -> LeadRecord | RefusedRow:
    """Return what the row says of a lead, or why it cannot be taken."""
    row = whole_row(raw, columns.headers)
    refusal = _why_not_readable(raw, len(columns.headers))
    if refusal:
        return _refused(raw.number, columns.source, row, None, refusal)
    return read_cells(raw.cells, columns, row_number=raw.number, row=row)


def whole_row(raw: RawRow, headers: tuple[str, ...]) -> dict[str, str]:
    """Return the row with its columns' names, in characters that a database can keep."""
    if raw.broken:
        return {"(line)": storable(raw.cells[0])}
    names = list(headers) + [f"(extra {n})" for n in range(1, len(raw.cells) - len(headers) + 1)]
    return {name: storable(cell) for name, cell in zip(names, raw.cells, strict=False)}


def storable(text: str) -> str:
    """Return the text with a replacement sign for what PostgreSQL cannot keep."""
    return _UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _why_not_readable(raw: RawRow, width: int) -> Refusal | None:
    if raw.broken:
        return Refusal("(row)", storable(raw.cells[0])[:200], raw.broken)
    if len(raw.cells) < width or any(cell.strip() for cell in raw.cells[width:]):
        reason = f"wrong number of fields: {len(raw.cells)} where the header has {width}"
        return Refusal("(row)", str(len(raw.cells)), reason)
    return None


def read_cells(
    cells: list[str], columns: Columns, *, row_number: int, row: dict[str, str]
) -> LeadRecord | RefusedRow:
    """Return what cells in the header's order say of a lead, or why they cannot be taken."""
    external_id = _value(cells, columns, "external_id")
    refusal = _why_not_storable(cells, columns.headers)
    record = None
    if refusal is None:
        record, refusal = _record(cells, columns, row_number, row)
    if refusal or record is None:
        id_ = external_id if external_id and storable(external_id) == external_id else None
        return _refused(row_number, columns.source, row, id_, refusal or _NO_CONTACT)
    return record


def _refused(
    number: int, source: str, row: dict[str, str], external_id: str | None, refusal: Refusal
) -> RefusedRow:
    key = f"lead:ext:{source}:{external_id}" if external_id else f"lead:row:{hashed(row)}"
    return RefusedRow(number, source, key, row, refusal)


def _why_not_storable(cells: list[str], headers: tuple[str, ...]) -> Refusal | None:
    for header, cell in zip(headers, cells, strict=False):
        if len(cell) > MAX_VALUE:
            return Refusal(
                header, storable(cell[:200]), f"longer than {MAX_VALUE} characters: {len(cell)}"
            )
        if _UNREADABLE.search(cell):
            what = "a NUL byte" if "\x00" in cell else "bytes that are not in the file's encoding"
            return Refusal(header, storable(cell[:200]), f"contains {what}")
    return None


def _value(cells: list[str], columns: Columns, field: str) -> str | None:
    """Return the first cell of the field that is not blank, or the mapping's constant."""
    for position in columns.fields.get(field, ()):  # type: ignore[call-overload]
        text: str = cells[position].strip()
        if text.casefold() not in _BLANK:
            return text
    constant: str | None = columns.constants.get(field)  # type: ignore[call-overload]
    return constant


def _record(
    cells: list[str], columns: Columns, row_number: int, row: dict[str, str]
) -> tuple[LeadRecord | None, Refusal | None]:
    facts = _facts(cells, columns)
    custom = _custom(cells, columns)
    written = _value(cells, columns, "email")
    email = to.email_address(written) if written else None
    if email and not is_email(email):
        return None, Refusal("email", written, "not a valid e-mail address")
    if not email and sum(letter.isdigit() for letter in facts.get("phone", "")) < _FEWEST_DIGITS:
        return None, _NO_CONTACT
    created = _value(cells, columns, "created_at")
    created_at = instant(created, written=columns.dates, source=columns.source) if created else None
    if created and created_at is None:
        return None, Refusal("created_at", created, _bad_date(columns))
    if email:
        facts["email"] = email
    website = _value(cells, columns, "website")
    if website:
        custom["website"] = website
    owner = _value(cells, columns, "owner")
    opted_out = any(
        cells[position].strip().casefold() in _TRUE
        for position in columns.fields.get("opted_out", ())
    )
    external_id = _value(cells, columns, "external_id")
    said = {
        "external_id": external_id,
        "facts": facts,
        "custom": custom,
        "owner": owner,
        "opted_out": opted_out,
        "created_at": created_at,
    }
    return LeadRecord(
        row_number=row_number,
        source=columns.source,
        external_id=external_id,
        facts=facts,
        custom=custom,
        owner=owner,
        opted_out=opted_out,
        created_at=created_at,
        row=row,
        row_hash=hashed(said),
    ), None


def _bad_date(columns: Columns) -> str:
    if columns.dates:
        return f"not a date written as {columns.dates}"
    return "not a date that can be told for sure: write it like 2026-03-31, or give a mapping"


def _facts(cells: list[str], columns: Columns) -> dict[str, str]:
    facts: dict[str, str] = {}
    full = _value(cells, columns, "name")
    if full:
        given, family = to.split_name(full)
        facts |= {k: v for k, v in (("given_name", given), ("family_name", family)) if v}
    for field, form in _FORMS.items():
        text = _value(cells, columns, field)
        value = form(text) if text else None
        if value:
            facts[field] = value
    number = _number(facts, columns.default_country)
    if number:
        facts["phone_e164"] = number
    return facts


def _number(facts: dict[str, str], default_country: str | None) -> str | None:
    if "phone" not in facts:
        return None
    country = to.country_code(facts.get("country", "")) or default_country
    return to.phone_number(facts["phone"], country)


def _custom(cells: list[str], columns: Columns) -> dict[str, Any]:
    custom: dict[str, Any] = {}
    for key, position in columns.custom.items():
        text = cells[position].strip()
        if text.casefold() not in _BLANK:
            custom[key] = _fact(text)
    return custom


def _fact(text: str) -> bool | float | str:
    """Return a truth value, a number that is written like one, or the text."""
    folded = text.casefold()
    if folded in {"true", "yes"}:
        return True
    if folded in {"false", "no"}:
        return False
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


@lru_cache(maxsize=10_000)
def is_email(address: str) -> bool:
    """True when the address is one by the standards; whether anybody reads it is not asked."""
    if (
        _PLAIN_EMAIL.fullmatch(address)
        and address.index("@") <= _LONGEST_LOCAL_PART
        and "xn--" not in address
        and not address.endswith((".local", ".localhost", ".invalid", ".test", ".onion", ".arpa"))
    ):
        return True  # the library agrees, and takes fifty times as long to say so
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True
