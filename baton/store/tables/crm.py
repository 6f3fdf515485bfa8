"""The local CRM."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, Json, identity


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
    id: Mapped[int] = identity()
    external_id: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    kind: Mapped[str]
    body: Mapped[Json]
    at: Mapped[datetime]
