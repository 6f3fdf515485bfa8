"""Leads: what was taken in, what is known, where they are, what they did."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


class Intake(Base):
    """One thing taken in, ever: the left side of I5 (`imported = sum of where they are`)."""

    __tablename__ = "intake"
    id: Mapped[int] = identity()
    source: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]


class Lead(Base):
    """A person who may buy."""

    __tablename__ = "lead"
    id: Mapped[int] = identity()
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"), unique=True)
    external_id: Mapped[str | None] = mapped_column(unique=True)
    email: Mapped[str | None]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    phone: Mapped[str | None]
    phone_e164: Mapped[str | None]
    title: Mapped[str | None]
    seniority: Mapped[str | None]
    function: Mapped[str | None]
    company: Mapped[str | None]
    domain: Mapped[str | None]
    country: Mapped[str | None]
    time_zone: Mapped[str | None]
    language: Mapped[str | None]
    origin: Mapped[str | None]
    campaign: Mapped[str | None]
    notes: Mapped[str | None]
    needs: Mapped[str | None]
    timetable: Mapped[str | None]
    preferred_channel: Mapped[str | None]
    preferred_time: Mapped[str | None]
    # Columns of the import that Baton does not know, and the SDR's answers to open questions.
    custom: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    answers: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    # Why the lead belongs to its account, or to none.
    account_why: Mapped[str | None]
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    status: Mapped[str] = mapped_column(server_default="new")
    place: Mapped[str] = mapped_column(server_default="waiting")
    place_reason: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    check_in_on: Mapped[date | None]
    row_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    enriched_at: Mapped[datetime | None]
    qualified_at: Mapped[datetime | None]
    # What conditions ask of every lead, worked out when it is written.
    mail_name: Mapped[str | None] = mapped_column(
        Computed("lower(split_part(email, '@', 1))", persisted=True)
    )
    mail_domain: Mapped[str | None] = mapped_column(
        Computed("lower(split_part(email, '@', 2))", persisted=True)
    )
    # The title's words in small letters, with a space before and behind each.
    title_words: Mapped[str | None] = mapped_column(
        Computed(
            r"' ' || lower(regexp_replace(title, '\W+', ' ', 'g')) || ' '",
            persisted=True,
        )
    )
    __table_args__ = (
        CheckConstraint(
            "status in ('new','marketing_qualified','suspect','sales_qualified','nurture',"
            "'disqualified')",
            "status",
        ),
        CheckConstraint(
            "place in ('waiting','hand_off','nurture','with_ae','closed','quarantined')", "place"
        ),
        # I5: nurture has a check-in date; closed and quarantined have a reason.
        CheckConstraint("place <> 'nurture' or check_in_on is not null", "nurture_has_check_in"),
        CheckConstraint(
            "place not in ('closed','quarantined') or place_reason is not null", "end_has_reason"
        ),
        # I2: sales-qualified and owned by the AE are one thing.
        CheckConstraint("(status = 'sales_qualified') = (place = 'with_ae')", "transfer_is_one"),
        Index(
            "uq_lead_email",
            "email",
            unique=True,
            postgresql_where=text("duplicate_of is null"),
        ),
        Index(
            "ix_lead_duplicate_of",
            "duplicate_of",
            postgresql_where=text("duplicate_of is not null"),
        ),
        Index(
            "ix_lead_duplicate_email",
            "email",
            postgresql_where=text("duplicate_of is not null"),
        ),
        Index("ix_lead_phone", "phone_e164"),
        Index("ix_lead_domain", "domain"),
    )


class LeadPlace(Base):
    """Where a lead is: an index of all leads by what the batch looks for, which triggers keep.

    It stands beside the lead so that one that moves is written where it lies; else each of the
    lead's indexes would have to be told.

    `is_new` is true of a lead that waits and was not judged since it came or changed. Who has no
    check-in date has the last one that there is.
    """

    __tablename__ = "lead_place"
    place: Mapped[str] = mapped_column(primary_key=True)
    is_new: Mapped[bool] = mapped_column(primary_key=True)
    check_in_on: Mapped[date] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)


class LeadChange(Base):
    """What changed on a lead: `changes` is `{column: [before, after]}`."""

    __tablename__ = "lead_change"
    id: Mapped[int] = identity()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    changes: Mapped[Json]


class Quarantine(Base):
    """A row or a lead that cannot go on, with the field, the value and the reason."""

    __tablename__ = "quarantine"
    id: Mapped[int] = identity()
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"), index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    source: Mapped[str]
    row_number: Mapped[int | None]
    field: Mapped[str]
    value: Mapped[str | None]
    reason: Mapped[str]
    row: Mapped[Json]
    # How the file's columns were read, so that a retry reads the row the same way.
    mapping: Mapped[Json | None]
    at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[str | None]
    __table_args__ = (
        Index(
            "uq_quarantine_open",
            "intake_id",
            unique=True,
            postgresql_where=text("resolved_at is null"),
        ),
    )


class StatusChange(Base):
    """A lead's status and place changed; append-only."""

    __tablename__ = "status_change"
    id: Mapped[int] = identity()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    from_status: Mapped[str]
    to_status: Mapped[str]
    from_place: Mapped[str]
    to_place: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class OwnerChange(Base):
    """A lead's owner changed; append-only."""

    __tablename__ = "owner_change"
    id: Mapped[int] = identity()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    by: Mapped[str]
    at: Mapped[datetime]


