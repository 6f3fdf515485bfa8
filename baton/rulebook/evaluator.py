"""Judges leads: one for a hand-off, all for the nightly batch, by the same statement."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.verdict import (
    CriterionVerdict,
    Evaluation,
    GroupVerdict,
    Points,
    Qualification,
    Verdict,
)
from baton.rulebook.agreement import Agreement
from baton.rulebook.predicates import Predicate
from baton.rulebook.statement import HEAD, Rules, Statement, compile_agreement
from baton.rulebook.wording import fit_reason, warmth_reason, why_now

STREAM_ABOVE = 1000
ROWS_AT_ONCE = 1000

_VERDICTS = {True: Verdict.MET, False: Verdict.UNMET, None: Verdict.UNKNOWN}


def evaluate(
    session: Session,
    agreement_id: int,
    agreement: Agreement,
    *,
    lead_ids: Sequence[int] | None,
    as_of: datetime,
) -> Iterator[Evaluation]:
    """Yield what the agreement says of each lead, in no particular order.

    Rows stream from the server, so memory stays bounded whatever the number of leads; do not
    commit the session before the last one is taken.

    Args:
        session: Reads the leads as they are; touches after `as_of` are not seen.
        agreement_id: The version that `agreement` was read from.
        agreement: What is judged by.
        lead_ids: Which leads, whatever their place; None for all that wait for qualification.
        as_of: Aware UTC instant to which touches are counted and decayed.
    """
    statement = compile_agreement(agreement)
    options: dict[str, Any] = {}
    if lead_ids is None or len(lead_ids) > STREAM_ABOVE:
        options = {"stream_results": True, "yield_per": ROWS_AT_ONCE}
        # Every row will be fetched: plan for the whole, not for a fast first row.
        session.execute(text("set local cursor_tuple_fraction = 1"))
    rows = session.execute(
        text(statement.live),
        {"lead_ids": None if lead_ids is None else list(lead_ids), "as_of": as_of},
        execution_options=options,
    )
    for row in rows:
        yield _read(statement, agreement_id, as_of, row)


def evaluate_kept(
    session: Session,
    agreement_id: int,
    agreement: Agreement,
    *,
    lead_id: int,
    facts: Mapping[str, Any],
    as_of: datetime,
) -> Evaluation:
    """Return what the agreement says of the facts that a decision kept (I8).

    Args:
        session: Only computes; no table is read.
        agreement_id: The version that `agreement` was read from.
        agreement: What is judged by.
        lead_id: Whose facts they were.
        facts: `Evaluation.facts`, as it was stored.
        as_of: The instant of the stored decision (aware UTC).
    """
    statement = compile_agreement(agreement)
    parameters = {"lead_id": lead_id, "facts": json.dumps(dict(facts))}
    row = session.execute(text(statement.kept), parameters).one()
    return _read(statement, agreement_id, as_of, row)


def _read(
    statement: Statement, agreement_id: int, as_of: datetime, row: Sequence[Any]
) -> Evaluation:
    """Return one row of the result as an evaluation; nothing is worked out here."""
    rules = statement.rules
    head = dict(zip(HEAD, row, strict=False))
    cells = iter(row[len(HEAD) :])
    fit = [(next(cells), float(next(cells))) for _ in rules.fit]
    warmth = [float(next(cells)) for _ in rules.warmth]
    verdicts = [_VERDICTS[next(cells)] for _ in rules.criteria]
    seen = {c.key: _plain(next(cells)) for c in rules.columns}
    groups = [_VERDICTS[verdict] for verdict in cells]
    facts = {
        c.key: seen[c.key] for c in rules.columns if c.is_kept_unknown or seen[c.key] is not None
    }
    return Evaluation(
        lead_id=head["lead_id"],
        agreement_id=agreement_id,
        as_of=as_of,
        fit_points=float(head["fit_points"]),
        warmth_points=float(head["warmth_points"]),
        total_points=float(head["total_points"]),
        is_hot=head["is_hot"],
        is_marketing_qualified=head["is_marketing_qualified"],
        qualification=Qualification(head["qualification"]),
        criteria=_criteria(rules, verdicts, facts | _scores(head)),
        points=(*_fit_points(rules, fit, seen), *_warmth_points(rules, warmth, seen)),
        why_now=why_now(rules.agreement, seen, float(head["total_points"])),
        facts=facts,
        groups=_groups(rules.agreement, groups, verdicts),
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


def _scores(head: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(head[name]) for name in ("fit_points", "warmth_points", "total_points")}


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


def _evidence(predicate: Predicate, known: Mapping[str, Any]) -> dict[str, Any]:
    names = (*(column.key for column in predicate.reads), *predicate.scores)
    return {name: known[name] for name in names if name in known}


def _fit_points(
    rules: Rules, fit: Sequence[tuple[bool | None, float]], seen: Mapping[str, Any]
) -> list[Points]:
    return [
        Points(rule.id, rule.name, points, fit_reason(verdict, _evidence(predicate, seen)))
        for rule, predicate, (verdict, points) in zip(
            rules.agreement.scoring.fit, rules.fit, fit, strict=True
        )
    ]


def _warmth_points(rules: Rules, warmth: Sequence[float], seen: Mapping[str, Any]) -> list[Points]:
    return [
        Points(
            rule.touch,
            rule.name,
            points,
            warmth_reason(rule, seen[columns.count.key], seen[columns.last.key]),
        )
        for rule, columns, points in zip(
            rules.agreement.scoring.warmth, rules.warmth, warmth, strict=True
        )
        if seen[columns.count.key]
    ]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, without loss: the statement's numbers have 15 digits."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value
