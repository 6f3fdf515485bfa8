"""Past assignments given anew: by their own agreement the same, by another one otherwise."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session

from baton.engine.assigning import assign_ae
from baton.engine.simulating import Simulated, _Book, simulate
from baton.rulebook.agreement import Agreement
from baton.rulebook.loading import agreement_from_content
from baton.store.routing import give_credit, withdraw_credit
from baton.store.routing_history import KnownAe, PastRoute
from baton.store.tables import Absence, Base
from baton.testing.agreeing import agreed
from tests.factories import make_hand_off, make_lead, make_rep
from tests.rulebook.documents import content

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEADS = 40


def section(**values: Any) -> dict[str, Any]:
    fallback = {"name": "Nobody's", "to": "max@seller.example", "within_minutes": 60}
    return content() | {"routing": {"fallback": fallback, **values}}


def history(database: Engine, said: dict[str, Any]) -> None:
    """Forty leads in two weeks; one AE is away a while, one is hired, some leads are credited."""
    with Session(database) as session, session.begin():
        agreement_id = agreed(session, said, at=NOW)
        aes = [make_rep(session, "AE", email=f"ae{n}@seller.example") for n in range(3)]
        away = {"starts_at": NOW + timedelta(days=2), "ends_at": NOW + timedelta(days=5)}
        session.add(Absence(rep_id=aes[0].id, recorded_at=NOW, **away))
        for number in range(LEADS):
            at = NOW + timedelta(hours=8 * number)
            if number == LEADS // 2:
                make_rep(session, "AE", email="new@seller.example")
            lead = make_lead(session, at=at, country="DE" if number % 3 else "US")
            hand_off = make_hand_off(session, lead=lead, at=at)
            hand_off.agreement_id = agreement_id
            assign_ae(session, hand_off, at=at)
            if number % 7 == 0:
                give_credit(session, hand_off, reason="not_met", at=at + timedelta(hours=1))
            if number % 14 == 0:
                assert withdraw_credit(session, hand_off, at=at + timedelta(hours=2))
                assert not withdraw_credit(session, hand_off, at=at + timedelta(hours=3))


def simulated(database: Engine, agreement: Agreement | None = None) -> Simulated:
    with Session(database) as session:
        until = NOW + timedelta(days=30)
        return simulate(session, since=NOW, until=until, agreement=agreement)


def contents(database: Engine) -> dict[str, str]:
    """A fingerprint of every table."""
    rows = "select md5(coalesce(string_agg(t::text, ';'), '')) from \"{}\" t"
    with database.connect() as connection:
        return {
            table.name: connection.execute(text(rows.format(table.name))).scalar_one()
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize(
    "said", [section(weights=[{"rep": "ae1@seller.example", "weight": 2}], caps={"a_day": 2})]
)
def test_by_its_own_agreement_every_lead_goes_where_it_went(
    database: Engine, said: dict[str, Any]
) -> None:
    history(database, said)
    told = simulated(database)
    assert (told.leads, told.skipped, told.moved) == (LEADS, 0, [])
    assert told.had == told.would
    assert told.furthest_had == told.furthest_would > 0


def test_another_agreement_moves_leads_and_keeps_its_caps_and_nothing_is_written(
    database: Engine,
) -> None:
    history(database, section())
    before = contents(database)
    territory = {"id": "us", "name": "US", "countries": ["US"], "reps": ["ae2@seller.example"]}
    rest = {"id": "rest", "name": "Rest", "reps": ["ae0@seller.example", "ae1@seller.example"]}
    new = agreement_from_content(section(territories=[territory, rest], caps={"a_week": 9}))
    told = simulated(database, new)
    assert contents(database) == before
    assert told.leads == sum(told.had.values()) == sum(told.would.values()) == LEADS
    assert told.moved
    assert told.would["new@seller.example"] == 0
    assert max(told.would[f"ae{n}@seller.example"] for n in range(3)) <= 2 * 9
    assert {one.would for one in told.moved} <= {None, *(f"ae{n}@seller.example" for n in range(3))}


def test_leads_given_without_a_section_are_given_anew_by_one(database: Engine) -> None:
    history(database, content())
    told = simulated(database, agreement_from_content(section()))
    assert (told.leads, told.skipped) == (LEADS, 0)
    assert simulated(database).skipped == LEADS


def test_the_database_itself_refuses_to_write(database: Engine) -> None:
    with Session(database) as session:
        simulate(session, since=NOW, until=NOW + timedelta(days=1))
        with pytest.raises(InternalError, match="read-only transaction"):
            session.execute(text("delete from rep"))


def test_a_credit_that_was_taken_back_counts_for_whoever_would_have_had_the_lead() -> None:
    aes = [KnownAe(n, f"ae{n}@seller.example", None, (), (), "UTC") for n in range(2)]
    book, hours = _Book(aes), timedelta(hours=1)
    past = PastRoute(
        lead_id=1,
        hand_off_id=uuid.uuid4(),
        agreement_id=1,
        at=NOW,
        facts={},
        result={},
        closed_at=NOW + hours,
        credited_at=NOW + hours,
        withdrawn_at=NOW + 2 * hours,
        owner=None,
    )
    book.keep(past, aes[0].email, aes[1].email)
    given = []
    for passed in range(3):
        book.advance(NOW + passed * hours)
        given.append((book._more.given[0], book._would.given[1], book._more.given[1]))
    assert given == [(-1, 1, 1), (0, 0, 0), (-1, 1, 1)]
