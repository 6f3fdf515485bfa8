from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from baton.domain.hand_off import WaitKind
from baton.errors import NotFoundError, RefusedError
from baton.store.waits import (
    WaitFor,
    decide,
    expire,
    latest_wait,
    open_wait,
    open_wait_of,
    overdue_waits,
    waits_to_remind,
)
from tests.factories import NOW, make_hand_off, make_wait

HOUR = timedelta(hours=1)


def test_an_open_wait_is_the_hand_offs_next_step(rows: Session) -> None:
    hand_off = make_hand_off(rows)
    wait_for = WaitFor(
        kind=WaitKind.CONTACT,
        subject="find another address",
        responsible_id=hand_off.sdr_id,
        due_at=NOW + 2 * HOUR,
        on_expiry="give_up",
        not_before=NOW,
    )
    first = open_wait(rows, hand_off, wait_for, at=NOW)
    assert (hand_off.next_step, hand_off.due_at) == ("find another address", NOW + 2 * HOUR)
    decide(first, "corrected", by="sam", at=NOW)
    assert open_wait(rows, hand_off, wait_for, at=NOW).ordinal == first.ordinal + 1 == 2
    assert latest_wait(rows, hand_off.id, WaitKind.APPROVAL) is None


def test_the_first_decision_stands(rows: Session) -> None:
    wait = make_wait(rows, make_hand_off(rows))
    assert decide(wait, "approve", by="ann", at=NOW)
    assert not decide(wait, "reject", by="max", at=NOW + HOUR)
    assert not expire(wait, at=NOW + HOUR)
    assert (wait.decision, wait.decided_by, wait.state) == ("approve", "ann", "decided")


def test_an_expired_wait_takes_no_decision(rows: Session) -> None:
    wait = make_wait(rows, make_hand_off(rows))
    assert expire(wait, at=NOW)
    assert not decide(wait, "approve", by="ann", at=NOW)
    assert (wait.state, wait.decision) == ("expired", "escalate")


def test_only_the_wait_that_is_open_is_found_and_the_refusal_says_what_is(rows: Session) -> None:
    hand_off = make_hand_off(rows)
    with pytest.raises(RefusedError, match="does not wait for approval: it is open"):
        open_wait_of(rows, hand_off.id, WaitKind.APPROVAL)
    wait = make_wait(rows, hand_off, "contact")
    assert open_wait_of(rows, hand_off.id, WaitKind.CONTACT) is wait
    with pytest.raises(RefusedError, match="does not wait for approval: it waits for contact"):
        open_wait_of(rows, hand_off.id, WaitKind.APPROVAL)
    with pytest.raises(NotFoundError):
        open_wait_of(rows, uuid.UUID(int=1), WaitKind.APPROVAL)


def test_what_is_overdue_is_found_from_its_due_time_on(rows: Session) -> None:
    wait = make_wait(rows, make_hand_off(rows), due_at=NOW + HOUR)
    assert overdue_waits(rows, at=NOW + HOUR - timedelta(seconds=1)) == []
    assert overdue_waits(rows, at=NOW + HOUR) == [wait]
    wait.escalated_at = NOW + HOUR
    assert overdue_waits(rows, at=NOW + 2 * HOUR) == []


def test_reminders_are_due_one_after_the_other(rows: Session) -> None:
    at = [(NOW + HOUR).isoformat(), (NOW + 3 * HOUR).isoformat()]
    wait = make_wait(rows, make_hand_off(rows), remind_at=at)
    found = []
    for hours in range(5):
        due = waits_to_remind(rows, at=NOW + hours * HOUR)
        found.append(len(due))
        for each in due:
            each.reminded += 1
        rows.flush()
    assert found == [0, 1, 0, 1, 0]
    assert wait.reminded == 2


def test_two_sweeps_do_not_take_the_same_wait(rows: Session) -> None:
    make_wait(rows, make_hand_off(rows))
    rows.commit()
    assert len(overdue_waits(rows, at=NOW + 2 * HOUR)) == 1
    with Session(rows.get_bind()) as other:
        assert overdue_waits(other, at=NOW + 2 * HOUR) == []
