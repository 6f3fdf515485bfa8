"""What the agreement's techniques promise, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from baton.domain.technique import NAMES, Technique
from baton.rulebook.periods import counted, duration
from baton.rulebook.technique_part import Techniques

Said = tuple[str, str, str]
"""A value, and the words before and after it."""


def technique_clauses(agreed: Techniques) -> Iterator[tuple[str, str, Mapping[str, Said]]]:
    """Yield key, name and clauses of each rule, and of each technique beside the appointment.

    One that no rule uses says nothing.
    """
    used = {rule.technique for rule in agreed.rules}
    for technique, clauses in _settings(agreed).items():
        if technique in used:
            yield technique.value, NAMES[technique], clauses
    for place, rule in enumerate(agreed.rules):
        clauses = {
            "technique": (NAMES[rule.technique], "", ""),
            "condition": (" ".join(rule.when.split()), "when ", ""),
        }
        yield f"rule-{place + 1}", f"Technique rule {place + 1}", clauses


def _settings(agreed: Techniques) -> Mapping[Technique, Mapping[str, Said]]:
    warm, best, soft = agreed.warm_transfer, agreed.best_time, agreed.soft_introduction
    return {
        Technique.WARM_TRANSFER: {
            "limit": (duration(warm.connect_within_minutes), "reached within ", ""),
            "talk": (duration(warm.talk_minutes), "AE is free for ", ""),
        },
        Technique.BEST_TIME: {
            "length": (duration(best.minutes), "AE is free for ", ""),
            "horizon": (counted(best.within_days, "day"), "within ", ""),
            "answer": (duration(best.answer_within_minutes), "AE says so within ", ""),
        },
        Technique.SOFT_INTRODUCTION: {
            "answer": (duration(soft.answer_within_minutes), "answered within ", "")
        },
    }
