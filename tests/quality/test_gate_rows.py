from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event
from sqlalchemy.orm import Session

from baton.domain.gate_row import GATE_COLUMNS
from baton.store.gate_rows import gate_rows
from tests.factories import (
    NOW,
    make_account,
    make_agreement,
    make_hand_off,
    make_judgement,
    make_lead,
    make_rep,
    make_returned,
    make_touch,
)


def test_a_row_has_every_column_and_no_other(session: Session) -> None:
    [row] = gate_rows(session, [make_lead(session).id])
    assert list(row) == list(GATE_COLUMNS)


def test_a_bare_lead_has_nothing_but_itself(session: Session) -> None:
    lead = make_lead(session, email=None)
    [row] = gate_rows(session, [lead.id])
    assert (row["lead_id"], row["touches"], row["lead_has_zone"]) == (lead.id, 0, False)
    assert [row[c] for c in ("email", "employees", "total_points", "ae_email", "sdr_email")] == [
        None
    ] * 5


def test_a_row_joins_account_touches_score_and_reps(session: Session) -> None:
    account = make_account(session, country="DE")
    lead = make_lead(session, account_id=account.id, time_zone="Europe/Berlin")
    agreement = make_agreement(session)
    for hours in (1, 2):
        make_touch(session, lead, at=NOW - timedelta(hours=hours))
    make_judgement(
        session, lead, agreement, fit_tenths=50, warmth_tenths=50, at=NOW - timedelta(days=1)
    )
    make_judgement(session, lead, agreement, fit_tenths=205, warmth_tenths=100)
    sdr, ae = make_rep(session, "SDR"), make_rep(session, "AE")
    make_hand_off(session, lead=lead, sdr=sdr, ae=ae)
    [row] = gate_rows(session, [lead.id])
    assert row == row | {
        "company": "Buyer",
        "domain": "buyer.example",
        "country": "DE",
        "employees": 100,
        "touches": 2,
        "last_touch_at": NOW - timedelta(hours=1),
        "total_points": 30.5,
        "ae_email": ae.email,
        "sdr_email": sdr.email,
        "lead_has_zone": True,
        "place": "hand_off",
    }


def test_what_the_lead_says_of_itself_goes_before_its_account(session: Session) -> None:
    account = make_account(session, country="DE")
    lead = make_lead(session, account_id=account.id, country="AT", company="Buyer Wien")
    [row] = gate_rows(session, [lead.id])
    assert (row["country"], row["company"]) == ("AT", "Buyer Wien")


def test_a_closed_hand_off_lends_no_reps(session: Session) -> None:
    hand_off = make_returned(session)
    [row] = gate_rows(session, [hand_off.lead_id])
    assert row["ae_email"] is None


def test_many_leads_are_one_query(session: Session) -> None:
    ids = [make_lead(session).id for _ in range(30)]
    session.flush()
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
    rows = gate_rows(session, [*reversed(ids), 10**9])
    assert [row["lead_id"] for row in rows] == ids
    assert len(statements) == 1
