"""What people do about effects that stand still; the CLI and the API come here (I4, I6, I10).

A worker that acts on the effect at this moment is not interfered with, and what happened is never
done again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectDecision, EffectKind, EffectState, HandOffState
from baton.engine.effects import Done, carry_out
from baton.errors import InDoubtError, NotFoundError, RefusedError
from baton.runtime import Runtime
from baton.store.dead_letters import effect_by_id, keep_decision, was_replaced
from baton.store.effects import acting_alone, settle
from baton.store.tables import Effect, HandOff

# Nobody should get these any more once the hand-off is over.
PASSING = (
    EffectKind.INTRODUCTION,
    EffectKind.CONTEXT_PACKET,
    EffectKind.INVITE,
    EffectKind.OUTCOME_REQUEST,
)
_AFTER = {
    EffectDecision.DONE: EffectState.DONE,
    EffectDecision.NOT_DONE: EffectState.INTENDED,
    EffectDecision.DROPPED: EffectState.WITHHELD,
}


def retry_effect(runtime: Runtime, effect_id: int, *, by: str, reason: str = "") -> Done:
    """Try an effect again at once, also one that failed for good; return how it ended.

    Raises:
        NotFoundError: There is no such effect.
        RefusedError: It happened, is withheld, or its hand-off has taken another way.
        TransientError: The neighbour is down, or cannot tell yet; the sweep tries again.
    """
    with _held(runtime, effect_id) as (session, effect):
        _refuse_settled(effect)
        if effect.state == EffectState.FAILED:
            _require_no_other_way(session, effect)
            _require_use(session, effect)
            settle(effect, EffectState.INTENDED, at=runtime.clock.now(), error=effect.error)
        keep_decision(
            session, effect, EffectDecision.RETRY, by=by, reason=reason, at=runtime.clock.now()
        )
        key = effect.key
    return carry_out(runtime, key)


def resolve_effect(
    runtime: Runtime, effect_id: int, decision: EffectDecision, *, by: str, reason: str
) -> EffectState:
    """Record what a person knows or wants of an effect that stands still; return its state.

    `DONE`: it happened, somebody has seen it. `NOT_DONE`: it was in doubt and did not happen; it
    is done again by the sweep. `DROPPED`: it is not wanted any more and never goes out.

    Raises:
        NotFoundError: There is no such effect.
        RefusedError: It is settled, or the hand-off goes by it.
        InDoubtError: A worker acts on it at this moment.
    """
    with _held(runtime, effect_id) as (session, effect):
        _refuse_settled(effect)
        if decision is EffectDecision.NOT_DONE and effect.state != EffectState.IN_FLIGHT:
            raise RefusedError(
                f"Effect {effect_id} is {effect.state}, not in doubt; 'baton effects retry "
                f"{effect_id}' tries it again."
            )
        if decision is EffectDecision.DONE and effect.state == EffectState.INTENDED:
            raise RefusedError(
                f"Effect {effect_id} was never sent, or is known not to have arrived, so nobody "
                f"can have seen it; 'baton effects retry {effect_id}' tries it again."
            )
        if decision is EffectDecision.DROPPED or effect.state == EffectState.FAILED:
            _require_no_other_way(session, effect)
        words = f"{decision.value.replace('_', ' ')}, says {by}: {reason}"
        now = runtime.clock.now()
        settle(effect, _AFTER[decision], at=now, error=words)
        keep_decision(session, effect, decision, by=by, reason=reason, at=now)
        return _AFTER[decision]


@contextmanager
def _held(runtime: Runtime, effect_id: int) -> Iterator[tuple[Session, Effect]]:
    """Give the locked effect in a transaction, while no worker acts on it."""
    with runtime.transaction() as session:
        key = _existing(session, effect_id).key
    with acting_alone(runtime.database, key) as alone:
        if alone is None:
            raise InDoubtError(f"Effect {effect_id} is being done by a worker at this moment.")
        with runtime.transaction() as session:
            yield session, _existing(session, effect_id)


def _existing(session: Session, effect_id: int) -> Effect:
    effect = effect_by_id(session, effect_id)
    if effect is None:
        raise NotFoundError(
            f"There is no effect {effect_id}; 'baton effects list' shows their numbers."
        )
    return effect


def _refuse_settled(effect: Effect) -> None:
    if effect.state == EffectState.DONE:
        raise RefusedError(f"Effect {effect.id} happened; it is not done again (I6).")
    if effect.state == EffectState.WITHHELD:
        raise RefusedError(f"Effect {effect.id} is withheld ({effect.error}); it stays so (I4).")


def _require_no_other_way(session: Session, effect: Effect) -> None:
    """Raise unless the effect's hand-off goes on, or went on, without asking how it ended."""
    if was_replaced(session, effect):
        raise RefusedError(f"A later {effect.kind} took the place of effect {effect.id}.")
    if effect.hand_off_id is None:
        return
    is_open = session.get_one(HandOff, effect.hand_off_id).state == HandOffState.OPEN
    if is_open and EffectKind(effect.kind).is_decisive:
        raise RefusedError(
            f"Hand-off {effect.hand_off_id} goes by its {effect.kind}: it asks for another address "
            "('baton contact') or time by itself; end it with 'baton hand-off cancel'."
        )


def _require_use(session: Session, effect: Effect) -> None:
    if effect.hand_off_id is None or effect.kind not in PASSING:
        return
    if session.get_one(HandOff, effect.hand_off_id).state != HandOffState.OPEN:
        raise RefusedError(
            f"Hand-off {effect.hand_off_id} is over, so nobody needs its {effect.kind} any more; "
            f"'baton effects resolve {effect.id} --as dropped' takes it off the list."
        )
