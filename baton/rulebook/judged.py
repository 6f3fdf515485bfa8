"""What was decided about a lead, read back as it was explained (I8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.reasons import reasons_of
from baton.errors import NotFoundError
from baton.rulebook.active import agreement_of
from baton.rulebook.reading import evaluation_kept
from baton.rulebook.rules import compile_rules
from baton.store.decisions import QUALIFICATION, StoredDecision, result_of
from baton.store.judgements import KeptJudgement, judgement, judgements_of, latest_judgement


def latest_qualification(
    session: Session, lead_id: int, *, until: datetime | None = None
) -> StoredDecision | None:
    """Return the newest qualification of a lead, decided at `until` (aware UTC) at the latest."""
    kept = latest_judgement(session, lead_id, until=until)
    return None if kept is None else qualification_of(session, kept)


def qualification(session: Session, lead_id: int, number: int) -> StoredDecision:
    """Return one qualification of a lead by its number.

    Raises:
        NotFoundError: The lead has none of this number.
    """
    kept = judgement(session, lead_id, number)
    if kept is None:
        raise NotFoundError(
            f"lead {lead_id} has no qualification {number}; 'baton explain' lists its decisions"
        )
    return qualification_of(session, kept)


def qualifications_of(session: Session, lead_id: int) -> Sequence[StoredDecision]:
    """Return every qualification of a lead, the oldest first."""
    return [qualification_of(session, kept) for kept in judgements_of(session, lead_id)]


def qualification_of(session: Session, kept: KeptJudgement) -> StoredDecision:
    """Return a judgement as a decision with its result and reasons in words."""
    rules = compile_rules(agreement_of(session, kept.agreement_id))
    evaluation = evaluation_kept(rules, kept)
    return StoredDecision(
        id=kept.judging_id,
        lead_id=kept.lead_id,
        hand_off_id=kept.hand_off_id,
        agreement_id=kept.agreement_id,
        agreement_title=kept.agreement_title,
        kind=QUALIFICATION,
        at=kept.at,
        as_of=kept.as_of,
        facts=evaluation.facts,
        result=result_of(evaluation),
        reasons=reasons_of(evaluation),
    )
