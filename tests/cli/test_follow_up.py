"""What the shell says of leads with AEs: who was tried less than agreed, and giving up (D6)."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from baton.errors import RefusedError
from baton.store.tables import Rep
from tests.cli.conftest import Run
from tests.factories import make_rep, make_transferred


def test_the_report_names_who_is_below_the_agreed_attempts(house: Run, database: Engine) -> None:
    """D6."""
    with Session(database) as session, session.begin():
        hand_off = make_transferred(session)
        lead_id, ae = hand_off.lead_id, session.get_one(Rep, hand_off.ae_id).email
        manager = make_rep(session, "MANAGER").email
    (line,) = house("report", "follow-up", "--json").data["leads"]
    assert (line["lead_id"], line["owner_email"], line["attempts"]) == (lead_id, ae, 0)
    shown = house("report", "follow-up").out
    assert "1 of 1 leads with AEs were tried less than agreed" in " ".join(shown.split())
    refused = house("give-up", lead_id, "--by", ae)
    assert refused.code == RefusedError.exit_code
    assert "0 of 5 attempts, 0 of 14 days, 0 of 2 channels" in " ".join(refused.err.split())
    boss = ("--by", manager, "--reason", "the company closed")
    assert "is closed: no contact" in house("give-up", lead_id, *boss).out
    assert house("report", "follow-up", "--all", "--json").data == {"below": 0, "leads": []}
