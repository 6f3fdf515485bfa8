from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.adapters.enrichment.firmographics import Firmographics
from baton.domain.clock import SetClock
from baton.errors import InputError
from baton.intake.enriching import EnrichResult, enrich_leads
from baton.intake.importing import import_leads
from tests.intake.conftest import AT, Query, Write

HEADER = "external_id,email,name,phone,title,company,country,time_zone,website\n"
TWINS = "1,a@firm.example,Ann Berg,,,,,,\n2,b@firm.example,Ann Berg,,,,,,\n"


@pytest.fixture
def enrich(
    database: Engine, clock: SetClock, write: Write, query: Query
) -> Callable[..., EnrichResult]:
    def enrich(rows: str = "", companies: str = "") -> EnrichResult:
        if rows:
            import_leads(database, write(HEADER + rows), clock=clock, default_country="DE")
        path = write("domain,name,industry,employees,revenue_usd,country\n" + companies, "c.csv")
        ids = [int(str(row[0])) for row in query("select id from lead")]
        with Session(database) as session, session.begin():
            return enrich_leads(
                session,
                ids,
                firmographics=Firmographics.load(path),
                default_country="DE",
                at=AT,
            )

    return enrich


def test_what_follows_is_filled_in(enrich: Callable[..., EnrichResult], query: Query) -> None:
    enrich(
        "1,ann@mail.firm.example,Dr. Ann Berg,030 23125 014,VP Vertrieb,Firm GmbH,,,\n",
        "firm.example,Firm GmbH & Co. KG,Machinery,300,,DE\n",
    )
    assert query(
        "select given_name, family_name, phone_e164, seniority, function, l.domain, l.country,"
        " time_zone, a.name, a.employees, enriched_at"
        " from lead l join account a on a.id = l.account_id"
    ) == [
        (
            "Ann",
            "Berg",
            "+493023125014",
            "vp",
            "sales",
            "firm.example",
            "DE",
            "Europe/Berlin",
            "Firm",
            300,
            AT,
        )
    ]


def test_what_was_given_is_never_lost(enrich: Callable[..., EnrichResult], query: Query) -> None:
    enrich(
        "1,ann@firm.example,Ann Berg,,Wizard,Firm,Atlantis,Asia/Tokyo,\n",
        "firm.example,Firm,,300,,DE\n",
    )
    before = query("select * from lead")
    assert query("select title, seniority, country, time_zone from lead") == [
        ("Wizard", None, "Atlantis", "Asia/Tokyo")
    ]
    enrich()
    assert query("select * from lead") == before


def test_free_mail_says_nothing_of_a_company(
    enrich: Callable[..., EnrichResult], query: Query
) -> None:
    enrich("1,a@gmail.com,Ann Berg,,,,,,\n2,b@gmail.com,Ben Hill,,,,,,https://www.firm.example/x\n")
    assert query("select domain, custom->>'is_free_mail' from lead order by id") == [
        (None, "true"),
        ("firm.example", "true"),
    ]


def test_a_known_account_keeps_what_it_knows(
    enrich: Callable[..., EnrichResult], query: Query, do: Callable[..., None]
) -> None:
    do("insert into account (domain, name, employees) values ('firm.example', 'The Firm', 20)")
    enrich("1,ann@firm.example,Ann,,,,,,\n", "firm.example,Firm,Food,300,,DE\n")
    assert query("select name, employees, industry from account") == [("The Firm", 20, "Food")]


def test_a_lead_without_a_domain_belongs_to_the_one_account_of_its_companys_name(
    enrich: Callable[..., EnrichResult], query: Query, do: Callable[..., None]
) -> None:
    do(
        "insert into account (domain, name) values"
        " ('firm.example', 'Söhne'), ('a.example', 'Twice'), ('b.example', 'Twice')"
    )
    enrich(
        "1,a@gmail.com,Ann,,,Soehne GmbH,,,\n2,b@gmail.com,Ben,,,Twice,,,\n"
        "3,c@gmail.com,Cy,,,,,,\n4,d@firm.example,Di,,,Other,,,\n5,e@gmail.com,Eve,,,Nobody,,,\n"
    )
    assert query(
        "select domain_of.domain, l.account_why from lead l"
        " left join account domain_of on domain_of.id = l.account_id order by l.external_id"
    ) == [
        ("firm.example", "the same name, apart from the legal form"),
        (None, "2 accounts have this name: a.example, b.example"),
        (None, None),
        ("firm.example", "the domain firm.example"),
        (None, "no account has its domain or its name"),
    ]


def test_a_changed_title_is_judged_anew(enrich: Callable[..., EnrichResult], query: Query) -> None:
    enrich("1,ann@firm.example,Ann,,CEO,,,,\n")
    enrich("1,ann@firm.example,Ann,,Buyer,,,,\n")
    assert query("select seniority, function from lead") == [("individual", "purchasing")]


