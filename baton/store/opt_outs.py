"""Wishes not to be contacted (I4)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from baton.domain.hand_off import HandOffState
from baton.domain.meeting import OutcomeKind
from baton.store.tables import HandOff, Lead, Meeting, OptIn, OptOut, Outcome

SPREAD: Final = "another address of the same person"
"""The source of a wish that the database recorded for the other addresses of a merged lead (I4)."""


def record_opt_out(
    session: Session, address: str, *, channel: str, source: str, reason: str, at: datetime
) -> bool:
    """Record the wish; return whether it is new. Releases to the address wait for this.

    The database records it for the other addresses of the same person too (`SPREAD`). One that had
    come to this address in that way becomes this address's own.
    """
    said = {"source": source, "reason": reason, "at": at}
    wish = insert(OptOut).values(address=address, channel=channel, **said)
    if source == SPREAD:
        wish = wish.on_conflict_do_nothing()
    else:
        wish = wish.on_conflict_do_update(
            index_elements=[OptOut.address, OptOut.channel],
            set_={**said, "spread_from": None},
            where=OptOut.spread_from.is_not(None),
        )
    return session.scalar(wish.returning(OptOut.id)) is not None


def take_back(
    session: Session, address: str, *, source: str, reason: str, at: datetime
) -> int | None:
    """Let no wish of the address stand any more, and keep that; None if none stood.

    What was recorded for other addresses of the person because of it goes with it.

    Returns:
        A number of its own for this act.
    """
    gone = session.execute(
        delete(OptOut)
        .where(or_(OptOut.address == address, OptOut.spread_from == address))
        .returning(OptOut.address, OptOut.channel, OptOut.at, OptOut.source)
    ).all()
    number = None
    for wish in gone:
        row = OptIn(
            address=wish.address,
            channel=wish.channel,
            opted_out_at=wish.at,
            opted_out_by=wish.source,
            source=source,
            reason=reason,
            at=at,
        )
        session.add(row)
        session.flush()
        number = row.id
    return number


def times_taken_back(session: Session, address: str) -> int:
    """Return how many wishes of the address were taken back."""
    found = select(func.count()).select_from(OptIn).where(OptIn.address == address)
    return session.scalar(found) or 0


def leads_reached_by(session: Session, address: str) -> list[Lead]:
    """Return every lead with this mail address or E.164 number, locked, oldest first.

    Who was merged into another lead is there with it.
    """
    return list(
        session.scalars(
            select(Lead)
            .where(_is_reached_by(address))
            .order_by(Lead.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
    )


def _is_reached_by(address: str) -> ColumnElement[bool]:
    merged = aliased(Lead)
    has = or_(merged.email == address, merged.phone_e164 == address)
    into = select(merged.duplicate_of).where(has, merged.duplicate_of.is_not(None))
    return or_(Lead.email == address, Lead.phone_e164 == address, Lead.id.in_(into))


def mail_address_of(session: Session, lead_id: int) -> str | None:
    """Return the lead's mail address, as it is now; None if there is no lead, or none is known."""
    return session.scalar(select(Lead.email).where(Lead.id == lead_id))


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish not to be contacted, as it is kept; the arguments of `baton.engine.opting_out`."""

    address: str
    channel: str
    source: str
    reason: str


def wishes_to_respect(session: Session, *, limit: int = 200) -> list[Wish]:
    """Return wishes that nobody acted on yet: an import brought them, or a lead to one.

    They are kept without more, so nothing is sent; but hand-offs of such leads are open, or the
    connected systems have not heard of the wish.
    """
    wish = (OptOut.address, OptOut.channel, OptOut.source, OptOut.reason)
    found = [
        select(*wish)
        .join(Lead, known_by == OptOut.address)
        .join(HandOff, HandOff.lead_id == Lead.id)
        .where(HandOff.state == HandOffState.OPEN, ~only_its_end_is_missing())
        for known_by in (Lead.email, Lead.phone_e164)
    ]
    untold = select(*wish).where(OptOut.told_at.is_(None)).order_by(OptOut.id).limit(limit)
    rows = session.execute(union(*found, untold.subquery().select()).limit(limit))
    return [Wish(*row) for row in rows]


def wishes_of_lead(session: Session, lead_id: int) -> list[Wish]:
    """Return the wishes that stand for the lead, by whichever address."""
    known_by = or_(OptOut.address == Lead.email, OptOut.address == Lead.phone_e164)
    wish = (OptOut.address, OptOut.channel, OptOut.source, OptOut.reason)
    found = select(*wish).join(Lead, known_by).where(Lead.id == lead_id).order_by(OptOut.id)
    return [Wish(*row) for row in session.execute(found)]


def is_told(session: Session, address: str, channel: str, *, at: datetime) -> None:
    """Record that the connected systems hear of the wish: what tells them is intended."""
    session.execute(
        update(OptOut)
        .where(OptOut.address == address, OptOut.channel == channel, OptOut.told_at.is_(None))
        .values(told_at=at)
    )


def only_its_end_is_missing() -> ColumnElement[bool]:
    """Return the condition that the AE has said what the hand-off's newest meeting came to.

    That word counts: the lead is transferred or returned, and nothing more is sent to it. A meeting
    that is only to be moved has come to nothing yet.
    """
    newest = (
        select(func.max(Meeting.id))
        .where(Meeting.hand_off_id == HandOff.id)
        .correlate(HandOff)
        .scalar_subquery()
    )
    return exists().where(Outcome.meeting_id == newest, Outcome.kind != OutcomeKind.RESCHEDULED)


def has_opted_out(session: Session, lead_id: int) -> bool:
    """Return whether the lead wishes not to be contacted, by mail or by telephone."""
    known_by = or_(OptOut.address == Lead.email, OptOut.address == Lead.phone_e164)
    wish = select(OptOut.id).join(Lead, known_by).where(Lead.id == lead_id).limit(1)
    return session.scalar(wish) is not None


def ends_by_itself(session: Session, hand_off: HandOff) -> bool:
    """Return whether the AE's word is there, so that an opt-out leaves the hand-off its end."""
    said = select(HandOff.id).where(HandOff.id == hand_off.id, only_its_end_is_missing())
    return session.scalar(said) is not None


def newest_hand_off_of(session: Session, lead_id: int) -> uuid.UUID | None:
    """Return the number of the lead's newest hand-off, whatever its state."""
    return session.scalar(
        select(HandOff.id)
        .where(HandOff.lead_id == lead_id)
        .order_by(HandOff.opened_at.desc())
        .limit(1)
    )


def open_hand_off_of(session: Session, lead_id: int) -> HandOff | None:
    """Return the lead's open hand-off, locked."""
    return session.scalar(
        select(HandOff)
        .where(HandOff.lead_id == lead_id, HandOff.state == HandOffState.OPEN)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def lock_hand_offs_reached_by(session: Session, address: str) -> None:
    """Lock the open hand-offs of every lead with this address, before leads and effects are.

    Stages lock in that order too, so that an opt-out and a stage wait for each other and do not
    deadlock: a wish that is lost to a deadlock would not win (I4).
    """
    session.scalars(
        select(HandOff.id)
        .join(Lead, Lead.id == HandOff.lead_id)
        .where(
            _is_reached_by(address),
            HandOff.state == HandOffState.OPEN,
        )
        .order_by(HandOff.id)
        .with_for_update(key_share=True, of=HandOff)
    ).all()
