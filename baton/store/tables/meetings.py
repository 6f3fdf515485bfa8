"""Appointments, who accepted them, what they came to, and their review."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.dialects.postgresql import Range as PgRange
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


class Meeting(Base):
    """The appointment; a rep is never in two at once (I7)."""

    __tablename__ = "meeting"
    id: Mapped[int] = identity()
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"), index=True)
    ordinal: Mapped[int]
    ae_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    during: Mapped[PgRange[datetime]]
    uid: Mapped[str] = mapped_column(index=True)
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str]
    held_until: Mapped[datetime | None]
    location: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        UniqueConstraint("hand_off_id", "ordinal"),
        CheckConstraint("state in ('held','proposed','confirmed','cancelled','over')", "state"),
        ExcludeConstraint(
            ("ae_id", "="),
            ("during", "&&"),
            where=text("state in ('held','proposed','confirmed')"),
            name="no_double_booking",
            using="gist",
        ),
    )


class AttendanceRow(Base):
    """An attendee's present reply to a meeting; `attendance_change` keeps all of them."""

    __tablename__ = "attendance"
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    email: Mapped[str] = mapped_column(primary_key=True)
    side: Mapped[str]
    reply: Mapped[str] = mapped_column(server_default="needs-action")
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    at: Mapped[datetime | None]
    # When the attendee's program made it (DTSTAMP): of two answers the later one counts.
    stamped_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("side in ('lead','ae')", "side"),
        CheckConstraint("reply in ('needs-action','accepted','tentative','declined')", "reply"),
    )


class AttendanceChange(Base):
    """Every reply that came, also those refused, with the reason."""

    __tablename__ = "attendance_change"
    id: Mapped[int] = identity()
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    email: Mapped[str]
    reply: Mapped[str]
    sequence: Mapped[int]
    at: Mapped[datetime]
    refused: Mapped[str | None]
    stamped_at: Mapped[datetime | None]


class CounterProposal(Base):
    """Another time that an attendee proposed; what became of it is said once."""

    __tablename__ = "counter_proposal"
    id: Mapped[int] = identity()
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    email: Mapped[str]
    side: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    comment: Mapped[str] = mapped_column(server_default="")
    sequence: Mapped[int]
    stamped_at: Mapped[datetime]
    at: Mapped[datetime]
    state: Mapped[str]
    why: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("side in ('lead','ae','nobody')", "side"),
        CheckConstraint("state in ('open','accepted','declined','superseded','refused')", "state"),
        CheckConstraint("(state = 'open') = (decided_at is null)", "decided"),
        CheckConstraint("ends_at > starts_at", "order"),
        Index(
            "one_open_counter",
            "meeting_id",
            "email",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )


class HeldTime(Base):
    """A time that is held for one lead until an instant; no meeting yet."""

    __tablename__ = "held_time"
    id: Mapped[int] = identity()
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"), index=True)
    ae_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    during: Mapped[PgRange[datetime]]
    held_until: Mapped[datetime]
    at: Mapped[datetime]
    __table_args__ = (
        # One that is over goes before others are held; until then it is in the way.
        ExcludeConstraint(("ae_id", "="), ("during", "&&"), name="no_double_hold", using="gist"),
    )


class Outcome(Base):
    """What the AE said after the meeting, criterion by criterion."""

    __tablename__ = "outcome"
    id: Mapped[int] = identity()
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"), index=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    kind: Mapped[str]
    # {criterion id: "met" | "unmet" | "unknown"}
    verdicts: Mapped[Json]
    unmet: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    feedback: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("meeting_id"),
        CheckConstraint("kind in ('met','not_met','no_show','rescheduled')", "kind"),
        # I3: no rejection without the unmet criteria and the AE's words.
        CheckConstraint(
            r"kind <> 'not_met' or (cardinality(unmet) > 0 and feedback ~ '\S')",
            "rejection_has_feedback",
        ),
        CheckConstraint("kind <> 'met' or cardinality(unmet) = 0", "met_has_no_unmet"),
    )


class Review(Base):
    """An oversight case on a rejected lead."""

    __tablename__ = "review"
    id: Mapped[int] = identity()
    period: Mapped[str]
    seed: Mapped[int]
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"))
    drawn_at: Mapped[datetime]
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    fitted: Mapped[bool | None]
    miss: Mapped[str | None]
    follow_up: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("period", "hand_off_id"),
        CheckConstraint("miss in ('sales','marketing','definition','nobody')", "miss"),
        CheckConstraint(
            "decided_at is null or (fitted is not null and miss is not null"
            " and follow_up is not null and reviewer_id is not null)",
            "decided_says_what",
        ),
    )
