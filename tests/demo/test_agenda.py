from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from baton.store.agenda import next_instant
from tests.factories import NOW, make_hand_off, make_suspect, make_transferred, make_wait


def test_nothing_is_due_where_nothing_is_open(session: Session) -> None:
    make_transferred(session)
    assert next_instant(session, NOW - timedelta(days=9)) is None


def test_the_next_instant_goes_from_reminder_to_limit(session: Session) -> None:
    hand_off = make_hand_off(session)
    hand_off.due_at = NOW + timedelta(hours=9)
    reminders = [(NOW + timedelta(hours=h)).isoformat() for h in (3, 5)]
    wait = make_wait(
        session, hand_off, due_at=NOW + timedelta(hours=8), remind_at=reminders, reminded=1
    )
    assert next_instant(session, NOW) == NOW + timedelta(hours=5)
    wait.reminded = 2
    session.flush()
    assert next_instant(session, NOW) == NOW + timedelta(hours=8)
    assert next_instant(session, NOW + timedelta(hours=8)) == NOW + timedelta(hours=9)
    assert next_instant(session, NOW + timedelta(hours=9)) is None


def test_a_confirmed_meetings_end_is_an_instant_that_matters(session: Session) -> None:
    hand_off = make_suspect(session)
    hand_off.due_at = NOW + timedelta(days=5)
    session.flush()
    assert next_instant(session, NOW) == NOW + timedelta(days=1, minutes=30)
