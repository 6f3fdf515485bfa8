"""Tells a salesperson in plain words why a lead was judged as it was, and replays the judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.verdict import Qualification, Verdict
from baton.rulebook.active import agreement_of
from baton.rulebook.judged import qualification, qualifications_of
from baton.rulebook.kept import kept_statement
from baton.rulebook.reading import evaluation_of
from baton.rulebook.rules import compile_rules
from baton.rulebook.wording import evidence_words
from baton.store.decisions import QUALIFICATION, StoredDecision, result_of
from baton.store.histories import DecisionView, LeadStory, tell_lead
from baton.store.judgements import judgement

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


@dataclass(frozen=True, slots=True)
class ExplainedLead:
    """Why Baton decided as it did about a lead.

    Attributes:
        explanation: The newest qualification in plain words, a sentence a line; empty before it.
        story: The lead, every decision about it with reasons, its hand-offs and its history.
    """

    explanation: list[str]
    story: LeadStory


def explain_lead(session: Session, lead_id: int) -> ExplainedLead:
    """Return why the lead was judged as it was, and everything that was decided and happened.

    Raises:
        NotFoundError: No such lead.
    """
    story = tell_lead(session, lead_id)
    judged = qualifications_of(session, lead_id)
    decisions = [*story.decisions, *(_view(one) for one in judged)]
    return ExplainedLead(
        explain_lines(judged[-1]) if judged else [],
        replace(story, decisions=sorted(decisions, key=lambda one: one.id)),
    )


def _view(stored: StoredDecision) -> DecisionView:
    return DecisionView(
        id=stored.id,
        kind=stored.kind,
        agreement_id=stored.agreement_id,
        at=stored.at,
        as_of=stored.as_of,
        result=stored.result,
        reasons=stored.reasons,
        facts=stored.facts,
    )


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


def replay(session: Session, lead_id: int, number: int) -> Replay:
    """Judge again what a qualification judged, by its version, from the facts that it kept.

    Args:
        session: Only reads.
        lead_id: Whose qualification.
        number: Its number.

    Raises:
        NotFoundError: The lead has no such qualification.
    """
    stored = qualification(session, lead_id, number)
    kept = judgement(session, lead_id, number)
    assert kept is not None, "it was found a moment ago"
    agreement = agreement_of(session, stored.agreement_id)
    sql = kept_statement(
        agreement,
        agreement,
        dict(zip(kept.keys, kept.types, strict=True)),
        which="j.lead_id = :lead_id and j.judging_id = :number",
        also={},
    )
    row = session.execute(text(sql), {"lead_id": lead_id, "number": number}).mappings().one()
    again = evaluation_of(
        compile_rules(agreement), dict(row), agreement_id=stored.agreement_id, as_of=stored.as_of
    )
    replayed = result_of(again)
    is_equal = replayed == stored.result and again.facts == stored.facts
    return Replay(number, is_equal, stored.result, replayed)
