"""A small agreement for tests, as a file's text and as a version that may decide."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.verdict import Evaluation
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Agreement
from baton.rulebook.evaluator import evaluate, judge_lead
from baton.rulebook.kept import kept_statement
from baton.rulebook.loading import agreement_from_content, hash_of
from baton.rulebook.reading import evaluation_of
from baton.rulebook.rules import compile_rules
from baton.store.agreements import store_version
from baton.store.judgements import judgement, latest_judgement
from baton.testing.agreeing import agreed

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

TEXT = """\
title: How we hand over
definition: A lead that fits and is warm.
facts:
  - name: fleet_size
    type: number
    meaning: How many cars they run.
    column: Fleet size
scoring:
  fit:
    - id: size
      name: A company of our size
      points: 20
      when: employees between 50 and 5000
    - id: student
      name: A student
      points: -15
      when: seniority = 'student'
  warmth:
    - {touch: webinar, name: Attended a webinar, points: 10, cap: 25, half_life_days: 10}
    - {touch: unsubscribed, name: Unsubscribed, points: -10, cap: -15, half_life_days: 100}
  fit_floor: 10
  warmth_floor: 5
  hand_off_at: 30
  hot_at: 40
marketing_qualified:
  met_when: fit_points >= 10 and warmth_points >= 5
sales_qualified:
  - id: fits
    name: The company fits
    met_when: employees between 50 and 5000
    ask: How many people work there?
  - id: decides
    name: The person decides
    met_when: is_decision_maker or seniority in ('c_level', 'vp')
    ask: Who decides?
  - id: soon
    name: Starts soon
    required: false
    met_when: starts_within_months <= 6
    ask: When do they start?
approval: {when: never}
promises:
  answers: {within_minutes: 60, on_expiry: give_up}
  approval: {within_minutes: 60, on_expiry: escalate}
  contact: {within_minutes: 60, on_expiry: give_up}
  acceptance: {within_minutes: 60, on_expiry: give_up}
  outcome: {within_minutes: 60, remind_after_minutes: [20, 40], on_expiry: escalate}
  step: {within_minutes: 15, on_expiry: escalate}
techniques:
  appointment: {location: Video call}
nurture: {not_qualified_days: 90, returned_days: 60, no_show_days: 14}
follow_up: {minimum_attempts: 5, over_days: 14}
oversight: {sample_ratio: 0.5, sample_minimum: 2}
"""


def content() -> dict[str, Any]:
    """The agreement as data, free to change."""
    read: dict[str, Any] = copy.deepcopy(yaml.safe_load(TEXT))
    return read


def write(folder: Path, text: str) -> Path:
    path = folder / "agreement.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def stored(session: Session, data: dict[str, Any]) -> int:
    return store_version(
        session,
        title=data["title"],
        content=data,
        source="",
        content_hash=hash_of(data),
        at=NOW,
    )


def decides(session: Session, data: dict[str, Any] | None = None) -> tuple[int, Agreement]:
    """Store, sign and activate an agreement."""
    data = data or content()
    return agreed(session, data, at=NOW), agreement_from_content(data)


def judge(
    session: Session,
    lead_id: int,
    data: dict[str, Any] | None = None,
    *,
    as_of: datetime = NOW,
) -> Evaluation:
    """Evaluate one lead under an agreement that need not be stored."""
    agreement = agreement_from_content(data or content())
    (judged,) = evaluate(session, 1, agreement, lead_ids=[lead_id], as_of=as_of)
    return judged


def kept(
    session: Session, lead_id: int, data: dict[str, Any] | None = None, *, at: datetime = NOW
) -> int:
    """Judge one lead under an agreement that decides, and keep it; return the number."""
    agreement_id, agreement = decides(session, data)
    judge_lead(session, agreement_id, agreement, lead_id=lead_id, hand_off_id=None, at=at)
    latest = latest_judgement(session, lead_id)
    assert latest is not None
    return latest.judging_id


def judged_again(session: Session, lead_id: int, number: int, agreement: Agreement) -> Evaluation:
    """Evaluate what one judgement kept, and nothing else, under any agreement."""
    stored_then = judgement(session, lead_id, number)
    assert stored_then is not None
    sql = kept_statement(
        agreement,
        agreement_of(session, stored_then.agreement_id),
        dict(zip(stored_then.keys, stored_then.types, strict=True)),
        which="j.lead_id = :lead_id and j.judging_id = :number",
        also={},
    )
    row = session.execute(text(sql), {"lead_id": lead_id, "number": number}).mappings().one()
    rules = compile_rules(agreement)
    return evaluation_of(rules, dict(row), agreement_id=1, as_of=stored_then.as_of)
