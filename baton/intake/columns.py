"""The columns that a lead can have, and under which names known exports write them."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

LeadField = Literal[
    "external_id",
    "email",
    "name",
    "given_name",
    "family_name",
    "phone",
    "title",
    "seniority",
    "function",
    "company",
    "domain",
    "website",
    "country",
    "time_zone",
    "language",
    "origin",
    "campaign",
    "notes",
    "needs",
    "timetable",
    "preferred_channel",
    "preferred_time",
    "created_at",
    "owner",
    "opted_out",
]
LEAD_FIELDS: Final[tuple[LeadField, ...]] = get_args(LeadField)
IDENTITY: Final = frozenset({"external_id", "email", "phone"})

# Shared by the exports of both CRMs, where teams add columns of these names themselves.
_COMMON: Final[dict[str, LeadField]] = {
    "email": "email",
    "first name": "given_name",
    "firstname": "given_name",
    "last name": "family_name",
    "lastname": "family_name",
    "full name": "name",
    "name": "name",
    "phone": "phone",
    "mobile phone": "phone",
    "seniority": "seniority",
    "website": "website",
    "country": "country",
    "language": "language",
    "time zone": "time_zone",
    "timezone": "time_zone",
    "campaign": "campaign",
    "campaign name": "campaign",
    "utm campaign": "campaign",
    "notes": "notes",
    "needs": "needs",
    "pain points": "needs",
    "timetable": "timetable",
    "timeline": "timetable",
    "buying time frame": "timetable",
    "preferred channel": "preferred_channel",
    "preferred contact method": "preferred_channel",
    "preferred time": "preferred_time",
    "best time to call": "preferred_time",
    "owner email": "owner",
}
HUBSPOT: Final[dict[str, LeadField]] = _COMMON | {
    "record id": "external_id",
    "record id - contact": "external_id",
    "contact id": "external_id",
    "hs object id": "external_id",
    "phone number": "phone",
    "mobile phone number": "phone",
    "mobilephone": "phone",
    "job title": "title",
    "jobtitle": "title",
    "employment seniority": "seniority",
    "employment role": "function",
    "job function": "function",
    "company name": "company",
    "company": "company",
    "associated company": "company",
    "primary company": "company",
    "country/region": "country",
    "original source": "origin",
    "original traffic source": "origin",
    "hs analytics source": "origin",
    "preferred language": "language",
    "hs language": "language",
    "website url": "website",
    "hs timezone": "time_zone",
    "message": "notes",
    "create date": "created_at",
    "createdate": "created_at",
    "contact owner": "owner",
    "unsubscribed from all email": "opted_out",
    "hs email optout": "opted_out",
}
SALESFORCE: Final[dict[str, LeadField]] = _COMMON | {
    "id": "external_id",
    "lead id": "external_id",
    "contact id": "external_id",
    "mobilephone": "phone",
    "mobile": "phone",
    "title": "title",
    "company": "company",
    "company / account": "company",
    "account name": "company",
    "mailing country": "country",
    "mailingcountry": "country",
    "leadsource": "origin",
    "lead source": "origin",
    "description": "notes",
    "createddate": "created_at",
    "created date": "created_at",
    "create date": "created_at",
    "lead owner": "owner",
    "contact owner": "owner",
    "email opt out": "opted_out",
    "hasoptedoutofemail": "opted_out",
}
BATON: Final[dict[str, LeadField]] = {field.replace("_", " "): field for field in LEAD_FIELDS}

_OPT_OUT_BY_TOPIC = re.compile(r"^(opted out of email\b|hs email optout \d+$)")


def plain(header: str) -> str:
    """Return a header in the form in which names are compared."""
    return " ".join(header.casefold().replace("_", " ").split())


def field_of(source: str, header: str) -> LeadField | None:
    """Return the lead's column that a header of a known source means, or None."""
    name = plain(header)
    if source == "hubspot" and _OPT_OUT_BY_TOPIC.match(name):
        return "opted_out"
    return KNOWN_SOURCES[source].get(name)


KNOWN_SOURCES: Final = {"baton": BATON, "hubspot": HUBSPOT, "salesforce": SALESFORCE}


def recognise(headers: tuple[str, ...]) -> str | None:
    """Return which known source wrote these headers, or None.

    It is the one that knows most of them; one column must say who the lead is, and another one
    something of the lead.
    """

    def known(source: str) -> list[LeadField]:
        found = [field_of(source, header) for header in headers]
        return [field for field in found if field]

    best = max(KNOWN_SOURCES, key=lambda source: len(known(source)))
    fields = set(known(best))
    return best if fields & IDENTITY and len(fields) > 1 else None
