"""Judging one lead of a hand-off: a batch of one, by the same statement as the nightly million."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation, Qualification, Verdict
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement
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


def why_not(agreement: Agreement, judged: Evaluation) -> str:
    """Return in words what kept a lead from being qualified; an optional criterion never does.

    Args:
        agreement: What it was judged by.
        judged: An evaluation that did not come out as qualified.
    """
    unmet = _decisive(agreement, judged, Verdict.UNMET)
    if unmet:
        return f"not met: {'; '.join(unmet)}"
    if judged.qualification is Qualification.NOT_QUALIFIED:
        return f"score {judged.total_points:g} is below the agreed one"
    return f"still unknown: {'; '.join(_decisive(agreement, judged, Verdict.UNKNOWN))}"


def _decisive(agreement: Agreement, judged: Evaluation, verdict: Verdict) -> list[str]:
    required = {criterion.id for criterion in agreement.sales_qualified if criterion.required}
    return [c.name for c in judged.criteria if c.verdict is verdict and c.id in required] + [
        group.name for group in judged.groups if group.verdict is verdict
    ]
