"""I7: a rep is never in two meetings at once."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from baton.domain.meeting import MeetingState
from baton.errors import SlotTakenError
from baton.store.meetings import TAKEN, busy_times, latest_meeting, propose_meeting
from baton.store.tables import HandOff, Meeting, Rep
from tests.factories import NOW, active_agreement, make_hand_off, make_rep
from tests.invariants.guards import allows, holds_by, refuses

NINE = NOW
HALF_PAST = NINE + timedelta(minutes=30)
TEN = NINE + timedelta(minutes=60)
MINUTE = timedelta(minutes=1)
DROP = "alter table meeting drop constraint no_double_booking"
ADD = (
    " add constraint no_double_booking exclude using gist (ae_id with =, during with &&) where ({})"
)
# Meetings are proposed under the constraint's name; without the guard it has nothing to refuse.
GUARD = f"{DROP}, {ADD.format('false')}"


def meet(session: Session, ae: Rep, start: datetime, end: datetime, state: str = "held") -> Meeting:
    hand_off = make_hand_off(session, ae=ae)
    meeting = Meeting(
        hand_off_id=hand_off.id,
        ordinal=1,
        ae_id=ae.id,
        during=Range(start, end),
        uid=f"{hand_off.id}@baton",
        state=state,
    )
    session.add(meeting)
    session.flush()
    return meeting


@pytest.mark.parametrize("there", TAKEN)
@pytest.mark.parametrize("comes", TAKEN)
def test_a_taken_slot_is_not_given_again(rows: Session, there: str, comes: str) -> None:
    ae = make_rep(rows, "AE")
    meet(rows, ae, NINE, TEN, there)
    holds_by(
        rows,
        GUARD,
        violation=lambda s: meet(s, s.get_one(Rep, ae.id), NINE, TEN, comes),
        says="no_double_booking",
    )


@pytest.mark.parametrize("state", sorted(set(MeetingState) - set(TAKEN)))
def test_a_freed_slot_is(rows: Session, state: str) -> None:
    ae = make_rep(rows, "AE")
    meet(rows, ae, NINE, TEN, state)
    allows(rows, lambda s: meet(s, ae, NINE, TEN))


@pytest.mark.parametrize(
    ("start", "end", "is_free"),
    [
        (HALF_PAST, TEN, True),
        (NINE - timedelta(minutes=30), NINE, True),
        (HALF_PAST - MINUTE, TEN, False),
        (NINE - timedelta(minutes=30), NINE + MINUTE, False),
        (NINE + MINUTE, HALF_PAST - MINUTE, False),
        (NINE - MINUTE, TEN, False),
    ],
)
def test_meetings_may_touch_and_not_overlap(
    rows: Session, start: datetime, end: datetime, is_free: bool
) -> None:
    ae, other = make_rep(rows, "AE"), make_rep(rows, "AE")
    meet(rows, ae, NINE, HALF_PAST)
    if is_free:
        allows(rows, lambda s: meet(s, ae, start, end))
    else:
        refuses(rows, lambda s: meet(s, ae, start, end), "no_double_booking")
    allows(rows, lambda s: meet(s, other, start, end))


def test_a_cancelled_meeting_does_not_come_back_into_a_taken_slot(rows: Session) -> None:
    ae = make_rep(rows, "AE")
    meet(rows, ae, NINE, TEN, "cancelled")
    meet(rows, ae, NINE, TEN, "confirmed")
    holds_by(
        rows,
        GUARD,
        violation="update meeting set state = 'held' where state = 'cancelled'",
        says="no_double_booking",
    )


def propose(session: Session, hand_off: HandOff) -> Meeting:
    return propose_meeting(
        session,
        hand_off,
        starts_at=NINE,
        ends_at=TEN,
        location="here",
        lead_email="lead@buyer.example",
        ae_email="ae@seller.example",
        before=latest_meeting(session, hand_off.id),
    )


def test_the_function_says_that_the_slot_is_taken_and_the_session_goes_on(rows: Session) -> None:
    ae = make_rep(rows, "AE")
    first, second = make_hand_off(rows, ae=ae), make_hand_off(rows, ae=ae)
    propose(rows, first)
    with pytest.raises(SlotTakenError, match="propose another time"):
        propose(rows, second)
    assert busy_times(rows, ae.id, since=NINE, until=TEN) == [(NINE, TEN)]


def test_a_new_proposal_frees_the_hand_offs_old_slot(rows: Session) -> None:
    hand_off = make_hand_off(rows, ae=make_rep(rows, "AE"))
    first = propose(rows, hand_off)
    second = propose(rows, hand_off)
    assert (first.state, second.state) == ("cancelled", "proposed")
    assert (second.uid, second.sequence) == (first.uid, first.sequence + 1)


AT_ONCE = 20


@pytest.mark.parametrize("is_guarded", [True, False])
def test_of_twenty_that_propose_one_slot_at_once_one_gets_it(
    database: Engine, is_guarded: bool
) -> None:
    with Session(database) as session:
        active_agreement(session)
        ae, sdr = make_rep(session, "AE"), make_rep(session)
        ids = [make_hand_off(session, ae=ae, sdr=sdr).id for _ in range(AT_ONCE)]
        session.commit()
    if not is_guarded:
        _drop(database)
    together = threading.Barrier(AT_ONCE, timeout=30)

    def one(hand_off_id: uuid.UUID) -> bool:
        with Session(database) as session:
            hand_off = session.get_one(HandOff, hand_off_id)
            together.wait()
            try:
                propose(session, hand_off)
            except SlotTakenError:
                return False
            session.commit()
            return True

    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            got = list(pool.map(one, ids))
        with Session(database) as session:
            taken = session.scalar(select(func.count()).select_from(Meeting))
        assert sum(got) == taken == (1 if is_guarded else AT_ONCE)
    finally:
        if not is_guarded:
            _put_back(database)


def _drop(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(GUARD))


def _put_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("truncate meeting cascade"))
        taken = "state in ('held', 'proposed', 'confirmed')"
        connection.execute(text(f"{DROP}, {ADD.format(taken)}"))
