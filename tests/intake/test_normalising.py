from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baton.adapters.enrichment import normalising as to


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("UK", "GB"),
        ("Deutschland", "DE"),
        ("usa", "US"),
        ("Germny", "DE"),
        ("Allemagne", "DE"),
        ("Österreich", "AT"),
        ("DEU", "DE"),
        ("no", "NO"),
        ("Norway", "NO"),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_countries_are_known_by_many_names(text: str, code: str | None) -> None:
    assert to.country_code(text) == code


@pytest.mark.parametrize(
    ("title", "seniority", "function"),
    [
        ("CEO", "c_level", "general_management"),
        ("Chief Revenue Officer", "c_level", "sales"),
        ("Geschäftsführerin", "c_level", "general_management"),
        ("Co-Founder & CTO", "owner", "it"),
        ("SVP Supply Chain", "vp", "operations"),
        ("Vice-présidente marketing", "vp", "marketing"),
        ("Vertriebsleiter", "director", "sales"),
        ("Teamleiterin Einkauf", "manager", "purchasing"),
        ("Directora Comercial", "director", "sales"),
        ("Account Executive", "individual", "sales"),
        ("Assistant to the CEO", "individual", "general_management"),
        ("Product Owner", "individual", "product"),
        ("HR Business Partner", None, "hr"),
        ("Werkstudent", "student", None),
        ("Wizard", None, None),
    ],
)
def test_titles_tell_level_and_function(
    title: str, seniority: str | None, function: str | None
) -> None:
    assert (to.seniority(title), to.job_function(title)) == (seniority, function)


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("(030) 231 25-014", "DE", "+493023125014"),
        ("0043 1 5550145", "DE", "+4315550145"),
        ("+44 20 7946 0912", None, "+442079460912"),
        ("(212) 555-0142", "US", "+12125550142"),
        ("555-0142", "US", None),
        ("call me", "US", None),
    ],
)
def test_numbers_become_e164(text: str, country: str | None, number: str | None) -> None:
    assert to.phone_number(text, country) == number


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  ANNA  ", "Anna"),
        ("o'brien", "O'Brien"),
        ("MARIA JOSÉ", "Maria José"),
        ("van der Berg", "van der Berg"),
        ("McDonald", "McDonald"),
        ("李", "李"),
        ("يوسف", "يوسف"),
    ],
)
def test_names_get_their_capitals(text: str, name: str) -> None:
    assert to.name_part(text) == name


@given(st.text(max_size=60))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    for form in (to.tidy, to.name_part, to.country_code, to.company_name, to.time_zone):
        once = form(text)
        assert once is None or form(once) == once


def test_the_companys_domain_is_its_addresss_or_its_sites() -> None:
    assert to.company_domain("a@mail.firm.example", None) == "firm.example"
    assert to.company_domain("a@gmail.com", "https://www.firm.co.uk/about") == "firm.co.uk"
    assert to.company_domain("a@gmail.com", None) is None


@pytest.mark.parametrize(
    ("text", "language"), [("German", "de"), ("en-us", "en"), ("pt_BR", "pt"), ("Klingonish", None)]
)
def test_languages_have_two_letters(text: str, language: str | None) -> None:
    assert to.language_code(text) == language


def test_every_country_with_people_has_a_zone() -> None:
    assert to.zone_of_country("AU") == "Australia/Sydney"
    assert to.zone_of_country("DE") == "Europe/Berlin"
    assert to.zone_of_country("XX") is None
