from __future__ import annotations

import pytest

from baton.intake.companies_alike import Belonging, Candidate, Company, account_of, name_key
from baton.intake.companies_alike import compare_companies as compare


def company(said: str) -> Company:
    """Read "name,domain,country"; what is missing at the end is unknown."""
    name, domain, country = (said.split(",") + [""] * 3)[:3]
    return Company(name or None, domain or None, country or None)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Anything,it.harbour.example", "Harbour,harbour.example", "same"),
        ("Harbour Lamps Ltd,gmail.com", "Harbour Lamps,harbourlamps.example", "same"),
        ("Söhne & Co. KG", "Soehne und Co,soehne.example", "same"),
        ("Harbour Lamps,gmail.com,GB", "Harbour Lamps,harbourlamps.example,NZ", "unsure"),
        ("Harbour GmbH", "Harbour Ltd,harbour.example", "unsure"),
        ("Harbour,harbour-lamps.example", "Harbour,harbour-foods.example", "unsure"),
        ("Hotel Krone,gmail.com", "Hotel Krone,hotel-krone-bregenz.example", "unsure"),
        ("ABC,gmail.com", "ABC,abc.example", "unsure"),
        ("Harbour,gmail.com", "Harbour Foods,harbourfoods.example", "unsure"),
        ("Harbuor Lamps,gmail.com", "Harbour Lamps,harbourlamps.example", "unsure"),
        ("Studio 7,gmail.com", "Studio 9,studio9.example", "different"),
        (",gmail.com", "Gmail,gmail.com", "different"),
        ("Harbour,harbour.example", "Mill,mill.example", "different"),
        (",", "Mill,mill.example", "different"),
        ("Mill,gmail.com", ",mill.example", "same"),
    ],
)
def test_companies_are_one_by_domain_or_by_name_without_doubt(
    one: str, other: str, alike: str
) -> None:
    found = compare(company(one), company(other))
    assert (found.alike, bool(found.reasons)) == (alike, True)
    assert compare(company(other), company(one)).alike == alike


def test_a_name_that_two_accounts_have_matches_neither() -> None:
    accounts = [
        Candidate(1, company("Adler,adler-a.example")),
        Candidate(2, company("Adler GmbH,adler-b.example")),
    ]
    assert account_of(company("Adler"), accounts[:1]).account_id == 1
    assert account_of(company("Adler"), accounts) == Belonging(
        None, ("2 accounts have this name: adler-a.example, adler-b.example",)
    )
    assert account_of(company("Adler,adler-b.example"), accounts).account_id == 2
    assert account_of(company("Mill"), accounts).account_id is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The Harbour-Lamps Ltd.", "harbourlamps"),
        ("Reuter & Söhne GmbH & Co. KG", "reutersohne"),
        ("Ltd", "ltd"),
        ("☀", None),
    ],
)
def test_names_are_looked_up_without_form_and_fillers(name: str, key: str | None) -> None:
    assert name_key(name) == key
