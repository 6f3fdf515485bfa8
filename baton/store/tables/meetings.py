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
    # An appointment is proposed by an invite; a call is not.
    kind: Mapped[str] = mapped_column(server_default="appointment")
    __table_args__ = (
        UniqueConstraint("hand_off_id", "ordinal"),
        CheckConstraint("kind in ('appointment','call')", "kind"),
        CheckConstraint("state in ('held','proposed','confirmed','cancelled','over')", "state"),
        ExcludeConstraint(
            ("ae_id", "="),
            ("during", "&&"),
            where=text("state in ('held','proposed','confirmed')"),
            name="no_double_booking",
            using="gist",
        ),
    )


class Connection(Base):
    """That AE and lead reached each other: the proof of a technique without an invite (I1)."""

    __tablename__ = "connection"
    id: Mapped[int] = identity()
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"), index=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), unique=True)
    technique: Mapped[str]
    at: Mapped[datetime]
    # A rep's mail address, or "mail" where both sides' answers were seen.
    said_by: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        CheckConstraint(
            "technique in ('warm_transfer','best_time','soft_introduction')", "technique"
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
    """An oversight case on a rejected lead; decided, it has the committee's finding."""

    __tablename__ = "review"
    id: Mapped[int] = identity()
    period: Mapped[str]
    seed: Mapped[int]
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"))
    drawn_at: Mapped[datetime]
    # By what it was told apart in the draw, and how many of the month's rejections were like it.
    stratum: Mapped[str | None]
    stratum_size: Mapped[int | None]
    fitted: Mapped[bool | None]
    miss: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    came_of_it: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    __table_args__ = (
        UniqueConstraint("period", "hand_off_id"),
        CheckConstraint("miss in ('sales','marketing','definition','nobody')", "miss"),
        CheckConstraint("(decided_at is null) = (miss is null)", "decided_says_what"),
    )


class ReviewVerdict(Base):
    """What one reviewer said of a case; append-only."""

    __tablename__ = "review_verdict"
    id: Mapped[int] = identity()
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id"))
    # 1 and 2 judge for themselves, 3 decides; 0 is a finding of before there were two.
    seat: Mapped[int]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    # None where the definition does not say.
    fitted: Mapped[bool | None]
    miss: Mapped[str]
    follow_up: Mapped[str]
    # What the agreement should say instead, where the definition is not clear.
    criterion: Mapped[str | None]
    proposal: Mapped[str | None]
    at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("review_id", "seat"),
        UniqueConstraint("review_id", "reviewer_id"),
        CheckConstraint("miss in ('sales','marketing','definition','nobody')", "miss"),
        CheckConstraint("seat between 0 and 3", "seat"),
        CheckConstraint(
            "seat = 0 or fitted is not distinct from"
            " case miss when 'definition' then null else miss = 'sales' end",
            "fitted_is_said",
        ),
        CheckConstraint(
            "seat = 0 or case miss when 'definition'"
            r" then criterion is not null and proposal ~ '\S'"
            " else criterion is null and proposal is null end",
            "definition_is_proposed",
        ),
    )
