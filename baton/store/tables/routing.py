"""Who is there, and how many leads each AE was given."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from baton.store.tables.model import Base, identity


class Absence(Base):
    """A time in which a rep is not there; withdrawn, never taken away."""

    __tablename__ = "absence"
    id: Mapped[int] = identity()
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", "order"),
        Index("ix_absence_rep_id", "rep_id", postgresql_where=text("withdrawn_at is null")),
    )


class RouteCounter(Base):
    """What counts against an AE's share; changed in the transaction that gives the lead."""

    __tablename__ = "route_counter"
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"), primary_key=True, autoincrement=False)
    # Leads given, less credits.
    given: Mapped[int] = mapped_column(server_default=text("0"))
    # Millionths of a lead, so that who is new or was away begins level with the others.
    calibration: Mapped[int] = mapped_column(server_default=text("0"))
    # Thousandths; the weight under which the rep shares.
    weight: Mapped[int] = mapped_column(server_default=text("0"))
    shares: Mapped[bool] = mapped_column(server_default=text("false"))
    # Hand-offs that were open when a lead was last given; `RouteOpen` has what changed since.
    open: Mapped[int] = mapped_column(server_default=text("0"))


class RouteOpen(Base):
    """A hand-off that an AE has open more, or less, than `RouteCounter` says; a trigger's own."""

    __tablename__ = "route_open"
    id: Mapped[int] = identity()
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    more: Mapped[int]


class RouteDay(Base):
    """How many leads a rep was given on a day of their own zone."""

    __tablename__ = "route_day"
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"), primary_key=True, autoincrement=False)
    on_date: Mapped[date] = mapped_column(primary_key=True, index=True)
    given: Mapped[int] = mapped_column(server_default=text("0"))


class RouteCredit(Base):
    """A lead that does not count against the share, once a hand-off."""

    __tablename__ = "route_credit"
    hand_off_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("hand_off.id"), primary_key=True)
    rep_id: Mapped[int] = mapped_column(ForeignKey("rep.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    # The committee took it back; the row stays, so that there is no second one.
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (CheckConstraint("reason in ('no_show','not_met','review')", "reason"),)
