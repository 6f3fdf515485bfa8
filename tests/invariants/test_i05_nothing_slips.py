"""I5: every lead is in exactly one place, and every open hand-off is somebody's by some time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.domain.lead import Place
from baton.store.health import Counts, misplaced_faults, where_leads_are
from baton.store.tables import HandOff, Lead
from tests.engine.worlds import World
from tests.factories import (
    make_hand_off,
    make_intake,
    make_lead,
    make_quarantine,
    make_transferred,
)
from tests.invariants.guards import allows, holds_by, refuses


def quarantined(session: Session) -> int:
    lead = make_lead(session, place="quarantined", place_reason="no address")
    make_quarantine(session, lead.intake_id, lead=lead)
    return lead.id


# One factory a place.
PLACES: dict[Place, Callable[[Session], int]] = {
    Place.WAITING: lambda s: make_lead(s).id,
    Place.HAND_OFF: lambda s: make_hand_off(s).lead_id,
    Place.NURTURE: lambda s: make_lead(s, place="nurture", check_in_on=date(2030, 1, 1)).id,
    Place.WITH_AE: lambda s: make_transferred(s).lead_id,
    Place.CLOSED: lambda s: make_lead(s, place="closed", place_reason="opted out").id,
    Place.QUARANTINED: quarantined,
}


def test_there_is_a_factory_for_every_place() -> None:
    assert set(PLACES) == set(Place)


def test_one_lead_in_each_place_adds_up_to_what_was_imported(rows: Session) -> None:
    for make in PLACES.values():
        make(rows)
    make_quarantine(rows, make_intake(rows).id)
    make_intake(rows, "touch:unreadable")
    counts = where_leads_are(rows)
    assert counts == Counts(7, 1, 1, 1, 1, 1, 1, 1)
    assert counts.difference == 0
    assert misplaced_faults(rows) == []


def test_each_place_alone_adds_up(rows: Session) -> None:
    for place, make in PLACES.items():
        with rows.begin_nested() as savepoint:
            make(rows)
            counts = where_leads_are(rows)
            assert (counts.imported, counts.difference) == (1, 0), place
            savepoint.rollback()


def test_a_lead_that_is_nowhere_is_a_difference(rows: Session) -> None:
    make_intake(rows)
    make_lead(rows, place="quarantined", place_reason="and nobody knows why")
    counts = where_leads_are(rows)
    assert (counts.imported, counts.difference) == (2, 2)


TO_HAND_OFF = "update lead set place = 'hand_off' where id = :lead"
FROM_HAND_OFF = "update lead set place = 'waiting' where id = :lead"
CLOSE = "update hand_off set state = 'closed', closed_at = opened_at, close_reason = 'x'"
ON_LEAD = "drop trigger one_place on lead"
ON_HAND_OFF = "drop trigger one_place on hand_off"


@pytest.mark.parametrize(
    ("violation", "guard", "has_hand_off"),
    [
        (TO_HAND_OFF, ON_LEAD, False),
        (FROM_HAND_OFF, ON_LEAD, True),
        (CLOSE, ON_HAND_OFF, True),
        ("delete from hand_off", ON_HAND_OFF, True),
    ],
)
def test_place_and_open_hand_off_agree_when_a_transaction_ends(
    rows: Session, violation: str, guard: str, has_hand_off: bool
) -> None:
    lead_id = make_hand_off(rows).lead_id if has_hand_off else make_lead(rows).id
    holds_by(rows, guard, violation=violation, says="I5: lead", lead=lead_id)


def test_they_may_disagree_in_the_middle_of_one(rows: Session) -> None:
    lead_id = make_hand_off(rows).lead_id
    rows.commit()
    rows.execute(text(FROM_HAND_OFF), {"lead": lead_id})
    rows.execute(text(CLOSE))
    rows.commit()
    assert rows.get_one(Lead, lead_id).place == "waiting"


def test_the_commit_itself_is_refused(rows: Session) -> None:
    lead_id = make_lead(rows).id
    rows.commit()
    rows.execute(text(TO_HAND_OFF), {"lead": lead_id})
    with pytest.raises(IntegrityError, match="I5: lead"):
        rows.commit()
    rows.rollback()
    assert rows.get_one(Lead, lead_id).place == "waiting"


def test_a_lead_is_not_born_in_a_hand_off(rows: Session) -> None:
    holds_by(
        rows,
        "drop trigger guard_new on lead",
        violation=lambda session: make_lead(session, place="hand_off"),
        says="I1/I2/I5: a new lead is not new in place hand_off",
    )


@pytest.mark.parametrize("column", ["next_step", "responsible_id", "due_at"])
def test_an_open_hand_off_has_one_step_one_rep_and_one_due_time(rows: Session, column: str) -> None:
    make_hand_off(rows)
    holds_by(
        rows,
        "alter table hand_off drop constraint ck_hand_off_open_has_next_step",
        violation=f"update hand_off set {column} = null",
        says="open_has_next_step",
    )


@pytest.mark.parametrize("column", ["closed_at", "close_reason"])
def test_a_closed_hand_off_says_when_and_why(rows: Session, column: str) -> None:
    make_transferred(rows)
    holds_by(
        rows,
        "alter table hand_off drop constraint ck_hand_off_closed_has_reason",
        violation=f"update hand_off set {column} = null",
        says="closed_has_reason",
    )


def test_a_lead_has_one_open_hand_off_at_most(rows: Session) -> None:
    lead = make_lead(rows)
    make_hand_off(rows, lead=lead)
    holds_by(
        rows,
        "drop index uq_hand_off_open",
        violation=lambda session: make_hand_off(session, lead=rows.get_one(Lead, lead.id)),
        says="uq_hand_off_open",
    )


def test_a_hand_off_waits_for_one_thing_at_a_time(rows: Session) -> None:
    hand_off = make_hand_off(rows)
    waits = (
        "insert into wait (hand_off_id, kind, ordinal, subject, responsible_id, opened_at,"
        " not_before, due_at, on_expiry)"
        " select id, kind, 1, 'x', sdr_id, opened_at, opened_at, opened_at, 'escalate'"
        " from hand_off, unnest(cast(:kinds as text[])) as k (kind)"
    )
    allows(rows, waits, kinds=["contact"])
    says, both = "uq_wait_open", ["contact", "answers"]
    holds_by(rows, "drop index uq_wait_open", violation=waits, says=says, kinds=both)
    assert hand_off.state == "open"


@pytest.mark.parametrize("place", ["closed", "quarantined"])
def test_an_end_has_a_reason(rows: Session, place: str) -> None:
    make_lead(rows)
    holds_by(
        rows,
        "alter table lead drop constraint ck_lead_end_has_reason",
        violation=f"update lead set place = '{place}', place_reason = null",
        says="end_has_reason",
    )


def test_a_lead_is_in_no_place_that_nobody_counts(rows: Session) -> None:
    make_lead(rows)
    refuses(rows, "update lead set place = 'limbo'", "ck_lead_place")


MOVES = (
    "place = 'nurture', check_in_on = '2025-06-01'",
    "check_in_on = '2025-07-01'",
    "place = 'waiting', check_in_on = null",
    "qualified_at = now()",
    "changed_at = now() + interval '1 hour'",
    "qualified_at = null, place = 'closed', place_reason = 'why'",
    "place = 'waiting', place_reason = null",
)
MISSED = """
    select count(*) from lead l full join lead_place p on p.lead_id = l.id
    where (l.place, is_new(l.place, l.qualified_at, l.changed_at),
            coalesce(l.check_in_on, '9999-12-31'))
        is distinct from (p.place, p.is_new, p.check_in_on)
