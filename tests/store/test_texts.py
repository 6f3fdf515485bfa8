"""Texts that conditions read are never blank, and what is asked of every lead is made ready."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import make_account, make_lead

READ = (
    "title",
    "seniority",
    "function",
    "company",
    "country",
    "time_zone",
    "language",
    "origin",
    "campaign",
    "needs",
    "timetable",
    "preferred_channel",
)


def of_lead(session: Session, lead_id: int, column: str) -> object:
    return session.scalar(text(f"select {column} from lead where id = {lead_id}"))


@pytest.mark.parametrize("column", READ)
def test_a_text_of_a_lead_is_trimmed_and_a_blank_one_is_unknown(rows: Session, column: str) -> None:
    values: dict[str, Any] = {column: "  x  "}
    lead = make_lead(rows, **values)
    assert of_lead(rows, lead.id, column) == "x"
    rows.execute(text(f"update lead set {column} = '  ' where id = {lead.id}"))
    assert of_lead(rows, lead.id, column) is None


@pytest.mark.parametrize("column", ["country", "industry"])
def test_a_text_of_a_company_is_trimmed_and_a_blank_one_is_unknown(
    rows: Session, column: str
) -> None:
    account = make_account(rows, **{column: " x "})
    asked = text(f"select {column} from account where id = {account.id}")
    assert rows.scalar(asked) == "x"
    rows.execute(text(f"update account set {column} = '' where id = {account.id}"))
    assert rows.scalar(asked) is None


def test_the_parts_of_an_address_and_the_words_of_a_title_are_ready(rows: Session) -> None:
    lead = make_lead(rows, email="Ida.Ruiz@Buyer.Example", title="Managing-Director, R&D")
    assert of_lead(rows, lead.id, "mail_name") == "ida.ruiz"
    assert of_lead(rows, lead.id, "mail_domain") == "buyer.example"
    assert of_lead(rows, lead.id, "title_words") == " managing director r d "
    nobody = make_lead(rows, email=None, title=" ")
    assert of_lead(rows, nobody.id, "coalesce(mail_name, mail_domain, title_words)") is None