class Touch(Base):
    """Something the lead did."""

    __tablename__ = "touch"
    id: Mapped[int] = identity()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    kind: Mapped[str]
    at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        # In the order in which they are judged: kind by kind.
        UniqueConstraint("lead_id", "kind", "at", "detail"),
        Index("ix_touch_at", "at"),
    )


class Attempt(Base):
    """Something a rep did to reach the lead."""

    __tablename__ = "attempt"
    id: Mapped[int] = identity()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    channel: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(server_default="")
    source_key: Mapped[str] = mapped_column(unique=True)


class GivenUp(Base):
    """An AE's lead that nobody reached; without such a record the lead is not closed (D6)."""

    __tablename__ = "given_up"
    id: Mapped[int] = identity()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    at: Mapped[datetime]
    attempts: Mapped[int]
    channels: Mapped[int]
    days: Mapped[float]
    minimum_attempts: Mapped[int]
    minimum_channels: Mapped[int]
    over_days: Mapped[int]
    reason: Mapped[str]
    __table_args__ = (
        CheckConstraint(
            "reason <> ''"
            " or (attempts >= minimum_attempts and channels >= minimum_channels"
            " and days >= over_days)",
            "tried_enough",
        ),
    )


class LaterActivity(Base):
    """A touch of a lead that was an AE's already, and whom we told of it (B6)."""

    __tablename__ = "later_activity"
    touch_id: Mapped[int] = mapped_column(
        ForeignKey("touch.id"), primary_key=True, autoincrement=False
    )
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    told_at: Mapped[datetime | None]
    told_to: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    told_how: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("told_how in ('at_once', 'daily', 'none')", "told_how"),
        CheckConstraint("(told_at is null) = (told_how is null)", "told_whole"),
        Index("ix_later_activity_untold", "touch_id", postgresql_where=text("told_at is null")),
        Index(
            "ix_later_activity_told_to",
            "told_to",
            "told_at",
            postgresql_where=text("told_how = 'daily'"),
        ),
    )


class OptOut(Base):
    """A wish not to be contacted; `address` is a lower-case mail address or an E.164 number."""

    __tablename__ = "opt_out"
    id: Mapped[int] = identity()
    address: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    source: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    # When the connected systems were told; what an import brings, the sweep tells them.
    told_at: Mapped[datetime | None]
    # The address of the same person that the wish came from; None where it is this one's own (I4).
    spread_from: Mapped[str | None]
    __table_args__ = (
        UniqueConstraint("address", "channel"),
        Index(
            "ix_opt_out_spread_from",
            "spread_from",
            postgresql_where=text("spread_from is not null"),
        ),
        Index("ix_opt_out_untold", "id", postgresql_where=text("told_at is null")),
    )


class OptIn(Base):
    """A wish not to be contacted that the person took back; append-only."""

    __tablename__ = "opt_in"
    id: Mapped[int] = identity()
    address: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    opted_out_at: Mapped[datetime]
    # By which way the wish had come.
    opted_out_by: Mapped[str]
    source: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
