"""Decisions: inserted with the version, the facts and the reasons, and never changed (I8).

Qualifications are many and alike, so they are kept apart, as judgements.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation
from baton.store.tables import HandOff

QUALIFICATION = "qualification"
# What a routing saw of hundreds of AEs is written faster as text than as an object of the session.
_KEEP = text("""
insert into decision (
    lead_id, hand_off_id, agreement_id, kind, at, as_of, facts, result, reasons)
values (:lead_id, :hand_off_id, :agreement_id, :kind, :at, :as_of, cast(:facts as jsonb),
    cast(:result as jsonb), cast(:reasons as jsonb))
returning id
""")


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


def record_decision(
    session: Session,
    hand_off: HandOff,
    kind: str,
    *,
    at: datetime,
    facts: Mapping[str, Any],
    result: Mapping[str, Any],
    reasons: Sequence[str],
    as_of: datetime | None = None,
) -> int:
    """Keep one decision of a hand-off; return its number.

    Args:
        session: The transaction.
        hand_off: Whose; its agreement decided.
        kind: `route`, `technique`, `due` ...
        at: Aware UTC instant of the decision.
        facts: What it went by.
        result: What was decided.
        reasons: Why, for people.
        as_of: The instant that the facts speak of; that of the decision where it is None.
    """
    number: int = session.execute(
        _KEEP,
        {
            "lead_id": hand_off.lead_id,
            "hand_off_id": hand_off.id,
            "agreement_id": hand_off.agreement_id,
            "kind": kind,
            "at": at,
            "as_of": as_of or at,
            "facts": orjson.dumps(dict(facts)).decode(),
            "result": orjson.dumps(dict(result)).decode(),
            "reasons": orjson.dumps(list(reasons)).decode(),
        },
    ).scalar_one()
    return number
