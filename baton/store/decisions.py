"""Decisions: inserted with the version, the facts and the reasons, and never changed (I8)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, Select, insert, select
from sqlalchemy.orm import Session

from baton.domain.reasons import reasons_of
from baton.domain.verdict import Evaluation
from baton.errors import NotFoundError
from baton.store.tables import AgreementVersion, Decision

QUALIFICATION = "qualification"
ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as it was made; instants are aware UTC.

    Attributes:
        id: Its number; a later decision has a higher one.
        lead_id: Whom it is about.
        hand_off_id: The hand-off it belongs to; None for one made by the nightly batch.
        agreement_id: The version that decided.
        agreement_title: That version's title.
        kind: qualification, approval, technique, route, slot or due.
        at: When it was made.
        as_of: The instant whose facts it saw.
        facts: The facts it saw, by name.
        result: What was decided; for a qualification what `result_of` returns.
        reasons: Plain sentences.
    """

    id: int
    lead_id: int
    hand_off_id: uuid.UUID | None
    agreement_id: int
    agreement_title: str
    kind: str
    at: datetime
    as_of: datetime
    facts: dict[str, Any]
    result: dict[str, Any]
    reasons: list[Any]


def result_of(evaluation: Evaluation) -> dict[str, Any]:
    """Return the result of an evaluation as it is stored."""
    # Left out where the agreement has none, as in the decisions of before there were any (I8).
    groups = [
        {**asdict(group), "verdict": group.verdict.value, "of": list(group.of)}
        for group in evaluation.groups
    ]
    return {
        "qualification": evaluation.qualification.value,
        "fit_points": evaluation.fit_points,
        "warmth_points": evaluation.warmth_points,
        "total_points": evaluation.total_points,
        "is_hot": evaluation.is_hot,
        "is_marketing_qualified": evaluation.is_marketing_qualified,
        "criteria": [
            {**asdict(criterion), "verdict": criterion.verdict.value}
            for criterion in evaluation.criteria
        ],
        "points": [asdict(points) for points in evaluation.points],
        "why_now": evaluation.why_now,
        **({"groups": groups} if groups else {}),
    }


def record_qualifications(
    session: Session,
    evaluations: Iterable[Evaluation],
    *,
    hand_off_id: uuid.UUID | None,
    at: datetime,
) -> int:
    """Keep what the agreement said of each lead; return of how many.

    Args:
        session: The transaction.
        evaluations: Taken as they come, in bounded memory.
        hand_off_id: The hand-off they are for; None outside one.
        at: Now (aware UTC).
    """
    recorded = 0
    stream = iter(evaluations)
    while chunk := list(islice(stream, ROWS_AT_ONCE)):
        session.execute(
            insert(Decision),
            [
                {
                    "lead_id": evaluation.lead_id,
                    "hand_off_id": hand_off_id,
                    "agreement_id": evaluation.agreement_id,
                    "kind": QUALIFICATION,
                    "at": at,
                    "as_of": evaluation.as_of,
                    "facts": evaluation.facts,
                    "result": result_of(evaluation),
                    "reasons": reasons_of(evaluation),
                }
                for evaluation in chunk
            ],
        )
        recorded += len(chunk)
    return recorded


def record_decision(
    session: Session,
    *,
    lead_id: int,
    hand_off_id: uuid.UUID | None,
    agreement_id: int,
    kind: str,
    at: datetime,
    as_of: datetime,
    facts: Mapping[str, Any],
    result: Mapping[str, Any],
    reasons: Sequence[str],
) -> int:
    """Keep one decision of any kind; return its id."""
    decision = Decision(
        lead_id=lead_id,
        hand_off_id=hand_off_id,
        agreement_id=agreement_id,
        kind=kind,
        at=at,
        as_of=as_of,
        facts=dict(facts),
        result=dict(result),
        reasons=list(reasons),
    )
    session.add(decision)
    session.flush()
    return decision.id


def latest_decision(session: Session, lead_id: int, kind: str) -> StoredDecision | None:
    """Return the newest decision of a kind about a lead."""
    query = _query().where(Decision.lead_id == lead_id, Decision.kind == kind)
    row = session.execute(query.order_by(Decision.id.desc()).limit(1)).first()
    return None if row is None else _stored(row)


def decisions_of(session: Session, lead_id: int) -> list[StoredDecision]:
    """Return every decision about a lead, the oldest first."""
    query = _query().where(Decision.lead_id == lead_id).order_by(Decision.id)
    return [_stored(row) for row in session.execute(query)]


def decision(session: Session, decision_id: int) -> StoredDecision:
    """Return a decision.

    Raises:
        NotFoundError: There is no such decision.
    """
    row = session.execute(_query().where(Decision.id == decision_id)).first()
    if row is None:
        raise NotFoundError(f"there is no decision {decision_id}; 'baton explain' shows them")
    return _stored(row)


def _query() -> Select[Decision, str]:
    return select(Decision, AgreementVersion.title).join(
        AgreementVersion, AgreementVersion.id == Decision.agreement_id
    )


def _stored(found: Row[Decision, str]) -> StoredDecision:
    row, title = found
    return StoredDecision(
        id=row.id,
        lead_id=row.lead_id,
        hand_off_id=row.hand_off_id,
        agreement_id=row.agreement_id,
        agreement_title=title,
        kind=row.kind,
        at=row.at,
        as_of=row.as_of,
        facts=row.facts,
        result=row.result,
        reasons=row.reasons,
    )
