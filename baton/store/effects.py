"""The ledger of effects: intent, release, record (I4, I6)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Text, bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState
from baton.store.dead_addresses import dead_among
from baton.store.pausing import pause
from baton.store.tables import Effect, InboundMessage, OptOut

# Seeds tell the advisory locks apart: 4 guards opt-outs (I4), 6 acting once (I6).
ACTING = 6
FIRST_RETRY_SECONDS = 5
LONGEST_RETRY_SECONDS = 900
OPTED_OUT = "a recipient has opted out"
DEAD = (
    "mail to a recipient came back for good; the SDR is asked for another address ('baton contact')"
)


# Built once: building a statement costs as much as the database needs for it.
_INTEND = insert(Effect).on_conflict_do_nothing(index_elements=[Effect.key])
_BY_KEY = select(Effect).where(Effect.key == bindparam("sought"))
_BY_KEY_LOCKED = _BY_KEY.with_for_update()
_RELEASE = (
    update(Effect)
    .where(Effect.id == bindparam("sought"))
    .values(
        state=EffectState.IN_FLIGHT,
        attempts=Effect.attempts + 1,
        released_at=bindparam("now"),
        in_flight_since=func.clock_timestamp(),
        in_doubt_since=None,
    )
    .returning(Effect)
    .execution_options(synchronize_session=False, populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class Intent:
    """Everything needed to do an effect, and to do it again.

    Attributes:
        key: Unique for ever; the same key is the same effect.
        kind: What it is.
        provider_id: What the neighbour knows it by: Message-ID, CRM external id.
        recipients: Normalised addresses; checked against opt-outs. Empty for CRM writes.
        payload: For CRM writes: the body. For mails: envelope and headers worth showing.
        content: For mails: the whole message.
        hand_off_id: The hand-off it belongs to.
        lead_id: The lead it is about.
    """

    key: str
    kind: EffectKind
    provider_id: str
    recipients: tuple[str, ...] = ()
    payload: dict[str, Any] = field(default_factory=dict)
    content: bytes | None = None
    hand_off_id: uuid.UUID | None = None
    lead_id: int | None = None


def intend(session: Session, intent: Intent, *, at: datetime) -> None:
    """Write the intent; if the key is there already, the first intent stands."""
    values = {
        "key": intent.key,
        "kind": intent.kind,
        "provider_id": intent.provider_id,
        "recipients": list(intent.recipients),
        "payload": intent.payload,
        "content": intent.content,
        "hand_off_id": intent.hand_off_id,
        "lead_id": intent.lead_id,
        "intended_at": at,
    }
    session.execute(_INTEND, values)


def effect_by_key(session: Session, key: str) -> Effect | None:
    """Return the effect; None if it was never intended."""
    return session.scalar(_BY_KEY, {"sought": key})


def effect_for_update(session: Session, key: str) -> Effect | None:
    """Return the effect, locked; None if it was never intended."""
    return session.scalar(_BY_KEY_LOCKED, {"sought": key})


def release(session: Session, effect: Effect, *, at: datetime) -> bool:
    """Mark the effect in flight, unless a recipient has opted out (I4) or cannot be reached.

    The database refuses a release to an opted-out address; this function makes it a value. That
    a meeting is off is told to those who can be reached.

    Returns:
        False if it is withheld for ever; `error` is `OPTED_OUT` or `DEAD`.
    """
    why = _why_withheld(session, effect)
    if why is not None:
        effect.state = EffectState.WITHHELD
        effect.settled_at = at
        effect.error = why
        return False
    session.execute(_RELEASE, {"sought": effect.id, "now": at}).one()
    return True


def doubt(session: Session, effect: Effect) -> datetime:
    """Keep that whoever released the effect is gone, and return since when that is known.

    Only one that acts alone may say so. It may have been released long before: a process that
    stands still sends when it goes on, and may be killed right after that. So what proves that
    nothing was sent counts from here, not from the release.

    Returns:
        An instant of the database's clock (aware UTC).
    """
    since = session.scalar(
        update(Effect)
        .where(Effect.id == effect.id)
        .values(in_doubt_since=func.coalesce(Effect.in_doubt_since, func.clock_timestamp()))
        .returning(Effect.in_doubt_since)
        .execution_options(synchronize_session=False)
    )
    assert since is not None, effect.key
    return since


def _why_withheld(session: Session, effect: Effect) -> str | None:
    if opted_out_among(session, effect.recipients):
        return OPTED_OUT
    dead = dead_among(session, effect.recipients)
    if not dead:
        return None
    reached = [address for address in effect.recipients if address not in dead]
    if effect.kind != EffectKind.INVITE_CANCELLATION or not reached:
        return DEAD
    envelope = [one for one in effect.payload["envelope"] if one not in dead]
    effect.recipients, effect.payload = reached, {**effect.payload, "envelope": envelope}
    return None


def settle(effect: Effect, state: EffectState, *, at: datetime, error: str | None = None) -> None:
    """Record how it ended, or that it can be tried again (`INTENDED`)."""
    effect.state = state
    effect.error = error
    effect.settled_at = None if state is EffectState.INTENDED else at


def retry_later(session: Session, effect: Effect, *, error: str) -> None:
    """Record that it did not happen and may yet; the more often it was tried, the later."""
    effect.state = EffectState.INTENDED
    effect.error = error
    session.flush()
    later = pause(
        effect.attempts, first_seconds=FIRST_RETRY_SECONDS, longest_seconds=LONGEST_RETRY_SECONDS
    )
    not_before = func.clock_timestamp() + later
    session.execute(update(Effect).where(Effect.id == effect.id).values(not_before=not_before))


def look_later(session: Session, key: str) -> None:
    """Leave an effect in doubt alone for a moment, so that others come first."""
    later = pause(1, first_seconds=FIRST_RETRY_SECONDS, longest_seconds=LONGEST_RETRY_SECONDS)
    not_before = func.clock_timestamp() + later
    session.execute(update(Effect).where(Effect.key == key).values(not_before=not_before))


def opted_out_among(session: Session, addresses: Sequence[str]) -> bool:
    """Return whether one of the addresses has opted out; waits for opt-outs being written."""
    if not addresses:
        return False
    # Everybody locks in the same order.
    address = func.unnest(cast(sorted(addresses), ARRAY(Text))).column_valued()
    session.execute(select(func.pg_advisory_xact_lock_shared(func.hashtextextended(address, 4))))
    found = session.scalar(select(OptOut.id).where(OptOut.address.in_(list(addresses))).limit(1))
    return found is not None


def withhold_all(session: Session, address: str, *, at: datetime) -> int:
    """Withhold every effect to the address that has not been released; return how many.

    One that somebody locks is left to them: they are about to release it and see the opt-out,
    while waiting for them here could deadlock.
    """
    unreleased = (
        select(Effect.id)
        .where(Effect.state == EffectState.INTENDED, Effect.recipients.contains([address]))
        .with_for_update(skip_locked=True)
    )
    withheld = session.scalars(
        update(Effect)
        .where(Effect.id.in_(unreleased))
        .values(state=EffectState.WITHHELD, settled_at=at, error=OPTED_OUT)
        .returning(Effect.id)
    ).all()
    return len(withheld)


def tracking_copy_came(session: Session, message_id: str) -> bool:
    """Return whether our own copy of this mail arrived, which proves that it went out."""
    found = session.scalar(
        select(InboundMessage.id).where(InboundMessage.message_id == message_id).limit(1)
    )
    return found is not None


@contextmanager
def acting_alone(engine: Engine, key: str) -> Iterator[Connection | None]:
    """Give the connection by which this process alone acts on the effect; None if another one does.

    A lock of the connection, not of a transaction: a slow neighbour holds no transaction open,
    and the lock is gone the moment its process dies. Each statement on it is its own transaction.

    The calendar entries of one hand-off take turns: what one of them finds to be true of the
    meeting is true until it is written.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        before, entry, _ = key.partition(f":{EffectKind.CALENDAR_ENTRY}:")
        lock = func.hashtextextended(f"{before}{entry}", ACTING)
        alone = bool(connection.scalar(select(func.pg_try_advisory_lock(lock))))
        try:
            yield connection if alone else None
        finally:
            if alone:
                connection.execute(select(func.pg_advisory_unlock(lock)))
