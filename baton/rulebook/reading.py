"""A row of the statement, or of what was stored, as an evaluation; nothing is worked out here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from baton.domain.verdict import (
    CriterionVerdict,
    Evaluation,
    GroupVerdict,
    Points,
    Qualification,
    Verdict,
)
from baton.rulebook.agreement import Agreement
from baton.rulebook.columns import DID, left_key
from baton.rulebook.predicates import Predicate
from baton.rulebook.rules import Rules
from baton.rulebook.wording import fit_reason, warmth_reason, why_now
from baton.store.judgements import KeptJudgement, facts_by_name

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
VERDICTS = {True: Verdict.MET, False: Verdict.UNMET, None: Verdict.UNKNOWN}


def evaluation_of(
    rules: Rules, row: Mapping[str, Any], *, agreement_id: int, as_of: datetime
) -> Evaluation:
    """Return a row of the statement, `RESULT` by name, as an evaluation."""
    return _evaluation(rules, row, facts_by_name(rules.facts, row), (agreement_id, as_of))


def evaluation_kept(rules: Rules, kept: KeptJudgement) -> Evaluation:
    """Return a stored judgement as the evaluation that it was.

    Args:
        rules: Compiled from the version that decided.
        kept: The judgement; a fact that this release does not read any more is left out.
    """
    return _evaluation(rules, asdict(kept), kept.facts(), (kept.agreement_id, kept.as_of))


def _evaluation(
    rules: Rules,
    row: Mapping[str, Any],
    known: Mapping[str, Any],
    source: tuple[int, datetime],
) -> Evaluation:
    agreement, fit = rules.agreement, len(rules.fit)
    verdicts = row["verdicts"]
    criteria = [VERDICTS[said] for said in verdicts[fit : fit + len(rules.criteria)]]
    groups = [VERDICTS[said] for said in verdicts[fit + len(rules.criteria) :]]
    facts = _facts(rules, known) | _did(rules, row)
    fit_tenths, warmth_tenths = row["fit_tenths"], row["warmth_tenths"]
    scores = {
        name: plain(Decimal(tenths) / 10)
        for name, tenths in (
            ("fit_points", fit_tenths),
            ("warmth_points", warmth_tenths),
            ("total_points", fit_tenths + warmth_tenths),
        )
    }
    return Evaluation(
        lead_id=row["lead_id"],
        agreement_id=source[0],
        as_of=source[1],
        fit_points=float(scores["fit_points"]),
        warmth_points=float(scores["warmth_points"]),
        total_points=float(scores["total_points"]),
        is_hot=row["is_hot"],
        is_marketing_qualified=row["is_marketing_qualified"],
        qualification=Qualification(row["qualification"]),
        criteria=_criteria(rules, criteria, facts | scores),
        points=(
            *_fit_points(rules, verdicts[:fit], facts),
            *_warmth_points(rules, row, facts),
        ),
        why_now=why_now(agreement, facts, float(scores["total_points"])),
        facts=facts,
        groups=_groups(agreement, groups, criteria),
    )


def _facts(rules: Rules, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts that were seen; of those that nobody asks for, only what is known."""
    seen = {}
    for column in rules.columns:
        value = plain(known.get(column.key))
        if column.is_number_of:
            value = value or 0
        if value is not None or not column.is_answer:
            seen[column.key] = value
    return seen


def _did(rules: Rules, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the lead did as facts: how many touches, when the last, what is left of them."""
    found: dict[str, Any] = {}
    for place, times, last_us, millionths, _ in sorted(row[DID]):
        rule = rules.agreement.scoring.warmth[place - 1]
        found[f"count('{rule.touch}')"] = times
        found[f"last('{rule.touch}')"] = (_1970 + timedelta(microseconds=last_us)).isoformat()
        found[left_key(rule)] = millionths / 1_000_000
    return found


def _criteria(
    rules: Rules, verdicts: Sequence[Verdict], known: Mapping[str, Any]
) -> tuple[CriterionVerdict, ...]:
    return tuple(
        CriterionVerdict(
            id=criterion.id,
            name=criterion.name,
            verdict=verdict,
            ask=criterion.ask,
            evidence=_evidence(predicate, known)
            | {k: known[k] for k in (f"answered('{criterion.id}')",) if k in known},
        )
        for criterion, predicate, verdict in zip(
            rules.agreement.sales_qualified, rules.criteria, verdicts, strict=True
        )
    )


def _groups(
    agreement: Agreement, groups: Sequence[Verdict], verdicts: Sequence[Verdict]
) -> tuple[GroupVerdict, ...]:
    met = {
        criterion.id
        for criterion, verdict in zip(agreement.sales_qualified, verdicts, strict=True)
        if verdict is Verdict.MET
    }
    return tuple(
        GroupVerdict(
            id=group.id,
            name=group.name,
            verdict=verdict,
            at_least=group.at_least,
            met=len(met.intersection(group.of)),
            of=group.of,
        )
        for group, verdict in zip(agreement.sales_qualified_groups, groups, strict=True)
    )


def _fit_points(
    rules: Rules, verdicts: Sequence[bool | None], seen: Mapping[str, Any]
) -> list[Points]:
    return [
        Points(
            rule.id,
            rule.name,
            rule.points if verdict else 0,
            fit_reason(verdict, _evidence(predicate, seen)),
        )
        for rule, predicate, verdict in zip(
            rules.agreement.scoring.fit, rules.fit, verdicts, strict=True
        )
    ]


def _warmth_points(rules: Rules, row: Mapping[str, Any], seen: Mapping[str, Any]) -> list[Points]:
    found = []
    for place, *_, tenths in sorted(row[DID]):
        rule = rules.agreement.scoring.warmth[place - 1]
        counted, last = seen[f"count('{rule.touch}')"], seen[f"last('{rule.touch}')"]
        reason = warmth_reason(rule, counted, last)
        found.append(Points(rule.touch, rule.name, tenths / 10, reason))
    return found


def _evidence(predicate: Predicate, known: Mapping[str, Any]) -> dict[str, Any]:
    names = (*(column.key for column in predicate.reads), *predicate.scores)
    return {name: known[name] for name in names if name in known}


def plain(value: Any) -> Any:
    """Return a value as JSON has it, without loss: the statement's numbers have 15 digits."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
