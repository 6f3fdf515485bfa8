"""What was promised under the agreement's SLAs, and what became of it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, identity


class PromiseRow(Base):
    """One promise: who owes what from when until when; a breach stands for ever."""

    __tablename__ = "promise"
    id: Mapped[int] = identity()
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    sla: Mapped[str]
    # Both are missing for what is promised for a month.
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    responsible_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    # Which of the events that start this promise.
    occurrence: Mapped[str]
    team: Mapped[str]
    since: Mapped[datetime]
    due_at: Mapped[datetime]
    # How the due time came about.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    opened_at: Mapped[datetime]
    # [{"at", "act"}] in order; so many of them are done.
    acts: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    acted: Mapped[int] = mapped_column(server_default=text("0"))
    # When the sweep must look at it next; NULL once time does nothing to it any more.
    next_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(server_default="open")
    is_measured: Mapped[bool] = mapped_column(server_default=text("true"))
    breached_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    # By the minutes that the promise counts.
    took_minutes: Mapped[float | None]
    # When the hand-off was taken from who owes it.
    replaced_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        CheckConstraint("state in ('open','kept','breached','cancelled')", "state"),
        CheckConstraint("since <= due_at", "order"),
        CheckConstraint("(state = 'breached') = (breached_at is not null)", "breach"),
        CheckConstraint("state <> 'kept' or fulfilled_at <= due_at", "kept"),
        CheckConstraint("state <> 'open' or is_measured", "open"),
        UniqueConstraint(
            "sla",
            "hand_off_id",
            "occurrence",
            name="one_promise",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_promise_next_at", "next_at", postgresql_where=text("next_at is not null")),
        Index("ix_promise_hand_off_id", "hand_off_id"),
        Index("ix_promise_due_at", "due_at"),
    )


class PromiseLook(Base):
    """A hand-off to which something happened since its promises were looked at."""

    __tablename__ = "promise_look"
    id: Mapped[int] = identity()
    hand_off_id: Mapped[uuid.UUID]
