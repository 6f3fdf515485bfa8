"""Doing things outside, once (I4, I6): intent, release, act, record.

A neighbour is never called inside a transaction. An effect that is found in flight after a crash
is in doubt: its neighbour is asked before anything is done again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from baton.adapters.crm.port import CrmWrite
from baton.domain.hand_off import EffectKind, EffectState, Neighbour
from baton.engine.entries import write_entry
from baton.engine.pacing import keep_pace
from baton.errors import (
    InDoubtError,
    MailDeferredError,
    NeighbourPausedError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from baton.messages.composing import tracking_address
from baton.runtime import Runtime
from baton.store.effects import (
    Intent,
    acting_alone,
    doubt,
    effect_by_key,
    effect_for_update,
    intend,
    release,
    retry_later,
    settle,
    tracking_copy_came,
)
from baton.store.hand_offs import renew_lease
from baton.store.heartbeats import last_beat
from baton.store.neighbours import answered, calendar_neighbour, did_not_answer, may_be_called
from baton.store.order import must_wait, why_never
from baton.store.tables import Effect

INBOX = "inbox"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one segment to act for a hand-off."""

    hand_off_id: uuid.UUID
    token: int


@dataclass(frozen=True, slots=True)
class Done:
    """How an effect ended; `error` says why it failed or was withheld."""

    key: str
    state: EffectState
    error: str | None = None


def perform(runtime: Runtime, intents: Sequence[Intent], lease: Lease | None = None) -> list[Done]:
    """Make every intent happen once, in order.

    Args:
        runtime: Where the neighbours are.
        intents: What to do; an intent whose key is known already is not changed.
        lease: The segment that acts; each release is fenced by it.

    Returns:
        How each ended: `DONE`, `FAILED` (never possible) or `WITHHELD` (opted out).

    Raises:
        TransientError: A neighbour is down, or paused; nothing is lost, calling again goes on.
        LeaseLostError: Another worker took the hand-off over.
    """
    with runtime.transaction() as session:
        for intent in intents:
            intend(session, intent, at=runtime.clock.now())
    return [carry_out(runtime, intent.key, lease) for intent in intents]


def carry_out(
    runtime: Runtime, key: str, lease: Lease | None = None, *, patience: float | None = None
) -> Done:
    """Release, act and record one intended effect; a settled one is left alone.

    `patience` says how many seconds to wait for leave where a pace is agreed; it has a default.

    Raises:
        NotFoundError: It was never intended.
        InDoubtError: It may have happened, and its neighbour cannot tell yet; or somebody else
            does it at this moment.
    """
    with acting_alone(runtime.database, key) as alone:
        if alone is None:
            raise InDoubtError(f"Effect {key} is being done by another worker at this moment.")
        return _carry_out_alone(runtime, _seen(alone, key), lease, patience)


def _carry_out_alone(
    runtime: Runtime, before: Effect, lease: Lease | None, patience: float | None
) -> Done:
    key = before.key
    has_happened = before.state == EffectState.IN_FLIGHT and _came_to_pass(runtime, before)
    if before.state in (EffectState.INTENDED, EffectState.IN_FLIGHT) and not has_happened:
        neighbour = EffectKind(before.kind).neighbour
        keep_pace(runtime.settings, neighbour, before.recipients, patience=patience)
    with runtime.transaction() as session:
        if lease is not None:
            renew_lease(session, lease.hand_off_id, lease.token)
        effect = _existing(session, key)
        if _was_released_since(before, effect):
            raise InDoubtError(f"Effect {key} is being done by another worker at this moment.")
        settled = _settled(runtime, session, effect, has_happened=has_happened)
        if settled is not None:
            return settled
        session.expunge(effect)
    return _act(runtime, effect)


def _was_released_since(before: Effect, effect: Effect) -> bool:
    """Tell that our lock went with its connection, and somebody else released it meanwhile."""
    return effect.state == EffectState.IN_FLIGHT and effect.attempts != before.attempts


def _seen(alone: Connection, key: str) -> Effect:
    """Look without a lock: only whoever acts alone changes what is looked at here."""
    with Session(alone, expire_on_commit=False) as session:
        effect = effect_by_key(session, key)
        if effect is None:
            raise NotFoundError(f"There is no effect {key}.")
        return effect


def _existing(session: Session, key: str) -> Effect:
    effect = effect_for_update(session, key)
    assert effect is not None, key
    return effect


def _settled(
    runtime: Runtime, session: Session, effect: Effect, *, has_happened: bool
) -> Done | None:
    """Return how the effect ended, or None once it is released and must be acted on."""
    now = runtime.clock.now()
    if has_happened:
        settle(effect, EffectState.DONE, at=now)
    if effect.state in (EffectState.DONE, EffectState.FAILED, EffectState.WITHHELD):
        return Done(effect.key, EffectState(effect.state), effect.error)
    if never := why_never(session, effect):
        settle(effect, EffectState.WITHHELD, at=now, error=never)
        return Done(effect.key, EffectState.WITHHELD, never)
    if must_wait(session, effect):
        raise InDoubtError(
            f"Mail {effect.key} calls an invite off that may be on its way; it waits."
        )
    if not release(session, effect, at=now):
        return Done(effect.key, EffectState.WITHHELD, effect.error)
    _require_answering(session, _neighbour_of(effect))
    return None


