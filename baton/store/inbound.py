"""Messages that came in, kept whole, each once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import String, cast, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from baton.domain.meeting import BounceKind, MessageClass
from baton.store.tables import Effect, HandOff, InboundMessage

_HEADERS_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Inbound:
    """What is kept of a message; `named` are objects with `name` and `email`."""

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
    bounce: BounceKind | None = None
    returns_on: date | None = None
    named: list[dict[str, str]] = field(default_factory=list)


def digest_of(message: Inbound) -> str:
    """Return what is the same of a message under whatever key it comes, as hexadecimal digits.

    A mailbox whose UIDVALIDITY changed gives every message another key, and two mailboxes may
    both get it, with other trace headers. The Message-ID alone does not do: anyone may use it.
    """
    _, found, body = message.raw.partition(_HEADERS_END)
    if message.message_id is None or not found:
        return sha256(message.raw).hexdigest()
    head = f"{message.message_id}\n{message.sender or ''}\n"
    return sha256(head.encode("utf-8", "replace") + body).hexdigest()


def keep_message(session: Session, message: Inbound, *, at: datetime) -> int | None:
    """Store the message and return its number; None if it was stored before.

    Two readers of one mailbox wait for each other here: the second finds it stored.
    """
    return session.scalar(
        insert(InboundMessage)
        .values(
            source_key=message.source_key,
            digest=digest_of(message),
            message_id=_clean(message.message_id),
            sender=_clean(message.sender),
            subject=_clean(message.subject),
            text=_clean(message.text),
            message_class=message.message_class,
            note=_clean(message.note),
            raw=message.raw,
            hand_off_id=message.hand_off_id,
            lead_id=message.lead_id,
            bounce=message.bounce,
            returns_on=message.returns_on,
            named=[{k: _clean(v) or "" for k, v in one.items()} for one in message.named],
            received_at=at,
        )
        .on_conflict_do_nothing()
        .returning(InboundMessage.id)
    )


def _clean(text: str | None) -> str | None:
    """Return the text without what PostgreSQL cannot hold."""
    if text is None:
        return None
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


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
