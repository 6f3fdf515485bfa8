"""I2: sales-qualified and owned by the AE at once, and only after the outcome says met."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.domain.meeting import OutcomeKind
from baton.engine.stage import Work
from baton.store.tables import HandOff, Lead, Outcome
from tasks.await_outcome import await_outcome
from tasks.transfer import transfer
from tests.engine.worlds import World
from tests.factories import make_lead, make_rep, make_suspect
from tests.invariants.guards import allows, holds_by, refuses

TRIGGER = "drop trigger guard_status on lead"
CHECK = "alter table lead drop constraint ck_lead_transfer_is_one"
TOGETHER = (
    "update lead set status = 'sales_qualified', place = 'with_ae', owner_id = h.ae_id"
    " from hand_off h where h.lead_id = lead.id and lead.id = :lead;"
    " update hand_off set state = 'transferred', closed_at = opened_at, close_reason = 'met'"
    " where lead_id = :lead"
)
KEPT = TOGETHER.replace("h.ae_id", "h.sdr_id")


def make_reported(session: Session, kind: str) -> HandOff:
    hand_off = make_suspect(session)
    (meeting_id,) = session.execute(
        text("select id from meeting where hand_off_id = :h"), {"h": hand_off.id}
    ).one()
    is_rejection = kind == "not_met"
    session.add(
        Outcome(
            hand_off_id=hand_off.id,
            meeting_id=meeting_id,
            rep_id=hand_off.ae_id,
            kind=kind,
            verdicts={},
            unmet=["decides"] if is_rejection else [],
            feedback="No." if is_rejection else "",
            at=hand_off.opened_at,
        )
    )
    session.commit()
    return hand_off


def test_after_met_status_owner_and_hand_off_change_together(rows: Session) -> None:
    allows(rows, TOGETHER, lead=make_reported(rows, "met").lead_id)


@pytest.mark.parametrize("kind", [None, "not_met", "no_show", "rescheduled"])
def test_without_met_there_is_no_transfer(rows: Session, kind: str | None) -> None:
    hand_off = make_reported(rows, kind) if kind else make_suspect(rows)
    holds_by(rows, TRIGGER, violation=TOGETHER, says="I2: lead", lead=hand_off.lead_id)


def test_the_status_does_not_change_without_the_owner(rows: Session) -> None:
    hand_off = make_reported(rows, "met")
    holds_by(rows, TRIGGER, violation=KEPT, says="I2: lead", lead=hand_off.lead_id)


def test_the_owner_does_not_change_without_the_status(rows: Session) -> None:
    hand_off = make_reported(rows, "met")
    holds_by(
        rows,
        TRIGGER,
        violation="update lead set owner_id = :ae where id = :lead",
        says="I2: lead .* would be its AE's",
        ae=hand_off.ae_id,
        lead=hand_off.lead_id,
    )


@pytest.mark.parametrize(
    "alone",
    [
        "update lead set status = 'sales_qualified', owner_id = :ae where id = :lead",
        "update lead set place = 'with_ae' where id = :lead",
    ],
)
def test_status_and_place_do_not_change_one_without_the_other(rows: Session, alone: str) -> None:
    hand_off = make_reported(rows, "met")
    values = {"lead": hand_off.lead_id, "ae": hand_off.ae_id}
    refuses(rows, alone, "ck_lead_transfer_is_one", **values)
    # Without it the lead would have left its hand-off, which I5 sees at the transaction's end.
    rows.execute(text(CHECK))
    rows.execute(text(alone), values)


def test_a_lead_is_not_born_sales_qualified(rows: Session) -> None:
    holds_by(
        rows,
        "drop trigger guard_new on lead",
        violation=lambda s: make_lead(s, status="sales_qualified", place="with_ae"),
        says="I1/I2/I5: a new lead is not sales_qualified",
    )


@pytest.mark.parametrize("kind", [OutcomeKind.NOT_MET, OutcomeKind.NO_SHOW])
def test_the_stage_cannot_transfer_what_was_not_met(world: World, kind: OutcomeKind) -> None:
    hand_off_id = world.reported(kind)
    world.run(await_outcome, hand_off_id)
    with pytest.raises(IntegrityError, match="I2: lead"):
        world.run(transfer, hand_off_id)
    assert_untouched(world, hand_off_id)
    with world.runtime.transaction() as session:
        session.execute(text("alter table lead disable trigger guard_status"))
    try:
        world.run(transfer, hand_off_id)
    finally:
        with world.runtime.transaction() as session:
            session.execute(text("alter table lead enable trigger guard_status"))
    assert world.lead_of(hand_off_id).status == "sales_qualified"


def test_a_crash_in_the_middle_leaves_nothing_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_off_id = world.reported(OutcomeKind.MET)
    world.run(await_outcome, hand_off_id)
    end = Work.end

    def dies(*args: Any) -> None:
        end(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(Work, "end", dies)
    with pytest.raises(KeyboardInterrupt):
        world.run(transfer, hand_off_id)
    assert_untouched(world, hand_off_id)
    assert "crm_status:transferred" not in world.effects(hand_off_id)


def assert_untouched(world: World, hand_off_id: uuid.UUID) -> None:
    lead, hand_off = world.lead_of(hand_off_id), world.hand_off(hand_off_id)
    assert (lead.status, lead.place, hand_off.state) == ("suspect", "hand_off", "open")
    assert lead.owner_id == hand_off.sdr_id


def test_another_ae_does_not_get_the_lead(rows: Session) -> None:
    hand_off = make_reported(rows, "met")
    other = make_rep(rows, "AE")
    lead = rows.get_one(Lead, hand_off.lead_id)
    statement = TOGETHER.replace("h.ae_id", str(other.id))
    holds_by(rows, TRIGGER, violation=statement, says="I2: lead", lead=lead.id)
