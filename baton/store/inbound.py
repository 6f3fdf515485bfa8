"""Messages that came in, kept whole, each once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, cast, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.domain.meeting import MessageClass
from baton.store.tables import Effect, HandOff, InboundMessage


@dataclass(frozen=True, slots=True)
class Inbound:
    """What is kept of a message."""

    source_key: str
    message_id: str | None
    sender: str | None
    subject: str
    text: str
    message_class: MessageClass
    note: str
    raw: bytes
    hand_off_id: uuid.UUID | None
    lead_id: int | None


def keep_message(session: Session, message: Inbound, *, at: datetime) -> bool:
    """Store the message; return False if it was stored before."""
    return (
        session.scalar(
            insert(InboundMessage)
            .values(
                source_key=message.source_key,
                message_id=message.message_id,
                sender=message.sender,
                subject=message.subject.replace("\x00", ""),
                text=message.text.replace("\x00", ""),
                message_class=message.message_class,
                note=message.note,
                raw=message.raw,
                hand_off_id=message.hand_off_id,
                lead_id=message.lead_id,
                received_at=at,
            )
            .on_conflict_do_nothing(index_elements=[InboundMessage.source_key])
            .returning(InboundMessage.id)
        )
        is not None
    )


def hand_off_of_message(
    session: Session, *, references: Sequence[str], tokens: Sequence[str]
) -> HandOff | None:
    """Return the hand-off that a message belongs to: by its thread, then by its plus-address.

    Args:
        references: Message-IDs it refers to, nearest first.
        tokens: Keys of the plus-addresses it was sent to.
    """
    if references:
        found = session.scalar(
            select(HandOff)
            .join(Effect, Effect.hand_off_id == HandOff.id)
            .where(Effect.provider_id.in_(list(references)))
            .order_by(Effect.id.desc())
            .limit(1)
        )
        if found is not None:
            return found
    if tokens:
        return session.scalar(
            select(HandOff).where(cast(HandOff.id, String).in_(list(tokens))).limit(1)
        )
    return None
