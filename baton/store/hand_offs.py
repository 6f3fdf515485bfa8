"""Opening, leasing, advancing and closing a hand-off."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState, HandOffState, WaitState
from baton.domain.lead import LeadStatus, Place
from baton.domain.meeting import MeetingState
from baton.domain.rep import Role
from baton.errors import LeaseLostError, NotFoundError, RefusedError
from baton.store.holds import let_go
from baton.store.leads import lead_for_update, move_lead
from baton.store.tables import Effect, HandOff, Lead, Meeting, Rep, StageDone, Wait

LEASE_SECONDS = 60
POINTLESS_AFTERWARDS = (
    EffectKind.INTRODUCTION,
    EffectKind.CONTEXT_PACKET,
    EffectKind.INVITE,
    EffectKind.OUTCOME_REQUEST,
)

# Built once: each stage and each effect renews the lease.
_RENEW = (
    update(HandOff)
    .where(HandOff.id == bindparam("sought"), HandOff.lease_token == bindparam("token"))
    .values(lease_until=func.clock_timestamp() + bindparam("seconds") * text("interval '1 second'"))
    .returning(HandOff)
    .execution_options(synchronize_session=False, populate_existing=True)
)


def open_hand_off(
    session: Session, lead_id: int, *, agreement_id: int, by: str, at: datetime, due_at: datetime
) -> HandOff:
    """Open a hand-off for a waiting lead; if one is open already, return that one.

    Args:
        due_at: Aware UTC instant by which the first stage must have run.

    Raises:
        NotFoundError: No such lead.
        RefusedError: The lead is not waiting, or there is no SDR to act for it.
    """
    lead = lead_for_update(session, lead_id)
    if lead.place == Place.HAND_OFF:
        return session.scalars(
            select(HandOff).where(HandOff.lead_id == lead_id, HandOff.state == HandOffState.OPEN)
        ).one()
    if lead.place not in (Place.WAITING, Place.NURTURE):
        raise RefusedError(
            f"Lead {lead_id} is {lead.place} ({lead.place_reason}); only a waiting or nurtured "
            "lead can be handed off."
        )
    hand_off = HandOff(
        id=uuid.uuid4(),
        lead_id=lead_id,
        agreement_id=agreement_id,
        sdr_id=_sdr_of(session, lead),
        opened_at=at,
        opened_by=by,
        next_step="enrich",
        due_at=due_at,
    )
    hand_off.responsible_id = hand_off.sdr_id
    session.add(hand_off)
    session.flush()
    move_lead(
        session,
        lead,
        status=LeadStatus(lead.status),
        place=Place.HAND_OFF,
        reason="hand-off opened",
        by=by,
        at=at,
        hand_off_id=hand_off.id,
        owner_id=hand_off.sdr_id,
    )
    return hand_off


def _sdr_of(session: Session, lead: Lead) -> int:
    owner = session.get(Rep, lead.owner_id) if lead.owner_id else None
    if owner is not None and owner.role == Role.SDR and owner.is_active:
        return owner.id
    chosen = session.scalar(
        select(Rep.id)
        .where(Rep.role == Role.SDR, Rep.is_active)
        .order_by(
            select(func.count()).where(HandOff.sdr_id == Rep.id).scalar_subquery(),
            Rep.id,
        )
        .limit(1)
    )
    if chosen is None:
        raise RefusedError(
            "There is no active SDR to hand a lead over; import reps with 'baton import --reps'."
        )
    return chosen


def hand_off_for_update(session: Session, hand_off_id: uuid.UUID) -> HandOff:
    """Return the hand-off, locked until the transaction ends.

    Raises:
        NotFoundError: No such hand-off.
    """
    # Its key never changes, so rows that only refer to it (waits, effects) need not wait for us.
    found = session.scalar(
        select(HandOff)
        .where(HandOff.id == hand_off_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError(f"There is no hand-off {hand_off_id}.")
    return found


def take_lease(session: Session, hand_off_id: uuid.UUID) -> int:
    """Take the hand-off for one segment and return the fencing token.

    The lease runs on the database's clock, not on the business clock: it measures whether a
    process lives.

    Raises:
        LeaseLostError: Another segment holds it.
    """
    token: int | None = session.scalar(
        update(HandOff)
        .where(
            HandOff.id == hand_off_id,
            (HandOff.lease_until.is_(None)) | (HandOff.lease_until < func.clock_timestamp()),
        )
        .values(
            lease_token=HandOff.lease_token + 1,
            lease_until=func.clock_timestamp() + text(f"interval '{LEASE_SECONDS} seconds'"),
        )
        .returning(HandOff.lease_token)
    )
    if token is None:
        raise LeaseLostError(f"Hand-off {hand_off_id} is being run by another worker.")
    return token


def renew_lease(session: Session, hand_off_id: uuid.UUID, token: int) -> HandOff:
    """Prolong the lease and return the hand-off, locked; done before each stage and each effect.

    Raises:
        LeaseLostError: A later segment took it.
    """
    lease = {"sought": hand_off_id, "token": token, "seconds": LEASE_SECONDS}
    held = session.scalar(_RENEW, lease)
    if held is None:
        raise LeaseLostError(f"Hand-off {hand_off_id} was taken over by another worker.")
    return held


def give_lease_back(session: Session, hand_off_id: uuid.UUID, token: int) -> None:
    """End the lease if it is still ours."""
    session.execute(
        update(HandOff)
        .where(HandOff.id == hand_off_id, HandOff.lease_token == token)
        .values(lease_until=None)
    )


def finished_stages(session: Session, hand_off_id: uuid.UUID) -> dict[str, dict[str, Any]]:
    """Return the ledger: stage name to its result."""
    rows = session.scalars(select(StageDone).where(StageDone.hand_off_id == hand_off_id))
    return {row.stage: row.result for row in rows}


def finish_stage(
    session: Session, hand_off: HandOff, stage: str, *, result: dict[str, Any], at: datetime
) -> None:
    """Write the stage into the ledger, once; what failed before it is forgotten."""
    hand_off.driven_again = 0
    if session.get(StageDone, (hand_off.id, stage)) is None:
        session.add(StageDone(hand_off_id=hand_off.id, stage=stage, at=at, result=result))


def begin_stage(session: Session, hand_off: HandOff, stage: str, *, due_at: datetime) -> None:
    """Say that `stage` is the next step, owed by the SDR's side until `due_at`."""
    hand_off.stage = stage
    hand_off.next_step = stage
    hand_off.responsible_id = hand_off.sdr_id
    hand_off.due_at = due_at
    session.flush()