@pytest.mark.parametrize(
    ("older", "younger", "same"),
    [
        ("a@firm.example,Ann Berg,", "ann.b@firm.example,Ann  BERG,", True),
        ("a@firm.example,Ann Berg,", "b@firm.example,Anne Bergmann,", False),
        ("a@firm.example,Marcus Feldmann,", "b@firm.example,Marcus Feldman,", True),
        ("a@firm.example,Ann Berg,030 23125 014", "a@gmail.com,Anne Berg,+49 30 23125014", True),
        ("a@firm.example,Ann Berg,030 23125 014", "b@firm.example,Tom Hill,030 23125 014", False),
        ("a@firm.example,Ann Berg,030 23125 014", ",,+49 30 23125014", True),
        ("a@gmail.com,Ann Berg,", "b@gmail.com,Ann Berg,", False),
    ],
)
def test_the_younger_of_two_records_of_a_person_is_closed(
    enrich: Callable[..., EnrichResult], query: Query, older: str, younger: str, same: bool
) -> None:
    found = enrich(f"1,{older},,,,,\n2,{younger},,,,,\n")
    [(first,), (second,)] = query("select id from lead order by id")
    assert found.duplicates == ({second: first} if same else {})
    assert query("select place, duplicate_of from lead where external_id = '2'") == [
        ("closed", first) if same else ("waiting", None)
    ]
    changes = query("select reason from status_change")
    assert changes == ([(f"duplicate of lead {first}",)] if same else [])


def test_a_closed_duplicates_touches_go_to_the_older_lead(
    *,
    enrich: Callable[..., EnrichResult],
    query: Query,
    do: Callable[..., None],
    database: Engine,
    clock: SetClock,
    write: Write,
) -> None:
    import_leads(database, write(HEADER + TWINS), clock=clock)
    do(
        "insert into touch (lead_id, kind, at)"
        " select id, 'call', created_at from lead where external_id = '2'"
    )
    enrich()
    assert query(
        "select l.external_id from touch t join lead l on l.id = t.lead_id order by 1"
    ) == [("1",), ("2",)]


def test_a_duplicate_in_nurture_is_only_reported(
    *,
    enrich: Callable[..., EnrichResult],
    query: Query,
    do: Callable[..., None],
    database: Engine,
    clock: SetClock,
    write: Write,
) -> None:
    import_leads(database, write(HEADER + TWINS), clock=clock)
    do("update lead set place = 'nurture', check_in_on = '2026-06-01' where external_id = '2'")
    found = enrich()
    assert (len(found.duplicates), found.closed) == (1, [])
    assert query("select place from lead where external_id = '2'") == [("nurture",)]


def test_who_comes_back_after_being_closed_is_the_new_lead_with_the_old_ones_history(
    *,
    enrich: Callable[..., EnrichResult],
    query: Query,
    do: Callable[..., None],
    database: Engine,
    clock: SetClock,
    write: Write,
) -> None:
    import_leads(database, write(HEADER + TWINS), clock=clock)
    do(
        "update lead set place = 'closed', place_reason = 'no budget' where external_id = '1';"
        "insert into touch (lead_id, kind, at)"
        " select id, 'call', created_at from lead where external_id = '1'"
    )
    found = enrich()
    assert (found.duplicates, found.closed) == ({}, [])
    assert query(
        "select l.external_id, l.place, k.external_id, count(t.id) from lead l"
        " left join lead k on k.id = l.duplicate_of left join touch t on t.lead_id = l.id"
        " group by l.id, k.id order by l.id"
    ) == [("1", "closed", "2", 1), ("2", "waiting", None, 1)]


def test_what_is_in_quarantine_is_left_and_who_was_told_apart_stays_apart(
    *,
    enrich: Callable[..., EnrichResult],
    query: Query,
    do: Callable[..., None],
    database: Engine,
    clock: SetClock,
    write: Write,
) -> None:
    import_leads(database, write(HEADER + TWINS), clock=clock)
    do("update lead set place = 'quarantined', place_reason = 'x' where external_id = '1'")
    assert enrich().closed == []
    [(reasons,)] = query("select reasons from suspected_duplicate where settled is null")
    assert "but the older one is in quarantine" in str(reasons)
    do("update lead set place = 'waiting'")
    do("update suspected_duplicate set settled = 'distinct', settled_by = 'x', settled_at = now()")
    assert enrich().duplicates == {}
    do("delete from suspected_duplicate")
    assert len(enrich().closed) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("domain,employees\nfirm.example,3\n", "no column name"),
        ("domain,name,employees\nfirm.example,Firm,many\n", "line 2: employees 'many'"),
        ("domain,name\nnot a domain,Firm\n", "line 2: domain 'not a domain'"),
    ],
)
def test_wrong_company_data_are_refused_by_line(write: Write, content: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Firmographics.load(write(content, "companies.csv"))


def test_the_samples_companies_can_be_read() -> None:
    path = Path(str(files("baton.demo").joinpath("data"))) / "companies.csv"
    company = Firmographics.load(path).company("www.alpenwerk.example")
    assert company is not None
    assert (company.name, company.employees) == ("Alpenwerk Maschinenbau", 460)
