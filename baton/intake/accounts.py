"""Takes in accounts from a CSV file: who has them, their parents, and what is known of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from baton.adapters.enrichment.normalising import (
    company_name,
    country_code,
    registrable_domain,
    tidy,
)
from baton.adapters.enrichment.words import free_mail_domains
from baton.domain.rep import Role
from baton.errors import InputError
from baton.store.accounts import Owning, circle_of_parents, set_parents, set_reps, write_accounts
from baton.store.reps import reps
from baton.store.tables import Json

# Columns that name a rep, and the account's column that they fill.
_REPS: Final[dict[str, Owning]] = {
    "owner_email": "owner_id",
    "opportunity_owner_email": "opportunity_owner_id",
}
_PARENT: Final = "parent_domain"
_KNOWN: Final = frozenset(
    {"domain", "name", "industry", "employees", "revenue_usd", "country", _PARENT, *_REPS}
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """A line of the file.

    Attributes:
        where: The file and the line, for messages.
        facts: What is known of the company; None says nothing.
        named: The rep's address or the parent's domain by column; None takes it away.
    """

    where: str
    domain: str
    facts: Json
    named: Mapping[str, str | None]


def import_accounts(session: Session, path: Path) -> int:
    """Take accounts in and return how many; the same file again changes nothing.

    Columns: domain, and name, industry, employees, revenue_usd, country, owner_email,
    opportunity_owner_email and parent_domain, of which a missing one changes nothing. An empty
    field of the last three takes away what was there; of the others it says nothing.

    Raises:
        InputError: The file cannot be read, or a line cannot be used; nothing was taken in.
    """
    rows = list(_rows(path))
    _check_once(rows)
    parents = [row.named[_PARENT] for row in rows if row.named.get(_PARENT)]
    write_accounts(session, [row.facts for row in rows])
    here = {row.domain for row in rows}
    write_accounts(session, [_bare(each) for each in sorted({p for p in parents if p} - here)])
    aes = {rep.email: rep.id for rep in reps(session, Role.AE)}
    for column, target in _REPS.items():
        said = {row.domain: _rep(row, column, aes) for row in rows if column in row.named}
        set_reps(session, target, said)
    set_parents(session, {row.domain: row.named[_PARENT] for row in rows if _PARENT in row.named})
    circle = circle_of_parents(session)
    if circle is not None:
        raise InputError(f"{path}: {circle} would be a parent of itself, through its own parents.")
    return len(rows)


def _check_once(rows: list[AccountRow]) -> None:
    seen: dict[str, str] = {}
    for row in rows:
        if row.domain in seen:
            raise InputError(f"{row.where}: {row.domain} was in {seen[row.domain]} already.")
        seen[row.domain] = row.where


def _rep(row: AccountRow, column: str, aes: Mapping[str, int]) -> int | None:
    email = row.named[column]
    if email is None:
        return None
    if email not in aes:
        raise InputError(
            f"{row.where}: {column} {email} is not an active AE; import reps before accounts."
        )
    return aes[email]


def _bare(domain: str) -> Json:
    return {"domain": domain, "name": None} | dict.fromkeys(
        ("industry", "employees", "revenue_usd", "country")
    )


def _rows(path: Path) -> Iterator[AccountRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file)
            columns = set(lines.fieldnames or ())
            if "domain" not in columns:
                raise InputError(f"{path} has no column domain; it has {_listed(columns)}.")
            if columns - _KNOWN:
                raise InputError(
                    f"{path} has columns that accounts do not have: {_listed(columns - _KNOWN)}. "
                    f"They have {_listed(_KNOWN)}."
                )
            for line in lines:
                yield _row(line, f"{path}, line {lines.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"Cannot read accounts from {path}: {error}.") from error


def _listed(columns: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(map(str, columns))) or "none"


def _row(line: Mapping[str | None, str | None], where: str) -> AccountRow:
    if None in line or None in line.values():
        raise InputError(f"{where}: it has another number of fields than the header.")
    said = {str(name): (value or "").strip() for name, value in line.items()}
    domain = _domain(said["domain"], "domain", where)
    named = {name: said[name].lower() or None for name in (*_REPS, _PARENT) if name in said}
    if named.get(_PARENT):
        named[_PARENT] = _domain(said[_PARENT], _PARENT, where)
    if named.get(_PARENT) == domain:
        raise InputError(f"{where}: {domain} cannot be its own parent.")
    country = country_code(said.get("country", ""))
    if said.get("country") and country is None:
        raise InputError(f"{where}: country {said['country']!r} is none that we know.")
    facts = _bare(domain) | {
        "name": company_name(said.get("name", "")),
        "industry": tidy(said.get("industry", "")),
        "employees": _number(said.get("employees", ""), "employees", where),
        "revenue_usd": _number(said.get("revenue_usd", ""), "revenue_usd", where),
        "country": country,
    }
    return AccountRow(where, domain, facts, named)


def _domain(text: str, column: str, where: str) -> str:
    domain = registrable_domain(text)
    if domain is None:
        raise InputError(f"{where}: {column} {text!r} is not a domain.")
    if domain in free_mail_domains():
        raise InputError(f"{where}: {column} {domain} is a mail provider, where anybody may be.")
    return domain


def _number(text: str, column: str, where: str) -> int | None:
    digits = re.sub(r"[ ,]", "", text)
    if not digits:
        return None
    if not re.fullmatch("[0-9]{1,18}", digits):
        raise InputError(f"{where}: {column} {text!r} is not a whole number.")
    return int(digits)
