"""Which AE gets the lead: the account's owner, else whoever was given the fewest (rotation)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from baton.domain.meeting import Attendance
from baton.domain.rep import Role
from baton.errors import RefusedError
from baton.rulebook.active import agreement_of
from baton.store.decisions import record_decision
from baton.store.meetings import meetings_by_rep
from baton.store.tables import Account, AttendanceRow, HandOff, Lead, Meeting, Rep

ASSIGNMENT_LOCK = 0x61737369676E


def assign_ae(session: Session, hand_off: HandOff, *, at: datetime) -> Rep:
    """Give the hand-off an AE and store why (I8); one that has an AE keeps it.

    Raises:
        RefusedError: There is no active AE.
    """
    if hand_off.ae_id is not None:
        return session.get_one(Rep, hand_off.ae_id)
    # Assignments take turns, so that two at once do not both count the same past.
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ASSIGNMENT_LOCK})
    candidates = session.scalars(
        select(Rep).where(Rep.role == Role.AE, Rep.is_active).order_by(Rep.id)
    ).all()
    if not candidates:
        raise RefusedError("No active rep is an AE; import reps with 'baton import --reps'.")
    chosen = _give(session, hand_off, list(candidates), at=at)
    agreed = agreement_of(session, hand_off.agreement_id).techniques
    record_decision(
        session,
        lead_id=hand_off.lead_id,
        hand_off_id=hand_off.id,
        agreement_id=hand_off.agreement_id,
        kind="technique",
        at=at,
        as_of=at,
        facts={"agreed": sorted(agreed.model_dump())},
        result={"technique": "appointment"},
        reasons=["the agreement knows one technique: an introduction with an appointment"],
    )
    return chosen


def give_to_another(session: Session, hand_off: HandOff, *, at: datetime) -> Rep | None:
    """Give the hand-off to an AE who has not declined a meeting of it, and store why (I8).

    The new AE has answered nothing yet, whatever the one before did (I1).

    Returns:
        The AE; None if there is no other one.
    """
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ASSIGNMENT_LOCK})
    unwilling = (
        select(Meeting.ae_id)
        .join(AttendanceRow, AttendanceRow.meeting_id == Meeting.id)
        .where(
            Meeting.hand_off_id == hand_off.id,
            AttendanceRow.side == "ae",
            AttendanceRow.reply == Attendance.DECLINED,
        )
    )
    candidates = session.scalars(
        select(Rep)
        .where(Rep.role == Role.AE, Rep.is_active, Rep.id.not_in(unwilling))
        .order_by(Rep.id)
    ).all()
    if not candidates:
        return None
    hand_off.ae_engaged_at = None
    return _give(session, hand_off, list(candidates), at=at)


def _give(session: Session, hand_off: HandOff, candidates: list[Rep], *, at: datetime) -> Rep:
    given = meetings_by_rep(session, [rep.id for rep in candidates])
    chosen, why = _choose(session, hand_off, candidates, given)
    hand_off.ae_id = chosen.id
    record_decision(
        session,
        lead_id=hand_off.lead_id,
        hand_off_id=hand_off.id,
        agreement_id=hand_off.agreement_id,
        kind="route",
        at=at,
        as_of=at,
        facts={"given": {rep.email: given[rep.id] for rep in candidates}},
        result={"ae": chosen.email},
        reasons=[why],
    )
    session.flush()
    return chosen


def _choose(
    session: Session, hand_off: HandOff, candidates: list[Rep], given: dict[int, int]
) -> tuple[Rep, str]:
    lead = session.get_one(Lead, hand_off.lead_id)
    account = session.get(Account, lead.account_id) if lead.account_id else None
    for rep in candidates:
        if account is not None and rep.id == account.owner_id:
            return rep, f"{rep.name} owns the account {account.name}"
    chosen = min(candidates, key=lambda rep: (given[rep.id], rep.id))
    return chosen, f"{chosen.name} was given the fewest hand-offs so far ({given[chosen.id]})"
