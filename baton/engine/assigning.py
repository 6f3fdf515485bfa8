"""Which AE gets the lead: by the agreement's routing, else the owner or whoever has the fewest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.meeting import Attendance
from baton.domain.rep import Role
from baton.engine.turns import look
from baton.errors import RefusedError
from baton.rulebook.active import agreement_of
from baton.rulebook.routing import Rule
from baton.rulebook.routing_record import stored_facts, stored_result
from baton.rulebook.routing_telling import reasons_of
from baton.store.decisions import record_decision
from baton.store.meetings import meetings_by_rep
from baton.store.owners import owner_for_lead
from baton.store.promises import replaced_aes
from baton.store.routing import count_back, give, keep_sharing, take_turns, take_turns_for
from baton.store.tables import AttendanceRow, HandOff, Meeting, Rep

ASSIGNED = "assigned"
"""What a person decides who names the AE of a lead that nobody may have."""


def assign_ae(
    session: Session, hand_off: HandOff, *, at: datetime, only: Collection[int] | None = None
) -> int | None:
    """Give the hand-off an AE and store why (I8); one that has an AE keeps it.

    Args:
        session: The transaction.
        hand_off: Locked.
        at: Now (aware UTC).
        only: Ids of the AEs who may have it, such as those who are free now; None for all.

    Returns:
        The AE's id; None if the agreement lets nobody have the lead, which is stored as well.

    Raises:
        RefusedError: There is no active AE, and the agreement says nothing of routing.
    """
    if hand_off.ae_id is not None:
        return hand_off.ae_id
    # Assignments take turns, so that two at once do not both count the same past.
    named = take_turns_for(session, hand_off)
    agreement = agreement_of(session, hand_off.agreement_id)
    if named is not None:
        chosen: int | None = named.id
        _record(
            session,
            hand_off,
            at,
            (
                {},
                {"ae": named.email, "rule": Rule.PERSON.value},
                [f"{named.name} was named by {named.by}"],
            ),
        )
    elif agreement.routing is None:
        chosen = _by_rotation(session, hand_off, _active(session, only), at=at)
        if chosen is None:
            raise RefusedError("No active rep is an AE; import reps with 'baton import --reps'.")
    else:
        chosen = _by_agreement(session, hand_off, at=at, only=only)
    if chosen is not None:
        give(session, hand_off, chosen, at=at)
    return chosen


def give_to_another(session: Session, hand_off: HandOff, *, at: datetime) -> int | None:
    """Give the hand-off to an AE who has not declined it, nor let its time pass; store why (I8).

    The new AE has answered nothing yet, whatever the one before did (I1). The lead does not count
    for the one before any more.

    Returns:
        The AE's id; None if there is no other one.
    """
    take_turns(session)
    before = hand_off.ae_id
    if agreement_of(session, hand_off.agreement_id).routing is None:
        chosen = _by_rotation(session, hand_off, _willing(session, hand_off), at=at)
    else:
        chosen = _by_agreement(session, hand_off, at=at, is_again=True)
    if chosen is None:
        return None
    give(session, hand_off, chosen, at=at)
    if before is not None:
        count_back(session, before)
    return chosen


def may_go_to_another(session: Session, hand_off: HandOff, *, at: datetime) -> bool:
    """Return whether `give_to_another` would find somebody now; nothing is written."""
    agreement = agreement_of(session, hand_off.agreement_id)
    if agreement.routing is None:
        return any(rep.id != hand_off.ae_id for rep in _willing(session, hand_off))
    found = look(session, hand_off.lead_id, agreement, at=at, hand_off_id=hand_off.id).routed
    return found.ae is not None


def would_get(
    session: Session, hand_off: HandOff, *, at: datetime, only: Collection[int]
) -> int | None:
    """Return which of these AEs `assign_ae` would choose now; nothing is written.

    An account's owner is not passed over because somebody else is free: then it is None.
    """
    if hand_off.ae_id is not None:
        return hand_off.ae_id if hand_off.ae_id in only else None
    agreement = agreement_of(session, hand_off.agreement_id)
    if agreement.routing is None:
        return _would_rotate(session, hand_off, only)
    lead_id, key = hand_off.lead_id, hand_off.id
    anybody = look(session, lead_id, agreement, at=at, hand_off_id=key).routed
    free = look(session, lead_id, agreement, at=at, hand_off_id=key, only=only).routed
    if anybody.rule is Rule.OWNER and anybody.ae != free.ae:
        return None
    return session.scalar(select(Rep.id).where(Rep.email == free.ae)) if free.ae else None


def _would_rotate(session: Session, hand_off: HandOff, only: Collection[int]) -> int | None:
    owner = owner_for_lead(session, hand_off.lead_id)
    if owner is not None:
        return owner.rep_id if owner.rep_id in only else None
    free = _active(session, only)
    return _choose(session, hand_off, free, _given(session, free))[0].id if free else None


def _by_agreement(
    session: Session,
    hand_off: HandOff,
    *,
    at: datetime,
    is_again: bool = False,
    only: Collection[int] | None = None,
) -> int | None:
    agreement = agreement_of(session, hand_off.agreement_id)
    turn = look(session, hand_off.lead_id, agreement, at=at, hand_off_id=hand_off.id, only=only)
    routed = turn.routed
    chosen = routed.shares.chosen
    if is_again and chosen is None:
        return None
    facts = stored_facts(turn.lead, turn.candidates, turn.owner)
    reasons = reasons_of(routed, turn.names, turn.owns)
    _record(session, hand_off, at, (facts, stored_result(routed), reasons))
    if chosen is None:
        return None
    weights = {number: routed.shares.weights[number] for number in routed.joined}
    keep_sharing(session, joined=routed.joined, weights=weights, left=routed.left)
    return chosen.id


def _active(session: Session, only: Collection[int] | None = None) -> list[Rep]:
    active = select(Rep).where(Rep.role == Role.AE, Rep.is_active).order_by(Rep.id)
    return [rep for rep in session.scalars(active) if only is None or rep.id in only]


def _willing(session: Session, hand_off: HandOff) -> list[Rep]:
    unwilling = set(
        session.scalars(
            select(Meeting.ae_id)
            .join(AttendanceRow, AttendanceRow.meeting_id == Meeting.id)
            .where(
                Meeting.hand_off_id == hand_off.id,
                AttendanceRow.side == "ae",
                AttendanceRow.reply == Attendance.DECLINED,
            )
        )
    )
    unwilling |= replaced_aes(session, hand_off.id)
    return [rep for rep in _active(session) if rep.id not in unwilling]


def _by_rotation(
    session: Session, hand_off: HandOff, candidates: list[Rep], *, at: datetime
) -> int | None:
    if not candidates:
        return None
    given = _given(session, candidates)
    chosen, why = _choose(session, hand_off, candidates, given)
    facts = {"given": {rep.email: given[rep.id] for rep in candidates}}
    _record(session, hand_off, at, (facts, {"ae": chosen.email}, [why]))
    return chosen.id


def _given(session: Session, candidates: Sequence[Rep]) -> dict[int, int]:
    return meetings_by_rep(session, [rep.id for rep in candidates])


def _choose(
    session: Session, hand_off: HandOff, candidates: list[Rep], given: dict[int, int]
) -> tuple[Rep, str]:
    owner = owner_for_lead(session, hand_off.lead_id)
    for rep in candidates:
        if owner is not None and rep.id == owner.rep_id:
            return rep, f"{rep.name} owns {owner.owns}"
    chosen = min(candidates, key=lambda rep: (given[rep.id], rep.id))
    return chosen, f"{chosen.name} was given the fewest hand-offs so far ({given[chosen.id]})"


def _record(
    session: Session,
    hand_off: HandOff,
    at: datetime,
    said: tuple[Mapping[str, Any], Mapping[str, Any], Sequence[str]],
    kind: str = "route",
) -> None:
    facts, result, reasons = said
    record_decision(
        session,
        hand_off,
        kind,
        at=at,
        facts=facts,
        result=result,
        reasons=reasons,
    )