@dataclass(frozen=True, slots=True)
class Ending:
    """How a hand-off ends and where its lead goes.

    Attributes:
        state: The hand-off's last state.
        reason: For people; stored with hand-off and lead.
        place: Where the lead goes.
        status: The lead's new status; None keeps the present one.
        check_in_on: For `Place.NURTURE`: when sales looks at it again.
        owner_id: The lead's new owner; None keeps the SDR.
    """

    state: HandOffState
    reason: str
    place: Place
    status: LeadStatus | None = None
    check_in_on: date | None = None
    owner_id: int | None = None


def close_hand_off(
    session: Session, hand_off: HandOff, ending: Ending, *, by: str, at: datetime
) -> None:
    """End the hand-off and move its lead in the same transaction (I2, I3, I5).

    Open waits are cancelled and slots are freed, unless the meeting is over. Mails that only
    made sense in it and have not gone out yet are withheld.

    Raises:
        RefusedError: It is closed already.
    """
    if hand_off.state != HandOffState.OPEN:
        raise RefusedError(
            f"Hand-off {hand_off.id} is {hand_off.state} already ({hand_off.close_reason})."
        )
    _stop_what_is_open(session, hand_off, ending, at=at)
    lead = lead_for_update(session, hand_off.lead_id)
    move_lead(
        session,
        lead,
        status=ending.status or LeadStatus(lead.status),
        place=ending.place,
        reason=ending.reason,
        by=by,
        at=at,
        hand_off_id=hand_off.id,
        check_in_on=ending.check_in_on,
        owner_id=ending.owner_id or hand_off.sdr_id,
    )
    hand_off.state = ending.state
    hand_off.closed_at = at
    hand_off.close_reason = ending.reason
    hand_off.next_step = None
    hand_off.due_at = None
    session.flush()


def _stop_what_is_open(
    session: Session, hand_off: HandOff, ending: Ending, *, at: datetime
) -> None:
    session.execute(
        update(Wait)
        .where(Wait.hand_off_id == hand_off.id, Wait.state == WaitState.OPEN)
        .values(state=WaitState.CANCELLED)
    )
    session.execute(
        update(Meeting)
        .where(
            Meeting.hand_off_id == hand_off.id,
            Meeting.state.in_([MeetingState.HELD, MeetingState.PROPOSED, MeetingState.CONFIRMED]),
        )
        .values(
            state=MeetingState.OVER
            if ending.state in (HandOffState.TRANSFERRED, HandOffState.RETURNED)
            else MeetingState.CANCELLED
        )
    )
    session.execute(
        update(Effect)
        .where(
            Effect.hand_off_id == hand_off.id,
            Effect.state == EffectState.INTENDED,
            Effect.kind.in_(POINTLESS_AFTERWARDS),
        )
        .values(state=EffectState.WITHHELD, settled_at=at, error="the hand-off ended")
    )
    let_go(session, hand_off.id)
