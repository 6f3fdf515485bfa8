"""I3: a return after a meeting has unmet criteria, the AE's words, the SDR and a check-in date."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.domain.meeting import OutcomeKind
from baton.engine import actions
from baton.errors import InputError
from baton.store.tables import Meeting
from tests.engine.worlds import World
from tests.factories import make_lead, make_rep, make_suspect
from tests.invariants.guards import allows, holds_by, refuses
from tests.invariants.test_i02_transfer_is_one_act import make_reported

TRIGGER = "drop trigger guard_status on lead"
RETURN = (
    "update lead set status = 'nurture', place = 'nurture', check_in_on = '2030-01-01',"
    " owner_id = :owner where id = :lead;"
    " update hand_off set state = 'returned', closed_at = opened_at, close_reason = 'x'"
    " where lead_id = :lead"
)
OUTCOME = (
    "insert into outcome (hand_off_id, meeting_id, rep_id, kind, verdicts, unmet, feedback, at)"
    " select h.id, m.id, h.ae_id, :kind, '{}', :unmet, :feedback, h.opened_at"
    " from hand_off h join meeting m on m.hand_off_id = h.id"
)


@pytest.mark.parametrize("kind", ["not_met", "no_show", "rescheduled"])
def test_with_the_aes_word_the_lead_returns_to_its_sdr(rows: Session, kind: str) -> None:
    hand_off = make_reported(rows, kind)
    allows(rows, RETURN, lead=hand_off.lead_id, owner=hand_off.sdr_id)


@pytest.mark.parametrize("kind", [None, "met"])
def test_without_it_the_lead_stays(rows: Session, kind: str | None) -> None:
    hand_off = make_reported(rows, kind) if kind else make_suspect(rows)
    values = {"lead": hand_off.lead_id, "owner": hand_off.sdr_id}
    holds_by(rows, TRIGGER, violation=RETURN, says="I3: lead .* without the AE's", **values)


def test_the_owner_stays_the_sdr(rows: Session) -> None:
    hand_off = make_reported(rows, "not_met")
    other = make_rep(rows, "SDR").id
    values = {"lead": hand_off.lead_id, "owner": other}
    holds_by(rows, TRIGGER, violation=RETURN, says="I3: lead", **values)


def test_a_meeting_that_was_called_off_needs_no_feedback(rows: Session) -> None:
    hand_off = make_suspect(rows)
    rows.execute(text("update meeting set state = 'cancelled'"))
    allows(rows, RETURN, lead=hand_off.lead_id, owner=hand_off.sdr_id)


@pytest.mark.parametrize(
    ("kind", "unmet", "feedback", "constraint"),
    [
        ("not_met", [], "They have no say.", "rejection_has_feedback"),
        ("not_met", ["decides"], "", "rejection_has_feedback"),
        ("not_met", ["decides"], " \t", "rejection_has_feedback"),
        ("met", ["decides"], "", "met_has_no_unmet"),
    ],
)
def test_an_outcome_without_what_it_needs_is_refused(
    rows: Session, kind: str, unmet: list[str], feedback: str, constraint: str
) -> None:
    make_suspect(rows)
    holds_by(
        rows,
        f"alter table outcome drop constraint ck_outcome_{constraint}",
        violation=OUTCOME,
        says=constraint,
        kind=kind,
        unmet=unmet,
        feedback=feedback,
    )


def test_nurture_has_a_check_in_date(rows: Session) -> None:
    lead = make_lead(rows)
    holds_by(
        rows,
        "alter table lead drop constraint ck_lead_nurture_has_check_in",
        violation="update lead set place = 'nurture' where id = :lead",
        says="nurture_has_check_in",
        lead=lead.id,
    )


def test_the_function_asks_and_behind_it_the_database_refuses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_off_id = world.suspect()
    report: dict[str, Any] = {
        "kind": OutcomeKind.NOT_MET,
        "verdicts": world.verdicts(decides="unmet"),
        "feedback": " ",
        "by": world.ae,
    }
    with pytest.raises(InputError, match=r"needs feedback in the AE's own words \(I3\)"):
        actions.report_outcome(world.runtime, hand_off_id, **report)
    monkeypatch.setattr(actions, "checked_verdicts", lambda _a, _k, said, _f: dict(said))
    with pytest.raises(IntegrityError, match="rejection_has_feedback"):
        actions.report_outcome(world.runtime, hand_off_id, **report)
    assert world.waits(hand_off_id)[-1].state == "open"


def test_a_returned_lead_has_everything(world: World) -> None:
    hand_off_id = world.returned()
    lead, hand_off = world.lead_of(hand_off_id), world.hand_off(hand_off_id)
    assert (lead.owner_id, lead.place) == (hand_off.sdr_id, "nurture")
    assert lead.check_in_on is not None
    assert "not met: decides" in (hand_off.close_reason or "")
    feedback = world.last_mail(hand_off_id, "returned_feedback")
    assert b"They have no say in it." in feedback
    assert {m.state for m in world.all(Meeting)} == {"over"}


def test_a_second_word_on_the_same_meeting_is_refused(rows: Session) -> None:
    make_reported(rows, "no_show")
    refuses(rows, OUTCOME, "uq_outcome_meeting_id", kind="met", unmet=[], feedback="")
