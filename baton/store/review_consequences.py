"""What follows from a finding of the committee, in the transaction that makes it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from baton.domain.lead import Place
from baton.domain.oversight import Consequence, Miss
from baton.store.leads import lead_for_update, wait_again
from baton.store.opt_outs import has_opted_out
from baton.store.routing import give_credit, has_credit, withdraw_credit
from baton.store.tables import AgreementVersion, HandOff, Lead

BY = "committee"
REASON = "the committee found that it fitted"


def follow(
    session: Session, hand_off: HandOff, miss: Miss, *, at: datetime
) -> tuple[Consequence, ...]:
    """Let the finding have its consequences; return them.

    Sales' miss: the AE's credit for the rejection is taken back, and the lead waits for
    qualification again. Marketing's: the AE has a credit, where that is agreed.

    Args:
        session: Its transaction; called once a case.
        hand_off: The hand-off that was rejected.
        miss: Whose miss it was.
        at: Now (aware UTC).
    """
    match miss:
        case Miss.SALES:
            # The share before the lead, as where a lead is returned: two that meet take turns.
            credit = _take_back(session, hand_off, at=at)
            return _re_enter(session, hand_off, at=at), credit
        case Miss.MARKETING:
            return (_credit(session, hand_off, at=at),)
        case Miss.DEFINITION:
            return (Consequence.PROPOSAL,)
        case Miss.NOBODY:
            return ()


def _re_enter(session: Session, hand_off: HandOff, *, at: datetime) -> Consequence:
    """Bring the lead from nurture back to waiting, unless it opted out or has gone on (I4, I5).

    If it was merged into another since, that one is the person.
    """
    whose = select(func.coalesce(Lead.duplicate_of, Lead.id)).where(Lead.id == hand_off.lead_id)
    lead = lead_for_update(session, session.scalars(whose).one())
    if has_opted_out(session, lead.id):
        return Consequence.LEAD_OPTED_OUT
    later = exists().where(HandOff.lead_id == lead.id, HandOff.opened_at > hand_off.opened_at)
    if lead.place != Place.NURTURE or session.scalar(select(later)):
        return Consequence.LEAD_WENT_ON
    wait_again(session, lead, reason=REASON, by=BY, at=at, hand_off_id=hand_off.id)
    return Consequence.LEAD_WAITS


def _take_back(session: Session, hand_off: HandOff, *, at: datetime) -> Consequence:
    is_withdrawn = withdraw_credit(session, hand_off, at=at)
    return Consequence.CREDIT_WITHDRAWN if is_withdrawn else Consequence.NO_CREDIT


def _credit(session: Session, hand_off: HandOff, *, at: datetime) -> Consequence:
    """Give the AE another lead for one that should not have come, where that is agreed."""
    if has_credit(session, hand_off.id):
        return Consequence.CREDIT_STANDS
    content = session.get_one(AgreementVersion, hand_off.agreement_id).content
    routing = content.get("routing")
    is_agreed = routing is not None and routing.get("credits", {}).get("review", True)
    if is_agreed and give_credit(session, hand_off, reason="review", at=at):
        return Consequence.CREDIT_GIVEN
    return Consequence.NO_CREDIT
