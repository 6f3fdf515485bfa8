from __future__ import annotations

import pytest
from rich.console import Console

from benchmarks.groups import figures_of
from benchmarks.matching.pairs import accounts, people
from benchmarks.plan import Plan


def test_there_are_five_hundred_pairs_of_both_labels_and_half_of_them_are_held_out() -> None:
    pairs = [*people(), *accounts()]
    assert len(pairs) >= 500
    assert len({id(pair.compare) for pair in pairs}) == len(pairs)
    for part in ([p for p in pairs if p.is_held_out], [p for p in pairs if not p.is_held_out]):
        assert len(part) > 0.45 * len(pairs)
        assert 0.3 < sum(pair.is_same for pair in part) / len(part) < 0.7
    assert all(pair.why for pair in pairs)


# What was measured when the set was made; a change of the matcher may not fall behind it.
@pytest.mark.parametrize(("name", "precise"), [("people", 0.88), ("account", 0.99)])
def test_what_is_merged_by_itself_is_mostly_right_also_where_nobody_looked(
    name: str, precise: float
) -> None:
    plan = Plan("unused", 1_000, keeps_data=False, console=Console(stderr=True))
    figures = {figure.name: figure for figure in figures_of("matching", plan)}
    for half in ("", "_held_out"):
        assert figures[f"matching.{name}_precision{half}"].value >= precise
        found = figures[f"matching.{name}_recall{half}"].value
        assert 0.5 < found <= figures[f"matching.{name}_recall_shown{half}"].value
