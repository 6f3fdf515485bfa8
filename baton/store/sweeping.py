"""What the sweep looks for: hand-offs that should run and do not, effects that nobody settles."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState, HandOffState, Neighbour, WaitState
from baton.store.neighbours import pausing_neighbours
from baton.store.pausing import pause
from baton.store.tables import Effect, HandOff, Wait

MAX_DRIVES = 6
FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 600
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


def open_hand_offs_of(session: Session, flow_run_ids: Sequence[str]) -> dict[str, uuid.UUID]:
    """Return the hand-offs that are open, by their run in Prefect."""
    found = session.execute(
        select(HandOff.flow_run_id, HandOff.id).where(
            HandOff.state == HandOffState.OPEN, HandOff.flow_run_id.in_(flow_run_ids)
        )
    )
    return {run: hand_off_id for run, hand_off_id in found if run is not None}


def unlaunched_hand_offs(session: Session, *, limit: int = 500) -> Sequence[uuid.UUID]:
    """Return open hand-offs for which no flow run was created."""
    return session.scalars(
        select(HandOff.id)
        .where(HandOff.state == HandOffState.OPEN, HandOff.flow_run_id.is_(None))
        .order_by(HandOff.opened_at)
        .limit(limit)
    ).all()


def unsettled_effects(session: Session, *, limit: int = 500) -> Sequence[str]:
    """Return keys of effects that no running segment is about to settle, the newest tried last.

    Those that were tried in vain a moment ago are left out, and those whose neighbour pauses.
    """
    pausing = pausing_neighbours(session)
    return session.scalars(
        select(Effect.key)
        .outerjoin(HandOff, HandOff.id == Effect.hand_off_id)
        .where(
            Effect.state.in_([EffectState.INTENDED, EffectState.IN_FLIGHT]),
            or_(HandOff.id.is_(None), _no_live_lease),
            or_(Effect.not_before.is_(None), Effect.not_before < func.clock_timestamp()),
            # One in doubt may be settled without a call.
            or_(Effect.state == EffectState.IN_FLIGHT, Effect.kind.not_in(_kinds_of(pausing))),
        )
        .order_by(Effect.not_before.nulls_first(), Effect.id)
        .limit(limit)
    ).all()


def _kinds_of(neighbours: Sequence[Neighbour]) -> list[EffectKind]:
    return [kind for kind in EffectKind if kind.neighbour in neighbours]


def may_drive_again(session: Session, hand_off_id: uuid.UUID) -> bool:
    """Count one more drive of a run that failed, unless it was driven too often or too lately.

    The pause before the next drive doubles each time; a stage that gets done starts it anew. A
    run whose hand-off has an effect that could not be done yet would fail again: the sweep settles
    the effect first, however long its neighbour is away, and that counts as no drive.
    """
    unsettled = select(Effect.id).where(
        Effect.hand_off_id == HandOff.id,
        Effect.state.in_([EffectState.INTENDED, EffectState.IN_FLIGHT]),
        # No stage waits for it.
        Effect.kind != EffectKind.CALENDAR_ENTRY,
    )
    rest = pause(
        HandOff.driven_again,
        first_seconds=FIRST_PAUSE_SECONDS,
        longest_seconds=LONGEST_PAUSE_SECONDS,
    )
    driven = session.scalar(
        update(HandOff)
        .where(
            HandOff.id == hand_off_id,
            HandOff.driven_again < MAX_DRIVES,
            ~unsettled.exists(),
            or_(
                HandOff.driven_at.is_(None),
                HandOff.driven_at + rest < func.clock_timestamp(),
            ),
        )
        .values(driven_again=HandOff.driven_again + 1, driven_at=func.clock_timestamp())
        .returning(HandOff.id)
    )
    return driven is not None
