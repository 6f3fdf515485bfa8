"""Company data from a CSV file, looked up by domain."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from baton.adapters.enrichment.normalising import company_name, country_code, registrable_domain
from baton.adapters.enrichment.port import Company
from baton.errors import InputError

REQUIRED = ("domain", "name")


class Firmographics:
    """Companies by domain, held in memory."""

    def __init__(self, companies: Mapping[str, Company]) -> None:
        self._companies = dict(companies)

    @classmethod
    def load(cls, path: Path) -> Firmographics:
        """Read the columns domain, name, industry, employees, revenue_usd and country.

        Raises:
            InputError: The file cannot be read, lacks a column, or a row has a wrong value.
        """
        return cls({company.domain: company for company in _companies(path)})

    def __len__(self) -> int:
        return len(self._companies)

    def company(self, domain: str) -> Company | None:
        """Return what is known of the company at `domain`, or None."""
        return self._companies.get(registrable_domain(domain) or "")


def _companies(path: Path) -> Iterator[Company]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in REQUIRED if name not in (rows.fieldnames or ())]
            if missing:
                raise InputError(
                    f"{path} has no column {' and '.join(missing)}; it has "
                    f"{', '.join(rows.fieldnames or ()) or 'none'}. Name its columns domain, name, "
                    "industry, employees, revenue_usd, country."
                )
            for row in rows:
                yield _company(row, f"{path}, line {rows.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"Cannot read company data from {path}: {error}.") from error


def _company(row: Mapping[str, str | None], where: str) -> Company:
    domain = registrable_domain(row.get("domain") or "")
    if domain is None:
        raise InputError(f"{where}: domain {row.get('domain')!r} is not a domain.")
    return Company(
        domain=domain,
        name=company_name(row.get("name") or "") or domain,
        industry=(row.get("industry") or "").strip() or None,
        employees=_number(row, "employees", where),
        revenue_usd=_number(row, "revenue_usd", where),
        country=country_code(row.get("country") or ""),
    )


def _number(row: Mapping[str, str | None], column: str, where: str) -> int | None:
    text = (row.get(column) or "").strip().replace(",", "").replace(" ", "")
    if not text:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise InputError(f"{where}: {column} {text!r} is not a whole number.") from error
