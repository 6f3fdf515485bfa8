"""What the sweep looks for: hand-offs that should run and do not, effects that nobody settles."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Interval, func, or_, select, update
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectState, HandOffState, WaitState
from baton.store.tables import Effect, HandOff, Wait

MAX_DRIVES = 6
FIRST_PAUSE_SECONDS = 15
_no_live_lease = or_(HandOff.lease_until.is_(None), HandOff.lease_until < func.clock_timestamp())


@dataclass(frozen=True, slots=True)
class Idle:
    """An open hand-off that waits for nobody and that no worker holds."""

    hand_off_id: uuid.UUID
    flow_run_id: str | None
    lease_expired: bool


def idle_hand_offs(session: Session, *, limit: int = 500) -> Sequence[Idle]:
    """Return open hand-offs that should be running: no open wait, no live lease."""
    waits = select(Wait.id).where(Wait.hand_off_id == HandOff.id, Wait.state == WaitState.OPEN)
    rows = session.execute(
        select(HandOff.id, HandOff.flow_run_id, HandOff.lease_until.is_not(None))
        .where(HandOff.state == HandOffState.OPEN, _no_live_lease, ~waits.exists())
        .order_by(HandOff.opened_at)
        .limit(limit)
    )
    return [Idle(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Open:
    """An open hand-off, and what it should sleep on.

    Attributes:
        hand_off_id: The hand-off.
        flow_run_id: Its run in Prefect, if one was made.
        wait: Kind and number of its open wait; None if it waits for nobody.
        is_held: True while a worker runs it.
    """

    hand_off_id: uuid.UUID
    flow_run_id: str | None
    wait: tuple[str, int] | None
    is_held: bool


def every_open_hand_off(session: Session) -> Sequence[Open]:
    """Return every open hand-off, the oldest first."""
    rows = session.execute(
        select(HandOff.id, HandOff.flow_run_id, Wait.kind, Wait.id, ~_no_live_lease)
        .outerjoin(Wait, (Wait.hand_off_id == HandOff.id) & (Wait.state == WaitState.OPEN))
        .where(HandOff.state == HandOffState.OPEN)
        .order_by(HandOff.opened_at, HandOff.id)
    )
    return [
        Open(hand_off_id, run, None if wait is None else (kind, wait), held)
        for hand_off_id, run, kind, wait, held in rows
    ]


def unlaunched_hand_offs(session: Session, *, limit: int = 500) -> Sequence[uuid.UUID]:
    """Return open hand-offs for which no flow run was created."""
    return session.scalars(
        select(HandOff.id)
        .where(HandOff.state == HandOffState.OPEN, HandOff.flow_run_id.is_(None))
        .order_by(HandOff.opened_at)
        .limit(limit)
    ).all()


def unsettled_effects(session: Session, *, limit: int = 500) -> Sequence[str]:
    """Return keys of effects that no running segment is about to settle, oldest first."""
    return session.scalars(
        select(Effect.key)
        .outerjoin(HandOff, HandOff.id == Effect.hand_off_id)
        .where(
            Effect.state.in_([EffectState.INTENDED, EffectState.IN_FLIGHT]),
            or_(HandOff.id.is_(None), _no_live_lease),
        )
        .order_by(Effect.id)
        .limit(limit)
    ).all()


def may_drive_again(session: Session, hand_off_id: uuid.UUID) -> bool:
    """Count one more drive of a run that failed, unless it was driven too often or too lately.

    The pause before the next drive doubles each time; a stage that gets done starts it anew.
    """
    seconds = FIRST_PAUSE_SECONDS * func.power(2, HandOff.driven_again)
    pause = func.make_interval(0, 0, 0, 0, 0, 0, seconds, type_=Interval)
    driven = session.scalar(
        update(HandOff)
        .where(
            HandOff.id == hand_off_id,
            HandOff.driven_again < MAX_DRIVES,
            or_(
                HandOff.driven_at.is_(None),
                HandOff.driven_at + pause < func.clock_timestamp(),
            ),
        )
        .values(driven_again=HandOff.driven_again + 1, driven_at=func.clock_timestamp())
        .returning(HandOff.id)
    )
    return driven is not None
