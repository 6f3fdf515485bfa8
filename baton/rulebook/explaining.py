"""Tells a salesperson in plain words why a lead was judged as it was, and replays the judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.verdict import Qualification, Verdict
from baton.errors import InputError
from baton.rulebook.active import agreement_of
from baton.rulebook.evaluator import evaluate_kept
from baton.rulebook.wording import evidence_words
from baton.store.decisions import QUALIFICATION, StoredDecision, decision, result_of

_OUTCOMES = {
    Qualification.QUALIFIED: "Sales-qualified",
    Qualification.NEEDS_ANSWERS: "Not yet: questions are open",
    Qualification.NOT_QUALIFIED: "Not sales-qualified",
}
_MARKS = {Verdict.MET: "met", Verdict.UNMET: "not met", Verdict.UNKNOWN: "not known"}


@dataclass(frozen=True, slots=True)
class Replay:
    """A stored decision beside what its agreement says today of the facts it saw (I8).

    Attributes:
        decision_id: The decision.
        is_equal: True when both are the same in every part.
        stored: The result as it was stored.
        replayed: The result as it comes out now.
    """

    decision_id: int
    is_equal: bool
    stored: dict[str, Any]
    replayed: dict[str, Any]


def explain_lines(stored: StoredDecision) -> list[str]:
    """Return a qualification in plain words, a sentence a line; two spaces indent a detail.

    Args:
        stored: A decision of kind `qualification`; of another kind, its reasons are returned.
    """
    if stored.kind != QUALIFICATION:
        return [str(reason) for reason in stored.reasons]
    result = stored.result
    outcome = _OUTCOMES[Qualification(result["qualification"])]
    lines = [
        (
            f"{outcome}, as of {stored.as_of:%Y-%m-%d %H:%M} UTC, under the agreement "
            f'"{stored.agreement_title}" (version {stored.agreement_id}).'
        ),
        (
            f"{result['total_points']:g} points: {result['fit_points']:g} for fit, "
            f"{result['warmth_points']:g} for warmth{'; hot' if result['is_hot'] else ''}."
        ),
    ]
    if result["why_now"]:
        lines.append(f"Why now: {result['why_now']}.")
    lines.append("Criteria:")
    lines += [line for criterion in result["criteria"] for line in _criterion(criterion)]
    lines += [_group(group) for group in result.get("groups", ())]
    lines.append("Points:")
    lines += [
        f"  {points['points']:+g} {points['name']}: {points['reason']}"
        for points in result["points"]
        if points["points"]
    ]
    return lines


def _criterion(criterion: Mapping[str, Any]) -> list[str]:
    verdict = Verdict(criterion["verdict"])
    evidence = evidence_words(criterion["evidence"])
    lines = [f"  {_MARKS[verdict]}: {criterion['name']} ({evidence})"]
    if verdict is Verdict.UNKNOWN:
        lines.append(f"    ask: {criterion['ask']}")
    return lines


def _group(group: Mapping[str, Any]) -> str:
    counted = f"{group['met']} of {len(group['of'])} met, {group['at_least']} needed"
    return f"  {_MARKS[Verdict(group['verdict'])]}: {group['name']} ({counted})"


def replay(session: Session, decision_id: int) -> Replay:
    """Judge again what a qualification judged, by its version, from the facts that it kept.

    Raises:
        NotFoundError: There is no such decision.
        InputError: It is not a qualification.
    """
    stored = decision(session, decision_id)
    if stored.kind != QUALIFICATION:
        raise InputError(
            f"decision {decision_id} is of kind '{stored.kind}'; only a qualification is replayed"
        )
    again = evaluate_kept(
        session,
        stored.agreement_id,
        agreement_of(session, stored.agreement_id),
        lead_id=stored.lead_id,
        facts=stored.facts,
        as_of=stored.as_of,
    )
    replayed = result_of(again)
    is_equal = replayed == stored.result and again.facts == stored.facts
    return Replay(decision_id, is_equal, stored.result, replayed)
