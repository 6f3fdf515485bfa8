"""What Baton asks of a source of company data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Company:
    """What is known of a company.

    Attributes:
        domain: Registrable domain, lower case; the key.
        name: Without its legal form.
        industry: As the source says it.
        employees: Head count.
        revenue_usd: Yearly, in US dollars.
        country: ISO 3166 code of two letters.
    """

    domain: str
    name: str
    industry: str | None = None
    employees: int | None = None
    revenue_usd: int | None = None
    country: str | None = None


class CompanyDirectory(Protocol):
    """Knows companies by their domain."""

    def company(self, domain: str) -> Company | None:
        """Return what is known of the company at `domain`, or None."""
        ...
