"""Agreements, their signatures, and every decision under them (I8, I9)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


class AgreementVersion(Base):
    """One version of the agreement, as it was read; never changed (I9)."""

    __tablename__ = "agreement_version"
    id: Mapped[int] = identity()
    content_hash: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    # The whole document as data, and the text it was read from.
    content: Mapped[Json]
    source: Mapped[str]
    stored_at: Mapped[datetime]


class Signature(Base):
    """A team's signature under a content hash (I9)."""

    __tablename__ = "signature"
    id: Mapped[int] = identity()
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    team: Mapped[str]
    name: Mapped[str]
    content_hash: Mapped[str]
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("agreement_id", "team"),
        CheckConstraint("team in ('marketing','sales')", "team"),
    )


class Activation(Base):
    """From when a version decides; the newest row is the active version."""

    __tablename__ = "activation"
    id: Mapped[int] = identity()
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    by: Mapped[str]
    at: Mapped[datetime]


class Decision(Base):
    """A decision with the version, the facts it saw and the reasons (I8); append-only."""

    __tablename__ = "decision"
    id: Mapped[int] = identity()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"), index=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    # qualification | approval | technique | route | slot | due
    kind: Mapped[str]
    at: Mapped[datetime]
    as_of: Mapped[datetime]
    facts: Mapped[Json]
    result: Mapped[Json]
    reasons: Mapped[list[Any]]
    __table_args__ = (Index("ix_decision_lead", "lead_id", "kind", "at"),)
