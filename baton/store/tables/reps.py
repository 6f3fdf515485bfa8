"""Our people and the companies that leads work for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


class Rep(Base):
    """A person on our side."""

    __tablename__ = "rep"
    id: Mapped[int] = identity()
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[str]
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    country: Mapped[str | None]
    # {"mon": ["09:00", "17:00"], ...}; a day that is missing is not worked.
    working_hours: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    # None: working hours only. Else an address that may be a secret, without a password.
    calendar: Mapped[str | None]
    # When the rep likes to meet best, in words that `read_best_times` understands; None: any time.
    preferred_time: Mapped[str | None]
    # Until when the rep says that a lead may be put through at once; None or past: not now.
    present_until: Mapped[datetime | None]
    # What routing goes by; languages as ISO 639 codes.
    team: Mapped[str | None]
    languages: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    skills: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    __table_args__ = (
        CheckConstraint("role in ('SDR','AE','MANAGER','APPROVER','REVIEWER')", "role"),
    )


class Account(Base):
    """The company a lead works for."""

    __tablename__ = "account"
    id: Mapped[int] = identity()
    domain: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    industry: Mapped[str | None]
    employees: Mapped[int | None]
    revenue_usd: Mapped[int | None]
    country: Mapped[str | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    # The name as leads' companies are looked up by it; enrichment fills it in.
    name_key: Mapped[str | None] = mapped_column(index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    # Who works on an open opportunity there.
    opportunity_owner_id: Mapped[int | None] = mapped_column(ForeignKey("rep.id"))
    __table_args__ = (
        CheckConstraint("parent_id <> id", "parent"),
        Index("ix_account_without_key", "id", postgresql_where=text("name_key is null")),
    )
