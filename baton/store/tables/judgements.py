"""What the agreement said of leads: one row a lead, lists in the agreement's order (I8)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Enum,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, BOOLEAN
from sqlalchemy.orm import Mapped, mapped_column

from baton.domain.verdict import Qualification
from baton.store.tables.model import Base, identity


class FactList(Base):
    """Which facts a judgement's lists hold, by type, in order; each list of them once."""

    __tablename__ = "fact_list"
    id: Mapped[int] = identity()
    content_hash: Mapped[str] = mapped_column(unique=True)
    keys: Mapped[list[str]]
    types: Mapped[list[str]]


class Judging(Base):
    """One act of judging: a lead for its hand-off, or a set of leads in the batch."""

    __tablename__ = "judging"
    # From the decisions' sequence: about one lead, a number means one decision.
    id: Mapped[int] = mapped_column(
        primary_key=True, server_default=text("nextval('decision_id_seq')"), autoincrement=False
    )
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    fact_list_id: Mapped[int] = mapped_column(ForeignKey("fact_list.id"))
    hand_off_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_off.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    as_of: Mapped[datetime]


class Judgement(Base):
    """What one judging said of one lead; append-only.

    `verdicts` are the fit rules', the criteria's and the groups' in the agreement's order, NULL for
    unknown. `flags`, `numbers` and `texts` are the facts seen, as the judging's fact list has them.
    Points are in tenths. `did` has a row for each warmth rule of whose touches anything is left:
    its place in the agreement from 1, how many touches, when the last was (in microseconds since
    1970), what decay left of them (in millionths of a fresh one), and the points.
    """

    __tablename__ = "judgement"
    lead_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    judging_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    qualification: Mapped[Qualification] = mapped_column(
        Enum(Qualification, name="qualification", values_callable=lambda kind: [*kind])
    )
    fit_tenths: Mapped[int] = mapped_column(Integer)
    warmth_tenths: Mapped[int] = mapped_column(Integer)
    is_hot: Mapped[bool]
    is_marketing_qualified: Mapped[bool]
    holds_until: Mapped[datetime | None]
    verdicts: Mapped[list[Any]] = mapped_column(ARRAY(BOOLEAN))
    flags: Mapped[list[Any]] = mapped_column(ARRAY(BOOLEAN))
    numbers: Mapped[list[Any]] = mapped_column(ARRAY(Numeric))
    texts: Mapped[list[str]]
    did: Mapped[list[Any]] = mapped_column(ARRAY(BigInteger, dimensions=2))
    __table_args__ = (
        Index(
            "ix_judgement_holds_until",
            "holds_until",
            postgresql_include=["lead_id", "judging_id"],
            postgresql_where=text("holds_until is not null"),
        ),
    )


class DueLead(Base):
    """A lead in nurture that something happened to since it was judged; gone once it is."""

    __tablename__ = "due"
    lead_id: Mapped[int] = mapped_column(
        ForeignKey("lead.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]


class Batch(Base):
    """One nightly batch that judged all that was due at `as_of`."""

    __tablename__ = "batch"
    id: Mapped[int] = identity()
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreement_version.id"))
    as_of: Mapped[datetime]
    finished_at: Mapped[datetime]
    judged_all: Mapped[bool]
    judged: Mapped[int]