"""


def test_where_a_lead_is_stands_beside_it_too(rows: Session) -> None:
    """By that the batch finds whom to judge: one that it does not tell of would slip through."""
    moved, stays = make_lead(rows), make_lead(rows)
    for move in MOVES:
        rows.execute(text(f"update lead set {move} where id = :id"), {"id": moved.id})
        assert rows.scalar(text(MISSED)) == 0, move
    rows.execute(text("delete from lead_place where lead_id = :id"), {"id": stays.id})
    refuses(rows, "update lead set place = 'closed', place_reason = 'why'", "lead_place does not")


@pytest.mark.parametrize("trigger", ["places_new", "places_moved"])
def test_without_its_trigger_that_would_not_be_so(rows: Session, trigger: str) -> None:
    rows.execute(text(f"alter table lead disable trigger {trigger}"))
    lead = make_lead(rows)
    if trigger == "places_moved":
        rows.execute(text(f"update lead set {MOVES[0]} where id = :id"), {"id": lead.id})
    assert rows.scalar(text(MISSED)) == 1


def test_one_thing_taken_in_is_one_lead(rows: Session) -> None:
    lead = make_lead(rows)
    holds_by(
        rows,
        "alter table lead drop constraint uq_lead_intake_id",
        violation="insert into lead (intake_id, created_at, changed_at)"
        " values (:intake, now(), now())",
        says="uq_lead_intake_id",
        intake=lead.intake_id,
    )


def test_every_step_of_a_hand_off_is_somebodys(world: World) -> None:
    seen = []
    for make in (World.start, World.invited, World.suspect):
        hand_off: HandOff = world.hand_off(make(world))
        seen.append(hand_off.next_step)
        assert hand_off.responsible_id is not None
        assert hand_off.due_at is not None
    assert len(set(seen)) == 3
    with world.runtime.transaction() as session:
        assert where_leads_are(session).difference == 0
