"""Effects that stand still: they failed for good, are in doubt, or could not be done for long."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectDecision, EffectKind, EffectState
from baton.store import tables

# Only where the hand-off takes another way does a later effect stand for one that failed: of
# notices and CRM writes each is one of its own.
_DECISIVE = ", ".join(f"'{kind.value}'" for kind in EffectKind if kind.is_decisive)
# The pauses between so many add up to more than an hour.
MANY_ATTEMPTS = 12
_REPLACED = f"""(e.kind in ({_DECISIVE}) and exists (
    select from effect later
    where later.hand_off_id = e.hand_off_id and later.kind = e.kind and later.id > e.id))"""
# What the sweep cannot bring to an end, of an effect `e`; over `:idle_minutes`.
NEEDS_SOMEBODY = f"""(e.state = 'failed' and not {_REPLACED}
    or e.state = 'intended' and e.attempts >= {MANY_ATTEMPTS}
    or e.state = 'in_flight'
        and e.in_flight_since < clock_timestamp() - make_interval(mins => :idle_minutes))"""

_STANDING_STILL = text(f"""
    select e.id, e.kind, e.state, e.hand_off_id, e.lead_id, e.attempts, e.error,
        coalesce(e.settled_at, e.released_at, e.intended_at) as since
    from effect e
    where case when cast(:state as text) is null
        then {NEEDS_SOMEBODY} or e.state = 'intended' and e.attempts > 0
        else e.state = :state end
    order by since, e.id limit :limit
""")  # noqa: S608 (constants)
_WAS_REPLACED = text(f"select {_REPLACED} from effect e where e.id = :id")  # noqa: S608 (constants)


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One effect in the list, without any person's data.

    Attributes:
        id: Its number, by which people name it.
        kind: What it does.
        state: Where it stands.
        hand_off_id: The hand-off that it belongs to, if it belongs to one.
        lead_id: The lead that it is about.
        attempts: How often it was released.
        error: Why it is not done.
        since: Aware UTC instant from which on it has stood there.
    """

    id: int
    kind: str
    state: str
    hand_off_id: uuid.UUID | None
    lead_id: int | None
    attempts: int
    error: str | None
    since: datetime


def list_effects(
    session: Session, *, state: EffectState | None = None, limit: int = 100, idle_minutes: int = 10
) -> list[EffectLine]:
    """Return effects, those that have stood longest first.

    Args:
        session: Only reads.
        state: Those in this state; without it, those that need somebody: failed and replaced by
            no later one, in flight for longer than `idle_minutes`, or tried in vain.
        limit: At most so many.
        idle_minutes: How long acting and recording may take.
    """
    values = {"state": state, "limit": limit, "idle_minutes": idle_minutes}
    return [EffectLine(**row) for row in session.execute(_STANDING_STILL, values).mappings()]


def effect_by_id(session: Session, effect_id: int) -> tables.Effect | None:
    """Return the effect, locked; None if there is no such number."""
    return session.get(tables.Effect, effect_id, with_for_update=True)


def was_replaced(session: Session, effect: tables.Effect) -> bool:
    """Return whether its hand-off went another way, with a later effect in its place."""
    return bool(session.scalar(_WAS_REPLACED, {"id": effect.id}))


def keep_decision(
    session: Session,
    effect: tables.Effect,
    decision: EffectDecision,
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Keep what a person decided about the effect."""
    session.add(
        tables.EffectDecision(effect_id=effect.id, decision=decision, by=by, reason=reason, at=at)
    )


def decisions_about(session: Session, effect_id: int) -> Sequence[tables.EffectDecision]:
    """Return what people decided about the effect, the oldest first."""
    kept = select(tables.EffectDecision).where(tables.EffectDecision.effect_id == effect_id)
    return session.scalars(kept.order_by(tables.EffectDecision.id)).all()
