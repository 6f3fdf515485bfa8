"""Times that are held for minutes while a lead chooses one of them; nobody else is offered them.

A hold is no meeting: who takes a time first has it (I7). It ends by itself after its minutes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.store.tables import HandOff, HeldTime

LOCK = 0x68656C64
Span = tuple[datetime, datetime]


def take_turns(session: Session, ae_id: int) -> None:
    """Let whoever looks for a time of this AE wait until another one who does is done."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashint8(ae_id))))


def held_by(session: Session, hand_off_id: uuid.UUID, *, at: datetime) -> list[HeldTime]:
    """Return the times that are held for this hand-off at the instant (aware UTC), in order."""
    return list(
        session.scalars(
            select(HeldTime)
            .where(HeldTime.hand_off_id == hand_off_id, HeldTime.held_until > at)
            .order_by(HeldTime.during)
        )
    )


def held_for_others(session: Session, hand_off: HandOff, *, at: datetime) -> list[Span]:
    """Return when the hand-off's AE is held for other leads at the instant (aware UTC)."""
    rows = session.scalars(
        select(HeldTime.during).where(
            HeldTime.ae_id == hand_off.ae_id,
            HeldTime.hand_off_id != hand_off.id,
            HeldTime.held_until > at,
        )
    )
    return [(row.lower, row.upper) for row in rows if row.lower and row.upper]


def hold_times(
    session: Session,
    hand_off: HandOff,
    spans: Iterable[Span],
    *,
    number: int,
    until: datetime,
    at: datetime,
) -> list[HeldTime]:
    """Hold the first of these times that are nobody else's; what is over is forgotten before.

    Args:
        session: The transaction; two at once for one AE take turns (`take_turns`).
        hand_off: For whose lead; it has an AE.
        spans: Aware times, the best first.
        number: How many at most.
        until: Aware instant at which the hold ends.
        at: Now (aware UTC).

    Returns:
        What is held, in order of time; empty if there is nothing to hold.
    """
    assert hand_off.ae_id is not None
    session.execute(
        delete(HeldTime).where(HeldTime.ae_id == hand_off.ae_id, HeldTime.held_until <= at)
    )
    held: list[HeldTime] = []
    for start, end in spans:
        if len(held) == number:
            break
        one = HeldTime(
            hand_off_id=hand_off.id,
            ae_id=hand_off.ae_id,
            during=Range(start, end),
            held_until=until,
            at=at,
        )
        try:
            with session.begin_nested():
                session.add(one)
                session.flush()
        except IntegrityError as error:
            if "no_double_hold" not in str(error.orig):
                raise
            continue
        held.append(one)
    return sorted(held, key=lambda one: one.during.lower or at)


def let_go(session: Session, hand_off_id: uuid.UUID) -> None:
    """Hold nothing more for this hand-off."""
    session.execute(delete(HeldTime).where(HeldTime.hand_off_id == hand_off_id))
