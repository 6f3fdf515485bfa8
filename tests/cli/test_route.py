"""`baton route`: what was decided, what would be, and that looking writes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baton.engine.assigning import assign_ae
from baton.runtime import Runtime
from baton.store.reps import rep_by_email
from baton.store.routing import Reading, aes_at
from baton.store.tables import Absence, Account, HandOff, Lead
from baton.testing.agreeing import agreed
from tests.cli.conftest import Run
from tests.desk.stories import NOW
from tests.factories import make_account, make_hand_off, make_rep, make_returned
from tests.rulebook.documents import content

FALLBACK = {"name": "Nobody's leads", "to": "max@seller.example", "within_minutes": 60}


@pytest.fixture
def hand_off(runtime: Runtime) -> HandOff:
    """A hand-off without an AE; Ida is there, Ben is away."""
    with runtime.transaction() as session:
        agreed(session, content() | {"routing": {"fallback": FALLBACK}}, at=NOW)
        make_rep(session, "AE", email="ida@seller.example", name="Ida Moor")
        ben = make_rep(session, "AE", email="ben@seller.example", name="Ben Lake")
        until = NOW.replace(year=NOW.year + 1)
        session.add(Absence(rep_id=ben.id, starts_at=NOW, ends_at=until, recorded_at=NOW))
        made = make_hand_off(session, at=NOW)
        session.flush()
        session.expunge(made)
        return made


def test_a_dry_run_tells_everything_and_decides_nothing(baton: Run, hand_off: HandOff) -> None:
    said = baton("route", "lead", hand_off.lead_id, "--dry-run", "--json").data
    assert (said["ae"], said["rule"], said["is_dry_run"]) == ("ida@seller.example", "share", True)
    assert [line["why_not"] is None for line in said["lines"]] == [True, False]
    shown = baton("route", "lead", hand_off.lead_id, "--dry-run").out
    assert "would go to ida@seller.example" in shown
    assert "Ben Lake: is away until" in shown
    stored = baton("route", "lead", hand_off.lead_id)
    assert (stored.code, "was not routed yet" in stored.err) == (66, True)


def test_what_was_decided_is_shown_as_it_was_and_explained(
    baton: Run, runtime: Runtime, hand_off: HandOff
) -> None:
    would = baton("route", "lead", hand_off.lead_id, "--dry-run", "--json").data
    with runtime.transaction() as session:
        assign_ae(session, session.get_one(HandOff, hand_off.id), at=NOW)
    told = baton("route", "lead", hand_off.lead_id, "--json").data
    assert told | {"is_dry_run": True, "as_of": would["as_of"]} == would
    assert "Ida Moor is the only AE who may have this lead" in " ".join(
        baton("explain", hand_off.lead_id).out.replace("│", " ").split()
    )


def test_only_a_lead_of_the_queue_is_assigned_by_hand(baton: Run, hand_off: HandOff) -> None:
    refused = baton("assign", hand_off.id, "ida@seller.example", "--by", "ben@seller.example")
    assert (refused.code, "does not wait for assignment" in refused.err) == (69, True)


def test_who_has_the_parent_company_comes_before_the_turn_and_it_is_told_why(
    baton: Run, runtime: Runtime, hand_off: HandOff
) -> None:
    with runtime.transaction() as session:
        zoe = make_rep(session, "AE", email="zoe@seller.example", name="Zoe Hill")
        parent = make_account(session, "group.example", name="Group", owner_id=zoe.id)
        account = make_account(session, "firm.example", name="Firm", parent_id=parent.id)
        lead = session.get_one(Lead, hand_off.lead_id)
        lead.account_id, lead.account_why = account.id, "the domain firm.example"
        account_id = account.id
    said = baton("route", "lead", hand_off.lead_id, "--dry-run", "--json").data
    assert (said["ae"], said["rule"]) == ("zoe@seller.example", "owner")
    assert said["reasons"][0] == "Zoe Hill owns the account of the lead's parent company"
    told = " ".join(baton("explain", hand_off.lead_id).out.split())
    assert (
        "Account: Firm (firm.example), by the domain firm.example; it is part of Group."
        " zoe@seller.example has the account of the lead's parent company."
    ) in told
    with runtime.transaction() as session:
        ida = rep_by_email(session, "ida@seller.example")
        assert ida is not None
        session.get_one(Account, account_id).opportunity_owner_id = ida.id
    again = baton("route", "lead", hand_off.lead_id, "--dry-run", "--json").data
    assert again["reasons"][0] == "Ida Moor owns the lead's open opportunity"


def test_a_rejection_counts_for_the_person_under_whichever_lead(
    runtime: Runtime, hand_off: HandOff
) -> None:
    with runtime.transaction() as session:
        ida = rep_by_email(session, "ida@seller.example")
        rejected = make_returned(session, ae=ida, at=NOW - timedelta(days=3))
        reading = Reading(hand_off.lead_id, NOW, cool_down_days=30)
        [before] = aes_at(session, reading, ["rejected_at"]).columns
        session.get_one(Lead, rejected.lead_id).duplicate_of = hand_off.lead_id
        session.flush()
        [after] = aes_at(session, reading, ["rejected_at"]).columns
    assert not any(before)
    assert sum(each is not None for each in after) == 1
