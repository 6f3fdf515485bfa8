"""Mails of a hand-off keep their order: what comes too late, and what must wait (I7).

The order in which effects are intended is not that in which they go out: a process stands still, a
mail is in doubt. An invite that came after its own cancellation would stand in calendars for ever.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState, HandOffState
from baton.store.hand_offs import POINTLESS_AFTERWARDS
from baton.store.tables import Effect, HandOff

ON_ITS_WAY = frozenset({EffectState.INTENDED, EffectState.IN_FLIGHT})


def why_never(session: Session, effect: Effect) -> str | None:
    """Return why the effect must not happen any more; None if it may.

    Whoever asks must know that it has not happened.
    """
    if effect.kind in POINTLESS_AFTERWARDS:
        state = session.scalar(select(HandOff.state).where(HandOff.id == effect.hand_off_id))
        if state not in (None, HandOffState.OPEN):
            return "the hand-off ended"
    if effect.kind == EffectKind.INVITE_CANCELLATION:
        invites = _invites_before(session, effect)
        if invites and not invites & {EffectState.DONE, *ON_ITS_WAY}:
            return "no invite has gone out that it could call off"
    return None


def must_wait(session: Session, effect: Effect) -> bool:
    """Return whether it calls an invite off that may still be on its way."""
    return effect.kind == EffectKind.INVITE_CANCELLATION and (
        not ON_ITS_WAY.isdisjoint(_invites_before(session, effect))
    )


def _invites_before(session: Session, effect: Effect) -> set[str]:
    return set(
        session.scalars(
            select(Effect.state).where(
                Effect.hand_off_id == effect.hand_off_id,
                Effect.kind == EffectKind.INVITE,
                Effect.id < effect.id,
            )
        )
    )
