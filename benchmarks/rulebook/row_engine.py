"""The same agreement in a rule engine that judges one row at a time: ZEN, from the registry.

`row_engine.json` is the decision graph that somebody would write for it: every rule's points, every
criterion's verdict, and the table that decides. It gets its facts ready, counted and decayed; only
the judging is timed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import zen

from baton.domain.verdict import Evaluation, Verdict
from baton.errors import PermanentError

GRAPH = Path(__file__).with_name("row_engine.json")
SCORES = ("fit_points", "warmth_points", "total_points", "is_hot", "is_marketing_qualified")
# The reasons tell of these; no rule reads them.
_TOLD_ONLY = ("count(", "last(")
_VERDICTS = {True: Verdict.MET, False: Verdict.UNMET, None: Verdict.UNKNOWN}


def leads_per_second(evaluations: Sequence[Evaluation]) -> float:
    """Return how many leads a second the row engine judges.

    Args:
        evaluations: What Baton says of these leads; the engine judges the facts in them.

    Raises:
        PermanentError: The engine says otherwise of a lead; the message names it.
    """
    decision = zen.ZenEngine().create_decision(GRAPH.read_text(encoding="utf-8"))
    rows = [facts_of(evaluation) for evaluation in evaluations]
    start = time.perf_counter()
    results = [decision.evaluate(row)["result"] for row in rows]
    seconds = time.perf_counter() - start
    for evaluation, result in zip(evaluations, results, strict=True):
        _refuse_difference(evaluation, result)
    return len(rows) / seconds


def facts_of(evaluation: Evaluation) -> dict[str, Any]:
    """Return the facts that rules read, by names that the engine can use: touches_webinar_60."""
    return {
        _plain(key): value
        for key, value in evaluation.facts.items()
        if not key.startswith(_TOLD_ONLY)
    }


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_")


def _refuse_difference(evaluation: Evaluation, result: dict[str, Any]) -> None:
    """Compare the decision, every score, every rule's points and every verdict."""
    said: dict[str, tuple[Any, Any]] = {
        "qualification": (result["qualification"], evaluation.qualification.value)
    }
    for name in SCORES:
        said[name] = (result[name], getattr(evaluation, name))
    for given in evaluation.points:
        rule = _plain(given.id)
        points = result[f"warmth_{rule}" if f"warmth_{rule}" in result else f"fit_{rule}"]
        said[f"the points for {given.name}"] = (points, given.points)
    for criterion in evaluation.criteria:
        verdict = _VERDICTS[result.get(f"met_{_plain(criterion.id)}")]
        said[criterion.name] = (verdict, criterion.verdict)
    for name, (theirs, ours) in said.items():
        if theirs != ours:
            raise PermanentError(
                f"lead {evaluation.lead_id}: the row engine says {theirs} of '{name}' where "
                f"Baton says {ours}; mend {GRAPH.name}, or the rulebook"
            )
