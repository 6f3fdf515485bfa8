"""Hand-offs: their state, their ledger, their waits."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


class HandOff(Base):
    """One lead's way from one owner towards another."""

    __tablename__ = "hand_off"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    sdr_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    ae_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    state: Mapped[str] = mapped_column(server_default="open")
    stage: Mapped[str] = mapped_column(server_default="enrich")
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    # I5: an open hand-off has one next step, one responsible rep, one due time.
    next_step: Mapped[str | None]
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    due_at: Mapped[datetime | None]
    introduced_at: Mapped[datetime | None]
    ae_engaged_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    # How it goes over; None until that is chosen, and of what began before there was a choice.
    technique: Mapped[str | None]
    # Ids of the mail thread: the first Message-ID that we sent.
    thread_id: Mapped[str | None]
    flow_run_id: Mapped[str | None]
    # Fencing: raised by every segment; an effect is released only under the current one.
    lease_token: Mapped[int] = mapped_column(server_default=text("0"))
    lease_until: Mapped[datetime | None]
    # How often the sweep put a run that failed back, and when (database clock).
    driven_again: Mapped[int] = mapped_column(server_default=text("0"))
    driven_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint(
            "state in ('open','transferred','returned','not_qualified','quarantined','closed',"
            "'cancelled')",
            "state",
        ),
        CheckConstraint(
            "technique in ('appointment','warm_transfer','best_time','soft_introduction')",
            "technique",
        ),
        CheckConstraint(
            "state <> 'open' or (next_step is not null and responsible_id is not null"
            " and due_at is not null)",
            "open_has_next_step",
        ),
        CheckConstraint(
            "state = 'open' or (closed_at is not null and close_reason is not null)",
            "closed_has_reason",
        ),
        Index("uq_hand_off_open", "lead_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_hand_off_due", "due_at", postgresql_where=text("state = 'open'")),
        Index("ix_hand_off_lead_id", "lead_id"),
    )


class StageDone(Base):
    """The ledger: a stage that is here is never run again for this hand-off."""

    __tablename__ = "stage_done"
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    result: Mapped[Json] = mapped_column(server_default=text("'{}'"))


class Wait(Base):
    """A person must act: what, who, due when, and what follows if they do not."""

    __tablename__ = "wait"
    id: Mapped[int] = identity()
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"))
    kind: Mapped[str]
    ordinal: Mapped[int]
    subject: Mapped[str]
    responsible_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    state: Mapped[str] = mapped_column(server_default="open")
    opened_at: Mapped[datetime]
    # Nothing is owed before: the meeting's end for an outcome.
    not_before: Mapped[datetime]
    due_at: Mapped[datetime]
    # Instants at which a reminder goes out, in order; `reminded` of them have.
    remind_at: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    reminded: Mapped[int] = mapped_column(server_default=text("0"))
    # What the sweep does when it is overdue: "escalate", or the decision it records.
    on_expiry: Mapped[str]
    escalated_at: Mapped[datetime | None]
    decision: Mapped[str | None]
    decision_detail: Mapped[Json | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    # How often the run has slept on it; part of Prefect's pause key, which works once.
    sleeps: Mapped[int] = mapped_column(server_default=text("0"))
    questions: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    __table_args__ = (
        UniqueConstraint("hand_off_id", "kind", "ordinal"),
        CheckConstraint("state in ('open','decided','expired','cancelled')", "state"),
        CheckConstraint(
            "state not in ('decided','expired') or (decision is not null and decided_at is not null"
            " and decided_by is not null)",
            "decided_says_what",
        ),
        Index("uq_wait_open", "hand_off_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_wait_due", "due_at", postgresql_where=text("state = 'open'")),
    )
