"""Precision and recall of what is merged by itself, and of what is shown to a person."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from baton.intake.likeness import Alike
from benchmarks.figure import Figure
from benchmarks.matching.pairs import Pair, accounts, people
from benchmarks.plan import Plan

Judged = tuple[Pair, Alike]
PRECISE = ">= 0.95"


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield precision and recall, for all pairs and for the half that was held out."""
    for name, pairs in (("people", list(people())), ("account", list(accounts()))):
        start = time.perf_counter()
        with plan.doing(f"Matching: {len(pairs)} pairs, {name}"):
            judged = [(pair, pair.compare().alike) for pair in pairs]
        seconds = time.perf_counter() - start
        _show(plan, name, judged)
        yield Figure(f"matching.{name}_pairs", len(pairs), "pairs")
        yield from _figures(name, judged, "")
        held_out = [each for each in judged if each[0].is_held_out]
        yield from _figures(name, held_out, "_held_out")
        yield Figure(f"matching.{name}_pairs_per_s", len(pairs) / seconds, "1/s")


def _figures(name: str, judged: Sequence[Judged], half: str) -> Iterator[Figure]:
    sure = [pair.is_same for pair, alike in judged if alike is Alike.SAME]
    shown = [pair.is_same for pair, alike in judged if alike is not Alike.DIFFERENT]
    labelled = sum(pair.is_same for pair, _ in judged)
    yield Figure(f"matching.{name}_precision{half}", _ratio(sum(sure), len(sure)), "", PRECISE)
    yield Figure(f"matching.{name}_recall{half}", _ratio(sum(sure), labelled), "")
    yield Figure(f"matching.{name}_recall_shown{half}", _ratio(sum(shown), labelled), "")


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _show(plan: Plan, name: str, judged: Sequence[Judged]) -> None:
    """Print where it is wrong in the open half; the other half stays unseen."""
    for pair, alike in judged:
        wrong = Alike.DIFFERENT if pair.is_same else Alike.SAME
        if not pair.is_held_out and alike is wrong:
            said = "one" if pair.is_same else "two"
            plan.console.print(f"{name}, {said} in truth, {alike}: {pair.why}", markup=False)
