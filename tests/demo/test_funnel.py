from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from baton.demo.funnel import DEALS_FILE, LEADS_FILE, Funnel, read_funnel
from baton.demo.inventing import Inventor, touches_of, write_arrivals, write_reps
from baton.errors import InputError

LEADS = """\
\ufeffmql_id,first_contact_date,landing_page_id,origin
aa,08-03-2018,page1,social
bb,07-03-2018,page2,
cc,31-12-2017,page1,unknown
dd,2018-03-09,page1,social
aa,09-03-2018,page1,email
ee,08-03-2018,page3,paid_search
,08-03-2018,page3,paid_search
"""
DEALS = """\
mql_id,seller_id,sdr_id,sr_id,won_date,business_segment
aa,s1,sdr1,ae1,06-03-2018 19:38,pet
cc,s2,sdr2,ae1,05-01-2018 10:00,toys
ee,s3,,ae2,yesterday,toys
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / LEADS_FILE).write_text(LEADS, encoding="utf-8")
    (tmp_path / DEALS_FILE).write_text(DEALS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def funnel(folder: Path) -> Funnel:
    return read_funnel(folder)


def test_leads_come_in_the_order_of_their_first_contact(funnel: Funnel) -> None:
    assert [lead.id for lead in funnel.leads] == ["cc", "bb", "aa", "ee"]
    assert funnel.leads[0].first_contact_on == date(2017, 12, 31)


def test_an_empty_origin_and_the_word_unknown_are_both_unknown(funnel: Funnel) -> None:
    assert [lead.origin for lead in funnel.leads] == [None, None, "social", "paid_search"]


def test_a_deal_won_before_its_first_contact_counts_from_the_first_contact(funnel: Funnel) -> None:
    lead = funnel.leads[2]
    assert lead.won_at == datetime(2018, 3, 8, tzinfo=UTC)


def test_what_cannot_be_read_is_left_out_with_file_line_and_reason(funnel: Funnel) -> None:
    assert [reason.partition(": ")[2] for reason in funnel.left_out] == [
        "won_date 'yesterday' is no DD-MM-YYYY",
        "first_contact_date '2018-03-09' is no DD-MM-YYYY",
        "mql_id aa is there twice",
        "mql_id is empty",
    ]
    assert funnel.left_out[1].startswith(f"{LEADS_FILE}:5")


def test_a_limit_takes_consecutive_leads_from_the_middle(folder: Path) -> None:
    assert [lead.id for lead in read_funnel(folder, 2).leads] == ["bb", "aa"]


def test_reps_are_those_that_the_deals_name(funnel: Funnel) -> None:
    assert funnel.sdr_ids == ("sdr1", "sdr2")
    assert funnel.ae_ids == ("ae1",)


def test_a_missing_file_is_refused_with_both_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=LEADS_FILE):
        read_funnel(tmp_path)


def test_a_missing_column_is_refused_by_name(folder: Path) -> None:
    (folder / LEADS_FILE).write_text("mql_id,origin\naa,social\n", encoding="utf-8")
    with pytest.raises(InputError, match="first_contact_date"):
        read_funnel(folder)


def test_the_same_id_gives_the_same_person_and_another_id_another_address() -> None:
    first, again = Inventor().person("aa"), Inventor().person("aa")
    assert first == again
    assert first.email.endswith(".example")
    assert Inventor().person("bb").email != first.email


def test_invented_rows_say_so_and_keep_what_is_real(funnel: Funnel, tmp_path: Path) -> None:
    arrivals = write_arrivals(funnel, tmp_path / "arrivals")
    assert [arrival.on for arrival in arrivals] == [
        date(2017, 12, 31),
        date(2018, 3, 7),
        date(2018, 3, 8),
    ]
    with arrivals[2].leads.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["external_id"], row["origin"], row["landing_page"]) for row in rows] == [
        ("aa", "social", "page1"),
        ("ee", "paid_search", "page3"),
    ]
    assert {row["invented"] for row in rows} == {"true"}
    assert all("invented" in row["notes"] for row in rows)


def test_only_the_request_is_real_and_it_is_the_last_day(funnel: Funnel) -> None:
    for lead in funnel.leads:
        request, *earlier = touches_of(lead)
        assert request.kind == "demo_request"
        assert request.at.date() == lead.first_contact_on
        assert all(touch.at < request.at and "derived" in touch.detail for touch in earlier)


def test_every_rep_has_an_address_of_their_own(funnel: Funnel, tmp_path: Path) -> None:
    write_reps(funnel, tmp_path / "reps.csv")
    with (tmp_path / "reps.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["role"] for row in rows] == ["MANAGER", "SDR", "SDR", "AE"]
    assert len({row["email"] for row in rows}) == len(rows)
