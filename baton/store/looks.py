"""Messages that a person must look at, and what people decided about them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from baton.domain.meeting import InboundDecision as Decision
from baton.errors import NotFoundError, RefusedError
from baton.store.tables import HandOff, InboundDecision, InboundMessage, Rep

MAX_RAW = 200_000


@dataclass(frozen=True, slots=True)
class LookLine:
    """One message in the list.

    Attributes:
        id: Its number, by which people name it.
        look: Why a person must look.
        message_class: What it was taken for.
        sender: Address of From, if it has one.
        subject: On one line.
        hand_off_id: Where it seems to belong.
        lead_id: The lead of that.
        sdr: Address of the SDR who should look, if a hand-off is known.
        received_at: Aware UTC.
    """

    id: int
    look: str
    message_class: str
    sender: str | None
    subject: str | None
    hand_off_id: uuid.UUID | None
    lead_id: int | None
    sdr: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """What somebody decided about a message; `at` is aware UTC."""

    decision: str
    hand_off_id: uuid.UUID | None
    lead_id: int | None
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageShown:
    """One message as a person looks at it.

    Attributes:
        line: As in the list; `look` is empty where nobody must look.
        text: What the writer wrote, without quotes.
        note: Why it was taken for what it was.
        bounce: `hard` or `soft`, of a bounce that says so.
        returns_on: The day of return that an automatic reply names.
        named: Whom it names: objects with `name` and `email`.
        settled: What was decided, oldest first.
        raw: The message as it came, its first 200,000 bytes, undecodable ones replaced.
    """

    line: LookLine
    text: str
    note: str
    bounce: str | None
    returns_on: date | None
    named: list[dict[str, str]]
    settled: list[Settled]
    raw: str


def need_look(session: Session, message: int, why: str) -> None:
    """Have a person look at a message that was just stored."""
    session.get_one(InboundMessage, message).look = why


def list_looks(session: Session, *, is_settled: bool = False, limit: int = 100) -> list[LookLine]:
    """Return what waits for a look, oldest first, or what had one, newest first."""
    if is_settled:
        wanted = _lines().where(InboundMessage.settled_at.is_not(None))
        ordered = wanted.order_by(InboundMessage.settled_at.desc(), InboundMessage.id.desc())
    else:
        wanted = _lines().where(InboundMessage.settled_at.is_(None))
        ordered = wanted.where(InboundMessage.look.is_not(None)).order_by(InboundMessage.id)
    return [LookLine(*row) for row in session.execute(ordered.limit(limit))]


def count_looks(session: Session) -> int:
    """Return how many messages wait for a look."""
    waiting = (InboundMessage.look.is_not(None), InboundMessage.settled_at.is_(None))
    return session.scalar(select(func.count()).select_from(InboundMessage).where(*waiting)) or 0


def show_message(session: Session, number: int) -> MessageShown:
    """Return everything about a message.

    Raises:
        NotFoundError: There is no such message.
    """
    line = session.execute(_lines().where(InboundMessage.id == number)).one_or_none()
    if line is None:
        raise NotFoundError(f"There is no message {number}; 'baton inbox list' shows them.")
    row = session.get_one(InboundMessage, number)
    decisions = session.scalars(
        select(InboundDecision)
        .where(InboundDecision.inbound_message_id == number)
        .order_by(InboundDecision.id)
    )
    return MessageShown(
        line=LookLine(*line),
        text=row.text or "",
        note=row.note or "",
        bounce=row.bounce,
        returns_on=row.returns_on,
        named=row.named,
        settled=[
            Settled(d.decision, d.hand_off_id, d.lead_id, d.by, d.reason, d.at) for d in decisions
        ],
        raw=row.raw[:MAX_RAW].decode("utf-8", "replace").replace("\x00", "\ufffd"),
    )


def message_to_settle(session: Session, number: int) -> InboundMessage:
    """Return the message, locked, if it still waits for a look.

    Raises:
        NotFoundError: There is no such message.
        RefusedError: Nobody must look at it, or somebody has.
    """
    row = session.get(InboundMessage, number, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"There is no message {number}; 'baton inbox list' shows them.")
    if row.look is None:
        raise RefusedError(f"Nobody must look at message {number}: it was clear what it is.")
    if row.settled_at is not None:
        raise RefusedError(f"Message {number} was settled at {row.settled_at.isoformat()}.")
    return row


def settle(
    session: Session, row: InboundMessage, decision: Decision, *, by: str, reason: str, at: datetime
) -> None:
    """Record what the person decided, with the hand-off and the lead that the message has now."""
    row.settled_at = at
    session.add(
        InboundDecision(
            inbound_message_id=row.id,
            decision=decision,
            hand_off_id=row.hand_off_id,
            lead_id=row.lead_id,
            by=by,
            reason=reason,
            at=at,
        )
    )


def _lines() -> Select[*tuple[Any, ...]]:
    return (
        select(
            InboundMessage.id,
            func.coalesce(InboundMessage.look, ""),
            InboundMessage.message_class,
            InboundMessage.sender,
            InboundMessage.subject,
            InboundMessage.hand_off_id,
            InboundMessage.lead_id,
            Rep.email,
            InboundMessage.received_at,
        )
        .outerjoin(HandOff, HandOff.id == InboundMessage.hand_off_id)
        .outerjoin(Rep, Rep.id == HandOff.sdr_id)
    )
