from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.errors import InputError
from baton.intake.accounts import import_accounts
from baton.store.owners import owner_for_lead, owner_of_account
from tests.factories import make_account, make_lead, make_rep
from tests.intake.conftest import Write

ALL = "domain,name,employees,country,owner_email,opportunity_owner_email,parent_domain\n"


@pytest.fixture
def reps(session: Session) -> dict[str, int]:
    emails = ("ada@us.example", "ben@us.example", "cy@us.example")
    return {email: make_rep(session, "AE", email=email).id for email in emails}


def owner(session: Session, domain: str) -> tuple[str, str] | None:
    id_ = session.scalar(text("select id from account where domain = :domain"), {"domain": domain})
    found = owner_of_account(session, id_)
    return (found.email, found.owns) if found else None


def test_the_opportunitys_owner_goes_before_the_accounts_and_both_before_the_parents(
    session: Session, write: Write, reps: dict[str, int]
) -> None:
    rows = (
        "top.example,Top Group,5000,DE,ada@us.example,,\n"
        "www.mid.example,Mid GmbH,300,DE,,,top.example\n"
        "low.example,Low,20,AT,ben@us.example,,mid.example\n"
        "deal.example,Deal,,,ben@us.example,Cy@us.example,elsewhere.example\n"
        "alone.example,Alone,,,,,\n"
    )
    for _ in range(2):
        assert import_accounts(session, write(ALL + rows, "accounts.csv")) == 5
    assert owner(session, "top.example") == ("ada@us.example", "the lead's account")
    assert owner(session, "mid.example") == (
        "ada@us.example",
        "the account of the lead's parent company",
    )
    assert owner(session, "low.example") == ("ben@us.example", "the lead's account")
    assert owner(session, "deal.example") == ("cy@us.example", "the lead's open opportunity")
    assert owner(session, "alone.example") is None
    session.execute(text("update rep set is_active = false where email like 'ben%'"))
    assert owner(session, "low.example") == (
        "ada@us.example",
        "the account of the lead's parent company",
    )
    lead = make_lead(session)
    assert owner_for_lead(session, lead.id) is None
    [names] = session.execute(
        text("select array_agg(name order by domain) from account where domain like '%e%.example'")
    )
    assert names[0] == ["Alone", "Deal", "elsewhere.example"]


def test_an_empty_field_takes_the_owner_away_and_a_missing_column_changes_nothing(
    session: Session, write: Write, reps: dict[str, int]
) -> None:
    make_account(session, "firm.example", name="Firm", owner_id=reps["ada@us.example"])
    import_accounts(session, write("domain,employees\nfirm.example,40\n", "a.csv"))
    assert owner(session, "firm.example") == ("ada@us.example", "the lead's account")
    import_accounts(session, write("domain,owner_email\nfirm.example,\n", "b.csv"))
    assert owner(session, "firm.example") is None
    assert session.execute(text("select name, employees from account")).all() == [("Firm", 40)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("name\nFirm\n", "has no column domain"),
        ("domain,owner\nfirm.example,x\n", "columns that accounts do not have: owner"),
        (ALL + "not a domain,,,,,,\n", "line 2: domain 'not a domain' is not a domain"),
        (ALL + "gmail.com,,,,,,\n", "line 2: domain gmail.com is a mail provider"),
        (ALL + "a.example,,,,sam@us.example,,\n", "owner_email sam@us.example is not an active AE"),
        (ALL + "a.example,,many,,,,\n", "employees 'many' is not a whole number"),
        (ALL + "a.example,,,Atlantis,,,\n", "country 'Atlantis' is none that we know"),
        (ALL + "a.example,,,,,,a.example\n", "cannot be its own parent"),
        (ALL + "a.example,,,,,,b.example\nb.example,,,,,,a.example\n", "a parent of itself"),
        (ALL + "a.example,,,,,,\nwww.a.example,,,,,,\n", "a.example was in .*line 2 already"),
        (ALL + "a.example,\n", "another number of fields"),
    ],
)
def test_a_wrong_account_is_refused_by_line(
    session: Session, write: Write, content: str, says: str
) -> None:
    make_rep(session, "SDR", email="sam@us.example")
    with pytest.raises(InputError, match=says):
        import_accounts(session, write(content, "accounts.csv"))
