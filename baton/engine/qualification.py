"""Judging one lead of a hand-off: a batch of one, by the same statement as the nightly million."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation
from baton.rulebook.active import agreement_of
from baton.rulebook.evaluator import judge_lead
from baton.store.tables import HandOff


def judge(session: Session, hand_off: HandOff, *, at: datetime) -> Evaluation:
    """Evaluate the hand-off's lead under the version it began with, and store the decision (I8)."""
    return judge_lead(
        session,
        hand_off.agreement_id,
        agreement_of(session, hand_off.agreement_id),
        lead_id=hand_off.lead_id,
        hand_off_id=hand_off.id,
        at=at,
    )
