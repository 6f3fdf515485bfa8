"""Fills in what follows from what leads gave: domain, level, zone, company, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from baton.adapters.enrichment import normalising as to
from baton.adapters.enrichment.port import CompanyDirectory
from baton.intake.belonging import ByName, accounts_by_name
from baton.intake.duplicates import find_duplicates, merge_found
from baton.store import enrichment as store
from baton.store.intake import lock_leads
from baton.store.merging import ToMerge
from baton.store.tables import Json

SET_SIZE: Final = 2_000


@dataclass(slots=True)
class EnrichResult:
    """What enrichment found.

    Attributes:
        enriched: How many leads were looked at.
        merges: What each that is a duplicate is to be merged into, and why.
        closed: Those of the duplicates that waited, and are closed now.
    """

    enriched: int = 0
    merges: dict[int, ToMerge] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)

    @property
    def duplicates(self) -> dict[int, int]:
        """The older lead for each that is a duplicate."""
        return {lead: merge.keep_id for lead, merge in self.merges.items()}


def enrich_leads(
    session: Session,
    lead_ids: Sequence[int],
    *,
    firmographics: CompanyDirectory,
    default_country: str,
    at: datetime,
) -> EnrichResult:
    """Bring leads into one form, fill in their companies and find duplicates.

    What a lead gave is never lost: a value that says nothing we know stays as it is. Running it
    again changes nothing. A duplicate that waits is merged into the older lead; one in a hand-off
    is only reported.

    Args:
        firmographics: Where companies are looked up by domain.
        default_country: Where phone numbers without a prefix ring, if the lead has no country.
        at: Aware UTC instant, kept as `enriched_at`.
    """
    result = EnrichResult()
    for ids in _in_sets(sorted(set(lead_ids))):
        leads = lock_leads(session, ids)
        companies = {
            domain: _company(domain, lead, firmographics)
            for lead in leads.values()
            if (domain := _domain(lead))
        }
        accounts = store.upsert_accounts(session, list(companies.values()))
        nowhere = [lead for lead in leads.values() if not _domain(lead)]
        named = accounts_by_name(session, nowhere)
        rows = [
            _enriched(lead, companies, default_country) | _account(lead, accounts, named)
            for lead in leads.values()
        ]
        store.write_enriched(session, rows, at=at)
        result.enriched += len(leads)
        found = find_duplicates(session, ids, result.duplicates)
        result.merges |= found.older
        result.closed += merge_found(session, found, at=at)
    return result


def _in_sets(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), SET_SIZE):
        yield ids[start : start + SET_SIZE]


def _domain(lead: Json) -> str | None:
    website = lead["custom"].get("website")
    given: str | None = lead["domain"]
    return given or to.company_domain(lead["email"], website if isinstance(website, str) else None)


def _company(domain: str, lead: Json, directory: CompanyDirectory) -> Json:
    known = directory.company(domain)
    return {
        "domain": domain,
        "name": known.name if known else to.company_name(lead["company"] or "") or domain,
        "industry": known.industry if known else None,
        "employees": known.employees if known else None,
        "revenue_usd": known.revenue_usd if known else None,
        "country": known.country if known else None,
    }


def _enriched(
    lead: Json,
    companies: Mapping[str, Json],
    default_country: str,
) -> Json:
    """Return the lead's derived columns; None where nothing follows from what it gave."""
    domain = _domain(lead)
    number = lead["phone_e164"] or _number(lead, default_country)
    country = to.country_code(lead["country"] or "")
    if country is None and not lead["country"]:
        country = companies[domain]["country"] if domain else None
        country = country or (to.phone_country(number) if number else None)
    email = to.email_address(lead["email"]) if lead["email"] else None
    title = lead["title"] or ""
    return {
        "id": lead["id"],
        "email": email,
        "given_name": to.name_part(lead["given_name"] or ""),
        "family_name": to.name_part(lead["family_name"] or ""),
        "phone_e164": number,
        "seniority": lead["seniority"] or to.seniority(title),
        "function": lead["function"] or to.job_function(title),
        "domain": domain,
        "country": country,
        "time_zone": lead["time_zone"] or (to.zone_of_country(country) if country else None),
        "language": to.language_code(lead["language"] or ""),
        "custom": lead["custom"] | _address_facts(email),
    }


def _account(lead: Json, accounts: Mapping[str, int], named: ByName) -> Json:
    """Return the lead's account and why it belongs there; None keeps what is known."""
    domain = _domain(lead)
    if domain:
        return {"account_id": accounts[domain], "account_why": f"the domain {domain}"}
    found = named.of(lead)
    why = "; ".join(found.reasons) or None
    if found.account_id is None and lead["account_id"] is not None:
        why = None
    return {"account_id": found.account_id, "account_why": why}


def _number(lead: Json, default_country: str) -> str | None:
    if not lead["phone"]:
        return None
    return to.phone_number(lead["phone"], to.country_code(lead["country"] or "") or default_country)


def _address_facts(email: str | None) -> Json:
    if email is None:
        return {}
    return {
        "is_free_mail": to.is_free_mail(email),
        "is_role_address": to.is_role_address(email),
    }
