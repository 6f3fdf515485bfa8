"""Leads that do not count against an AE's share, as the agreement has it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from baton.domain.meeting import OutcomeKind
from baton.engine.stage import Work
from baton.store.routing import give_credit
from baton.store.tables import HandOff


def credit_outcome(work: Work, session: Session, hand_off: HandOff, kind: OutcomeKind) -> None:
    """Give the AE a credit for a lead that goes back after this outcome, where that is agreed."""
    routing = work.agreement(session, hand_off).routing
    if routing is None:
        return
    agreed = {
        OutcomeKind.NO_SHOW: routing.credits.no_show,
        OutcomeKind.NOT_MET: routing.credits.not_met,
    }
    if agreed.get(kind, False):
        give_credit(session, hand_off, reason=kind.value, at=work.now())
