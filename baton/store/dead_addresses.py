"""Addresses whose mail came back for good: nothing goes there until they are known to work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState
from baton.store.tables import DeadAddress, Effect, HandOff


def mark_dead(session: Session, address: str, *, why: str, at: datetime) -> int | None:
    """Record that mail to the address came back; return the row's number, None if it was known."""
    return session.scalar(
        insert(DeadAddress)
        .values(address=address, why=why, at=at)
        .on_conflict_do_nothing(
            index_elements=[DeadAddress.address], index_where=DeadAddress.ended_at.is_(None)
        )
        .returning(DeadAddress.id)
    )


def is_alive_again(session: Session, address: str, *, by: str, at: datetime) -> bool:
    """Record that the address works, says `by`; return whether it was dead until now."""
    ended = session.scalars(
        update(DeadAddress)
        .where(DeadAddress.address == address, DeadAddress.ended_at.is_(None))
        .values(ended_by=by, ended_at=at)
        .returning(DeadAddress.id)
    )
    return ended.first() is not None


def dead_among(session: Session, addresses: Sequence[str]) -> dict[str, str]:
    """Return why those of the addresses that are dead are, by address."""
    if not addresses:
        return {}
    rows = session.execute(
        select(DeadAddress.address, DeadAddress.why).where(
            DeadAddress.address.in_(list(addresses)), DeadAddress.ended_at.is_(None)
        )
    )
    return {row.address: row.why for row in rows}


def was_written_to(session: Session, hand_off: HandOff, address: str) -> bool:
    """Return whether a mail of the hand-off was meant for the address."""
    found = session.scalar(
        select(Effect.id)
        .where(Effect.hand_off_id == hand_off.id, Effect.recipients.contains([address]))
        .limit(1)
    )
    return found is not None


def was_introduced_at(session: Session, hand_off: HandOff, lead: str, ae: str) -> bool:
    """Return whether an introduction of this AE went out to the lead's address, and reached it.

    If mail to the address came back since, nobody can know that it did.
    """
    came_back = (
        select(DeadAddress.id)
        .where(DeadAddress.address == lead, DeadAddress.at >= Effect.settled_at)
        .exists()
    )
    found = session.scalar(
        select(Effect.id)
        .where(
            Effect.hand_off_id == hand_off.id,
            Effect.kind == EffectKind.INTRODUCTION,
            Effect.state == EffectState.DONE,
            Effect.recipients.contains([lead, ae]),
            ~came_back,
        )
        .limit(1)
    )
    return found is not None
