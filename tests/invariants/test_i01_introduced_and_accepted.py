"""I1: a lead becomes suspect only when introduced, and accepted by the AE and the lead."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from baton.domain.lead import LeadStatus
from baton.domain.meeting import Attendance
from baton.engine.accepting import settle_acceptance
from baton.engine.stage import Asleep
from baton.store.tables import AttendanceRow, HandOff, Lead, Meeting
from tasks.book import book
from tests.engine.worlds import World
from tests.factories import NOW, make_hand_off, make_lead, make_rep, make_suspect, make_wait
from tests.invariants.guards import allows, holds_by, refuses

SUSPECT = "update lead set status = 'suspect' where id = :lead"
GUARD = "drop trigger guard_status on lead"


def make_proposal(
    session: Session, *, ae_says: Attendance, lead_says: Attendance, is_engaged: bool
) -> HandOff:
    ae = make_rep(session, "AE")
    hand_off = make_hand_off(
        session, ae=ae, introduced_at=NOW, ae_engaged_at=NOW if is_engaged else None
    )
    meeting = Meeting(
        hand_off_id=hand_off.id,
        ordinal=1,
        ae_id=ae.id,
        during=Range(NOW, NOW.replace(hour=10)),
        uid=f"{hand_off.id}@baton",
        state="proposed",
    )
    session.add(meeting)
    session.flush()
    for side, says in (("ae", ae_says), ("lead", lead_says)):
        session.add(
            AttendanceRow(meeting_id=meeting.id, email=f"{side}@x.example", side=side, reply=says)
        )
    make_wait(session, hand_off, "acceptance")
    return hand_off


def test_only_both_acceptances_and_the_aes_answer_are_enough(rows: Session) -> None:
    for ae_says, lead_says, is_engaged in product(Attendance, Attendance, (True, False)):
        hand_off = make_proposal(rows, ae_says=ae_says, lead_says=lead_says, is_engaged=is_engaged)
        decided = settle_acceptance(rows, hand_off, by="test", at=NOW)
        both = ae_says == lead_says == Attendance.ACCEPTED
        declined = Attendance.DECLINED in (ae_says, lead_says)
        assert decided == ((both and is_engaged) or declined), (ae_says, lead_says, is_engaged)


# What takes one of the conditions away from a lead that has them all.
MISSING = {
    "it was introduced": "update hand_off set introduced_at = null",
    "the AE answered": "update hand_off set ae_engaged_at = null",
    "the meeting is confirmed": "update meeting set state = 'proposed'",
    "the meeting stands": "update meeting set state = 'cancelled'",
    "the lead accepted": "update attendance set reply = 'tentative' where side = 'lead'",
    "the AE accepted": "update attendance set reply = 'needs-action' where side = 'ae'",
    "nobody declined": "update attendance set reply = 'declined' where side = 'ae'",
    "both were invited": "delete from attendance where side = 'lead'",
}


def make_ready(session: Session) -> int:
    """A lead that has everything but the status; committed."""
    lead_id = make_suspect(session).lead_id
    session.execute(text("update lead set status = 'marketing_qualified'"))
    session.commit()
    return lead_id


def test_a_lead_that_has_everything_becomes_suspect(rows: Session) -> None:
    allows(rows, SUSPECT, lead=make_ready(rows))


def test_a_lead_that_lacks_one_thing_does_not(rows: Session) -> None:
    lead_id = make_ready(rows)
    for lacking, statement in MISSING.items():
        with rows.begin_nested() as savepoint:
            rows.execute(text(statement))
            refuses(rows, SUSPECT, "I1: lead", lead=lead_id)
            savepoint.rollback()
        assert lacking
    allows(rows, SUSPECT, lead=lead_id)


def test_one_acceptance_twice_is_not_two(rows: Session) -> None:
    lead_id = make_ready(rows)
    rows.execute(text("update attendance set side = 'ae'"))
    refuses(rows, SUSPECT, "I1: lead", lead=lead_id)


def test_from_no_status_and_by_no_other_leads_hand_off(rows: Session) -> None:
    make_ready(rows)
    for status in set(LeadStatus) - {LeadStatus.SUSPECT, LeadStatus.SALES_QUALIFIED}:
        lead = make_lead(rows, status=status)
        holds_by(rows, GUARD, violation=SUSPECT, says="I1: lead", lead=lead.id)


def test_a_lead_is_not_born_a_suspect(rows: Session) -> None:
    holds_by(
        rows,
        "drop trigger guard_new on lead",
        violation=lambda session: make_lead(session, status="suspect"),
        says="I1/I2/I5: a new lead is not suspect",
    )


def test_the_stage_depends_on_what_the_replies_say(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_off_id = world.invited()
    world.replies(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, world.ae)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert world.lead_of(hand_off_id).status == "new"
    # Somebody decides the wait without asking: the stage still looks at who accepted.
    with world.runtime.transaction() as session:
        session.execute(
            text(
                "update wait set state = 'decided', decision = 'accepted', decided_by = 'x',"
                " decided_at = opened_at where state = 'open'"
            )
        )
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert world.row(Lead, world.hand_off(hand_off_id).lead_id).status == "new"