def _neighbour_of(effect: Effect) -> str:
    """Return the name under which it is kept whether the neighbour answers."""
    kind = EffectKind(effect.kind)
    if kind is EffectKind.CALENDAR_ENTRY:
        return calendar_neighbour(effect.payload["rep"])
    return kind.neighbour


def _require_answering(session: Session, neighbour: str) -> None:
    """Raise while the neighbour is left alone; that takes the release back."""
    if not may_be_called(session, neighbour):
        raise NeighbourPausedError(
            f"The {neighbour} neighbour has not answered for some time and is left alone for now; "
            "'baton doctor' says since when and why. Nothing is lost: the sweep tries again."
        )


def _came_to_pass(runtime: Runtime, effect: Effect) -> bool:
    """Return whether an effect in doubt happened; raise InDoubtError if nobody can tell yet.

    Up to when the inbox was read is asked before the copy is looked for: a reading that ends
    between the two may have brought the copy.
    """
    with runtime.look() as session:
        read_at = last_beat(session, INBOX)
    if _has_happened(runtime, effect):
        return True
    if EffectKind(effect.kind).is_mail:
        _require_certainty(runtime, effect, read_at)
    return False


def _has_happened(runtime: Runtime, effect: Effect) -> bool:
    """Ask whether an effect in doubt happened; the CRM outside of any transaction.

    A calendar is asked for the UID by each act itself, which changes nothing if it is there.
    """
    if EffectKind(effect.kind) is EffectKind.CALENDAR_ENTRY:
        return False
    if EffectKind(effect.kind).is_mail:
        with runtime.look() as session:
            return tracking_copy_came(session, effect.provider_id)
    with _heard(runtime, Neighbour.CRM):
        return runtime.crm.has(effect.provider_id)


@contextmanager
def _heard(runtime: Runtime, neighbour: str) -> Iterator[None]:
    """Call a neighbour in the block; if it does not answer that is kept, for everybody."""
    try:
        yield
    except MailDeferredError:
        raise
    except TransientError as error:
        with runtime.transaction() as session:
            did_not_answer(session, neighbour, str(error))
        raise


def _require_certainty(runtime: Runtime, effect: Effect, read_at: datetime | None) -> None:
    """Raise unless the absence of our own copy proves that the mail did not go out."""
    with runtime.transaction() as session:
        since = doubt(session, effect)
    allowance = timedelta(seconds=runtime.settings.mail_copy_seconds)
    if read_at is None or read_at < since + allowance:
        raise InDoubtError(
            f"Mail {effect.key} may have gone out before a crash; it waits until Baton's mailbox "
            "has been read and shows whether its own copy arrived."
        )


def _act(runtime: Runtime, effect: Effect) -> Done:
    try:
        with _heard(runtime, _neighbour_of(effect)):
            _call_neighbour(runtime, effect)
    except InDoubtError:
        # The connection was lost after the message was handed over: it stays in flight, and our
        # own copy will tell.
        with runtime.transaction() as session:
            doubt(session, effect)
        raise
    except TransientError as error:
        with runtime.transaction() as session:
            retry_later(session, _existing(session, effect.key), error=str(error))
            if isinstance(error, MailDeferredError):
                answered(session, Neighbour.MAIL)
        raise
    except PermanentError as error:
        return _record(runtime, effect, EffectState.FAILED, str(error))
    return _record(runtime, effect, EffectState.DONE, None)


def _call_neighbour(runtime: Runtime, effect: Effect) -> None:
    kind = EffectKind(effect.kind)
    if kind is EffectKind.CALENDAR_ENTRY:
        write_entry(runtime, effect)
        return
    if kind.is_mail:
        assert effect.content is not None
        runtime.transport.send(
            effect.content,
            sender=_envelope_sender(runtime, effect),
            recipients=effect.payload["envelope"],
        )
        return
    assert effect.lead_id is not None
    assert effect.released_at is not None
    runtime.crm.write(
        CrmWrite(
            external_id=effect.provider_id,
            kind=kind,
            lead_id=effect.lead_id,
            body=effect.payload,
            at=effect.released_at,
        )
    )


def _envelope_sender(runtime: Runtime, effect: Effect) -> str:
    """Return where bounces of the mail go to."""
    own = runtime.settings.mail_address
    if effect.hand_off_id is None or runtime.settings.mail_envelope == "own":
        return own
    return tracking_address(own, str(effect.hand_off_id))


def _record(runtime: Runtime, effect: Effect, state: EffectState, error: str | None) -> Done:
    with runtime.transaction() as session:
        settle(session.merge(effect, load=False), state, at=runtime.clock.now(), error=error)
        answered(session, _neighbour_of(effect))
    return Done(effect.key, state, error)
