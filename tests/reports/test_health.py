from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.store.health import (
    all_faults,
    effect_faults,
    misplaced_faults,
    open_hand_off_faults,
    overdue_faults,
    where_leads_are,
)
from baton.store.tables import Effect, HandOff
from tests.factories import (
    NOW,
    make_hand_off,
    make_intake,
    make_lead,
    make_quarantine,
    make_returned,
    make_transferred,
    make_wait,
)

LATER = NOW + timedelta(hours=3)


def a_lead_everywhere(session: Session) -> None:
    make_lead(session)
    make_hand_off(session)
    make_lead(session, place="nurture", status="nurture", check_in_on=date(2030, 1, 1))
    make_transferred(session)
    make_lead(session, place="closed", place_reason="asked for it")
    quarantined = make_lead(session, place="quarantined", place_reason="no address")
    make_quarantine(session, quarantined.intake_id, lead=quarantined)
    make_quarantine(session, make_intake(session).id)


def test_every_lead_is_counted_once_where_it_is(session: Session) -> None:
    a_lead_everywhere(session)
    counts = where_leads_are(session)
    assert (counts.waiting, counts.in_hand_off, counts.nurture) == (1, 1, 1)
    assert (counts.with_ae, counts.closed) == (1, 1)
    assert (counts.quarantined_leads, counts.quarantined_rows, counts.quarantined) == (1, 1, 2)
    assert counts.imported == 7
    assert counts.difference == 0


def test_an_database_lacks_nothing(session: Session) -> None:
    counts = where_leads_are(session)
    assert (counts.imported, counts.difference) == (0, 0)


def test_i5_a_lead_that_is_nowhere_shows(session: Session) -> None:
    make_lead(session)
    make_intake(session)
    assert where_leads_are(session).difference == 1


def test_i5_a_quarantined_lead_without_an_entry_shows(session: Session) -> None:
    make_lead(session, place="quarantined", place_reason="lost")
    assert where_leads_are(session).difference == 1
    [fault] = misplaced_faults(session)
    assert fault.kind == "misplaced"
    assert "no open quarantine entry" in fault.what


def test_a_mended_row_counts_where_its_lead_is(session: Session) -> None:
    lead = make_lead(session)
    make_quarantine(session, lead.intake_id).resolved_at = NOW
    session.flush()
    counts = where_leads_are(session)
    assert (counts.imported, counts.waiting, counts.difference) == (1, 1, 0)


def test_touch_rows_are_no_leads(session: Session) -> None:
    make_quarantine(session, make_intake(session, "touch:file:7").id)
    counts = where_leads_are(session)
    assert (counts.imported, counts.quarantined, counts.difference) == (0, 0, 0)


def test_a_healthy_house_has_no_faults(session: Session) -> None:
    a_lead_everywhere(session)
    make_returned(session)
    assert all_faults(session, NOW) == []


def test_a_hand_off_that_nobody_owes_and_nothing_runs_is_asleep(session: Session) -> None:
    hand_off = make_hand_off(session)
    [fault] = open_hand_off_faults(session, LATER)
    assert (fault.kind, fault.hand_off_id, fault.since) == ("asleep", hand_off.id, NOW)


def test_a_hand_off_that_just_began_is_not_asleep(session: Session) -> None:
    make_hand_off(session)
    assert open_hand_off_faults(session, NOW + timedelta(minutes=9)) == []


def test_a_hand_off_that_waits_is_not_asleep(session: Session) -> None:
    make_wait(session, make_hand_off(session))
    assert open_hand_off_faults(session, LATER) == []


def test_a_decided_wait_wakes_the_hand_off_or_it_is_asleep(session: Session) -> None:
    decided_at = NOW + timedelta(minutes=30)
    make_wait(
        session,
        make_hand_off(session),
        state="decided",
        decision="yes",
        decided_by="Kim",
        decided_at=decided_at,
    )
    assert open_hand_off_faults(session, decided_at + timedelta(minutes=5)) == []
    [fault] = open_hand_off_faults(session, decided_at + timedelta(minutes=11))
    assert fault.since == decided_at


def test_a_hand_off_under_a_live_lease_is_not_asleep(session: Session) -> None:
    hand_off = make_hand_off(session)
    session.execute(
        text("update hand_off set lease_until = clock_timestamp() + interval '1 minute'")
    )
    assert open_hand_off_faults(session, LATER) == []
    session.execute(
        text("update hand_off set lease_until = clock_timestamp() - interval '1 minute'")
    )
    assert [f.hand_off_id for f in open_hand_off_faults(session, LATER)] == [hand_off.id]


def test_an_overdue_promise_is_a_fault_and_says_if_it_was_escalated(session: Session) -> None:
    make_wait(session, make_hand_off(session), "outcome")
    make_wait(session, make_hand_off(session), "contact", due_at=LATER, escalated_at=NOW)
    assert overdue_faults(session, NOW + timedelta(hours=1)) == []
    assert [f.what for f in overdue_faults(session, LATER)] == ["outcome is overdue"]
    assert [f.what for f in overdue_faults(session, LATER + timedelta(minutes=1))] == [
        "outcome is overdue",
        "contact is overdue, escalated",
    ]


def an_effect(session: Session, hand_off: HandOff, state: str, minutes: int) -> None:
    effect = Effect(
        key=f"{state}{minutes}",
        hand_off_id=hand_off.id,
        lead_id=hand_off.lead_id,
        kind="introduction",
        provider_id="x",
        state=state,
        intended_at=NOW,
    )
    session.add(effect)
    session.flush()
    session.execute(
        text(
            "update effect set in_flight_since = clock_timestamp() - make_interval(mins => :ago)"
            " where id = :id"
        ),
        {"ago": minutes, "id": effect.id},
    )


def test_effects_in_doubt_and_failed_are_faults(session: Session) -> None:
    hand_off = make_hand_off(session)
    for state, minutes in (
        ("done", 60),
        ("intended", 60),
        ("in_flight", 5),
        ("in_flight", 20),
        ("failed", 1),
    ):
        an_effect(session, hand_off, state, minutes)
    assert [(f.kind, f.what) for f in effect_faults(session)] == [
        ("in_doubt", "introduction may or may not have gone out"),
        ("failed", "introduction never went out"),
    ]
