"""What goes out and what comes in: effects, messages, heartbeats, answers to requests."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    text,
)
from sqlalchemy import text as text_of
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


class Effect(Base):
    """Something done outside our database, once (I6): intent, act, record."""

    __tablename__ = "effect"
    id: Mapped[int] = identity()
    key: Mapped[str] = mapped_column(unique=True)
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"), index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    kind: Mapped[str]
    # Addresses it reaches, normalised; opt-outs are checked against them (I4).
    recipients: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    # Everything needed to repeat it; a mail's bytes live in `content`.
    payload: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    content: Mapped[bytes | None]
    provider_id: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="intended")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
    intended_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    # The machine's clock at release; never a business time.
    in_flight_since: Mapped[datetime | None]
    # The machine's clock when it was found in flight and whoever released it was certainly gone.
    in_doubt_since: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    # After a failure that may pass, by the machine's clock: the sweep leaves it alone until then.
    not_before: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("state in ('intended','in_flight','done','failed','withheld')", "state"),
        Index("ix_effect_provider", "provider_id"),
        Index(
            "ix_effect_unsettled",
            "id",
            postgresql_where=text("state in ('intended','in_flight')"),
        ),
    )


class DeadAddress(Base):
    """An address whose mail came back for good, until it is known to work again."""

    __tablename__ = "dead_address"
    id: Mapped[int] = identity()
    address: Mapped[str]
    why: Mapped[str]
    at: Mapped[datetime]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("(ended_at is null) = (ended_by is null)", "ended"),
        Index(
            "one_dead_address",
            "address",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )


class EffectDecision(Base):
    """What a person decided about an effect that could not be brought to an end; append-only."""

    __tablename__ = "effect_decision"
    id: Mapped[int] = identity()
    effect_id: Mapped[int] = mapped_column(ForeignKey("effect.id"), index=True)
    decision: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("decision in ('retry','done','not_done','dropped')", "decision"),
    )


class NeighbourState(Base):
    """Whether a neighbour answers; all instants by the database's clock."""

    __tablename__ = "neighbour"
    name: Mapped[str] = mapped_column(primary_key=True)
    # In a row; an answer, also one that refuses, begins them anew.
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    failing_since: Mapped[datetime | None]
    # While it is in the future nobody calls; who comes first after it tries.
    tries_again_at: Mapped[datetime | None]
    error: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("name in ('mail','crm') or name like 'calendar of %'", "name"),
        CheckConstraint("(failures = 0) = (failing_since is null)", "failing"),
        CheckConstraint("failures > 0 or tries_again_at is null", "closed"),
    )


class InboundMessage(Base):
    """A message that came in, kept whole; each once, by its mailbox's key and by its digest."""

    __tablename__ = "inbound_message"
    id: Mapped[int] = identity()
    source_key: Mapped[str] = mapped_column(unique=True)
    # The same for the same message under another key; null for a repetition of older releases.
    digest: Mapped[str | None]
    message_id: Mapped[str | None] = mapped_column(index=True)
    sender: Mapped[str | None]
    subject: Mapped[str | None]
    received_at: Mapped[datetime]
    message_class: Mapped[str]
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"), index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    text: Mapped[str | None]
    note: Mapped[str | None]
    raw: Mapped[bytes]
    bounce: Mapped[str | None]
    returns_on: Mapped[date | None]
    # Whom it names besides those who talk already: objects with `name` and `email`.
    named: Mapped[list[dict[str, str]]] = mapped_column(JSONB, server_default=text_of("'[]'"))
    # Why a person must look; null if nobody must.
    look: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("bounce in ('hard','soft')", "bounce"),
        CheckConstraint("look is not null or settled_at is null", "settled"),
        Index("one_message", "digest", unique=True),
        Index(
            "ix_inbound_message_look",
            "id",
            postgresql_where=text_of("look is not null and settled_at is null"),
        ),
    )


class InboundDecision(Base):
    """What a person decided about a message that nobody could place; append-only."""

    __tablename__ = "inbound_decision"
    id: Mapped[int] = identity()
    inbound_message_id: Mapped[int] = mapped_column(ForeignKey("inbound_message.id"), index=True)
    decision: Mapped[str]
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    by: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        CheckConstraint("decision in ('lead','ae','opt_out','contact','nothing')", "decision"),
    )


class Heartbeat(Base):
    """Up to when something is done completely, by the database's clock."""

    __tablename__ = "heartbeat"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class IdempotencyKey(Base):
    """An answer already given to an API request; the same key gets the same answer."""

    __tablename__ = "idempotency_key"
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    response: Mapped[Json]
    at: Mapped[datetime]
