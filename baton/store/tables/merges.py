"""Leads that are one person: merged, or suspected to be."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


class LeadMerge(Base):
    """A lead that was merged into another, with all that it takes to undo it."""

    __tablename__ = "lead_merge"
    id: Mapped[int] = identity()
    keep_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    drop_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    reasons: Mapped[list[str]]
    by: Mapped[str]
    at: Mapped[datetime]
    before_place: Mapped[str]
    before_reason: Mapped[str | None]
    before_check_in_on: Mapped[date | None]
    before_due_at: Mapped[datetime | None]
    # What the kept lead lacked and has from the other: {column: value}.
    taken: Mapped[Json]
    # What had been merged into the dropped lead, and went on with it.
    followed: Mapped[list[Any]] = mapped_column(ARRAY(BigInteger))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]
    undone_reason: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("keep_id <> drop_id", "two_leads"),
        CheckConstraint(
            "(undone_at is null) = (undone_by is null)"
            " and (undone_at is null) = (undone_reason is null)",
            "undone_whole",
        ),
        Index(
            "uq_lead_merge_standing",
            "drop_id",
            unique=True,
            postgresql_where=text("undone_at is null"),
        ),
    )


class MergedTouch(Base):
    """A touch that a kept lead has by a merge."""

    __tablename__ = "merged_touch"
    touch_id: Mapped[int] = mapped_column(
        ForeignKey("touch.id"), primary_key=True, autoincrement=False
    )
    merge_id: Mapped[int] = mapped_column(ForeignKey("lead_merge.id"), index=True)


class SuspectedDuplicate(Base):
    """Two leads that may be one person; what a person said of it stays said."""

    __tablename__ = "suspected_duplicate"
    lead_id: Mapped[int] = mapped_column(
        ForeignKey("lead.id"), primary_key=True, autoincrement=False
    )
    older_id: Mapped[int] = mapped_column(
        ForeignKey("lead.id"), primary_key=True, autoincrement=False, index=True
    )
    reasons: Mapped[list[str]]
    at: Mapped[datetime]
    settled: Mapped[str | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("lead_id > older_id", "in_order"),
        CheckConstraint("settled in ('merged', 'distinct')", "settled"),
        CheckConstraint(
            "(settled is null) = (settled_by is null) and (settled is null) = (settled_at is null)",
            "settled_whole",
        ),
        Index("ix_suspected_duplicate_open", "at", postgresql_where=text("settled is null")),
    )
