"""The columns that a quality gate can speak about: one flat row for each lead."""

from __future__ import annotations

from typing import Final

# Name and meaning, in the order in which `baton.store.gate_rows` gives them.
GATE_COLUMNS: Final[dict[str, str]] = {
    "lead_id": "the lead's number",
    "email": "address, lower case",
    "phone_e164": "telephone number, +<country><number>",
    "given_name": "first name",
    "family_name": "last name",
    "company": "the company's name, the account's if the lead says none",
    "domain": "the company's domain, the account's if the lead says none",
    "country": "ISO 3166 code of two letters, the account's if the lead says none",
    "time_zone": "IANA name",
    "seniority": "level that the title speaks of",
    "title": "job title as given",
    "employees": "people at the account",
    "status": "what the CRM shows",
    "place": "the one place where the lead is",
    "owner_id": "number of the rep who owns the lead",
    "touches": "how many things the lead did",
    "last_touch_at": "when it did the last one",
    "total_points": "score of the last qualification decision",
    "ae_email": "address of the open hand-off's AE",
    "sdr_email": "address of the open hand-off's SDR",
    "lead_has_zone": "whether the lead's time zone is known",
}
