"""Plain words for what the statement found; no rule is decided here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from baton.rulebook.agreement import Agreement, WarmthRule

_SPOKEN = (
    (re.compile(r"touches\('(\w+)', (\d+)\)"), "{0} in {1} days"),
    (re.compile(r"days_since\('(\w+)'\)"), "days since {0}"),
    (re.compile(r"answered\('([\w-]+)'\)"), "the SDR's answer"),
)


def shown(value: Any) -> str:
    """Return a fact's value in words."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def shown_at(value: str) -> str:
    """Return an ISO instant as people read it, to the minute, in UTC."""
    return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M} UTC"


def fact_words(key: str) -> str:
    """Return a fact's name as people say it: `touches('webinar', 60)` is webinar in 60 days."""
    for pattern, words in _SPOKEN:
        found = pattern.fullmatch(key)
        if found:
            return words.format(*(part.replace("_", " ") for part in found.groups()))
    return key.replace("_", " ")


def evidence_words(evidence: Mapping[str, Any]) -> str:
    """Return the facts seen as `employees: 120, country: DE`."""
    return ", ".join(f"{fact_words(name)}: {shown(value)}" for name, value in evidence.items())


def fit_reason(verdict: bool | None, evidence: Mapping[str, Any]) -> str:
    """Return why a fit rule gave its points, or none."""
    lead_in = {True: "", False: "no: ", None: "not known: "}[verdict]
    return lead_in + evidence_words(evidence)


def warmth_reason(rule: WarmthRule, count: int, last: str) -> str:
    """Return how many touches of a kind there were, and when the last."""
    times = "once" if count == 1 else f"{count} times, last"
    return f"{times} on {shown_at(last)} (halved every {rule.half_life_days:g} days)"


def why_now(agreement: Agreement, facts: Mapping[str, Any], total_points: float) -> str:
    """Return which of the lead's acts made it warm last; empty if it never did anything."""
    last = [
        (facts[f"last('{rule.touch}')"], rule)
        for rule in agreement.scoring.warmth
        if rule.points > 0 and facts.get(f"last('{rule.touch}')")
    ]
    if not last:
        return ""
    at, rule = max(last, key=lambda pair: (datetime.fromisoformat(pair[0]), pair[1].points))
    limit = agreement.scoring.hand_off_at
    reached = "at or above" if total_points >= limit else "below"
    return (
        f"{rule.name} on {shown_at(at)}; the total is {total_points:g} points, "
        f"{reached} the {limit:g} agreed for a hand-off"
    )
