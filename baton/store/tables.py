"""The tables. History is inserted, never overwritten; current state is kept beside it.

Every instant is `timestamptz`. What a database constraint can hold of the invariants I1-I9 is
held here or in the migrations' guards; what changes state goes through this package's functions.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, UUID, ExcludeConstraint
from sqlalchemy.dialects.postgresql import Range as PgRange
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = dict[str, Any]


class Base(DeclarativeBase):
    """All tables; constraint names follow one pattern so that errors can be told apart."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy's own form)
        datetime: DateTime(timezone=True),
        Json: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
        str: Text,
        int: BigInteger,
        uuid.UUID: UUID(as_uuid=True),
        bytes: LargeBinary,
        PgRange[datetime]: TSTZRANGE,
    }


def _id() -> Mapped[int]:
    return mapped_column(BigInteger, Identity(), primary_key=True)


class Rep(Base):
    """A person on our side."""

    __tablename__ = "rep"
    id: Mapped[int] = _id()
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    country: Mapped[str | None]
    # {"mon": ["09:00", "17:00"], ...}; a day that is missing is not worked.
    working_hours: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    __table_args__ = (
        CheckConstraint("role in ('SDR','AE','MANAGER','APPROVER','REVIEWER')", "role"),
    )


class Account(Base):
    """The company a lead works for."""

    __tablename__ = "account"
    id: Mapped[int] = _id()
    domain: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    industry: Mapped[str | None]
    employees: Mapped[int | None]
    revenue_usd: Mapped[int | None]
    country: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))


class Intake(Base):
    """One thing taken in, ever: the left side of I5 (`imported = sum of where they are`)."""

    __tablename__ = "intake"
    id: Mapped[int] = _id()
    source: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]


class Lead(Base):
    """A person who may buy."""

    __tablename__ = "lead"
    id: Mapped[int] = _id()
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
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
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
        Index("ix_lead_place", "place"),
        Index("ix_lead_phone", "phone_e164"),
        Index("ix_lead_domain", "domain"),
        Index("ix_lead_unqualified", "id", postgresql_where=text("place = 'waiting'")),
    )


class LeadChange(Base):
    """What changed on a lead: `changes` is `{column: [before, after]}`."""

    __tablename__ = "lead_change"
    id: Mapped[int] = _id()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str]
    changes: Mapped[Json]


class Touch(Base):
    """Something the lead did."""

    __tablename__ = "touch"
    id: Mapped[int] = _id()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    kind: Mapped[str]
    at: Mapped[datetime]
    detail: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (
        UniqueConstraint("lead_id", "at", "kind", "detail"),
        Index("ix_touch_at", "at"),
    )


class Attempt(Base):
    """Something a rep did to reach the lead."""

    __tablename__ = "attempt"
    id: Mapped[int] = _id()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    channel: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(server_default="")
    source_key: Mapped[str] = mapped_column(unique=True)


class Quarantine(Base):
    """A row or a lead that cannot go on, with the field, the value and the reason."""

    __tablename__ = "quarantine"
    id: Mapped[int] = _id()
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


class AgreementVersion(Base):
    """One version of the agreement, as it was read; never changed (I9)."""

    __tablename__ = "agreement_version"
    id: Mapped[int] = _id()
    content_hash: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    # The whole document as data, and the text it was read from.
    content: Mapped[Json]
    source: Mapped[str]
    stored_at: Mapped[datetime]


class Signature(Base):
    """A team's signature under a content hash (I9)."""

    __tablename__ = "signature"
    id: Mapped[int] = _id()
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
    id: Mapped[int] = _id()
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    by: Mapped[str]
    at: Mapped[datetime]


class Decision(Base):
    """A decision with the version, the facts it saw and the reasons (I8); append-only."""

    __tablename__ = "decision"
    id: Mapped[int] = _id()
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
    id: Mapped[int] = _id()
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


class Effect(Base):
    """Something done outside our database, once (I6): intent, act, record."""

    __tablename__ = "effect"
    id: Mapped[int] = _id()
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
    # The machine's clock at release, for ageing effects in doubt; never a business time.
    in_flight_since: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("state in ('intended','in_flight','done','failed','withheld')", "state"),
        Index("ix_effect_provider", "provider_id"),
        Index(
            "ix_effect_unsettled",
            "id",
            postgresql_where=text("state in ('intended','in_flight')"),
        ),
    )


class InboundMessage(Base):
    """A message that came in, kept whole; each once, by its mailbox's key."""

    __tablename__ = "inbound_message"
    id: Mapped[int] = _id()
    source_key: Mapped[str] = mapped_column(unique=True)
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


class Meeting(Base):
    """The appointment; a rep is never in two at once (I7)."""

    __tablename__ = "meeting"
    id: Mapped[int] = _id()
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
    __table_args__ = (
        CheckConstraint("side in ('lead','ae')", "side"),
        CheckConstraint("reply in ('needs-action','accepted','tentative','declined')", "reply"),
    )


class AttendanceChange(Base):
    """Every reply that came, also those refused, with the reason."""

    __tablename__ = "attendance_change"
    id: Mapped[int] = _id()
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    email: Mapped[str]
    reply: Mapped[str]
    sequence: Mapped[int]
    at: Mapped[datetime]
    refused: Mapped[str | None]


class Outcome(Base):
    """What the AE said after the meeting, criterion by criterion."""

    __tablename__ = "outcome"
    id: Mapped[int] = _id()
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
            "kind <> 'not_met' or (cardinality(unmet) > 0 and btrim(feedback) <> '')",
            "rejection_has_feedback",
        ),
        CheckConstraint("kind <> 'met' or cardinality(unmet) = 0", "met_has_no_unmet"),
    )


class StatusChange(Base):
    """A lead's status and place changed; append-only."""

    __tablename__ = "status_change"
    id: Mapped[int] = _id()
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
    id: Mapped[int] = _id()
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    by: Mapped[str]
    at: Mapped[datetime]


class OptOut(Base):
    """A wish not to be contacted; `address` is a lower-case mail address or an E.164 number."""

    __tablename__ = "opt_out"
    id: Mapped[int] = _id()
    address: Mapped[str] = mapped_column(index=True)
    channel: Mapped[str]
    source: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("address", "channel"),)


class Review(Base):
    """An oversight case on a rejected lead."""

    __tablename__ = "review"
    id: Mapped[int] = _id()
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


class IdempotencyKey(Base):
    """An answer already given to an API request; the same key gets the same answer."""

    __tablename__ = "idempotency_key"
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    response: Mapped[Json]
    at: Mapped[datetime]


class CrmRecord(Base):
    """The local CRM's contact."""

    __tablename__ = "crm_record"
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), primary_key=True)
    status: Mapped[str | None]
    owner_email: Mapped[str | None]
    opted_out: Mapped[bool] = mapped_column(server_default=text("false"))
    changed_at: Mapped[datetime]


class CrmEntry(Base):
    """The local CRM's log: every write with its external id, which makes it happen once."""

    __tablename__ = "crm_entry"
    id: Mapped[int] = _id()
    external_id: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    kind: Mapped[str]
    body: Mapped[Json]
    at: Mapped[datetime]


class Heartbeat(Base):
    """When something was last done completely, by the database's clock."""

    __tablename__ = "heartbeat"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
