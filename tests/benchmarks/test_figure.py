from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.figure import Figure
from benchmarks.report import table, write


@pytest.mark.parametrize(
    ("value", "target", "ok"),
    [
        (1.5, "<= 1.5", True),
        (1.51, "<= 1.5", False),
        (20, ">= 20", True),
        (19.9, ">= 20", False),
        (math.nan, "<= 1.5", False),
        (math.nan, ">= 20", False),
        (1e9, None, True),
    ],
)
def test_a_figure_says_whether_its_target_is_kept(
    value: float, target: str | None, ok: bool
) -> None:
    assert Figure("group.figure", value, "x", target).ok is ok


@pytest.mark.parametrize("target", ["", "< 1.5", "<=1.5", "1.5", "<= fast", "<= 1.5 s"])
def test_a_target_that_cannot_be_read_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"group\.figure"):
        Figure("group.figure", 1, "x", target)


def test_the_file_holds_what_has_a_target_and_nothing_of_an_earlier_run(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    write([Figure("a.old", 1, "x", "<= 1")], path)
    write([Figure("a.ratio", 2.0, "x", "<= 1.5"), Figure("a.seconds", 3, "s")], path)
    assert json.loads(path.read_text()) == [
        {"name": "a.ratio", "value": 2.0, "unit": "x", "target": "<= 1.5", "ok": False}
    ]


def test_the_table_shows_every_figure_and_the_machine() -> None:
    made = table([Figure("a.ratio", 2, "x", "<= 1.5"), Figure("a.seconds", 3, "s")], "2 cores")
    assert made.caption == "2 cores"
    assert [list(column.cells) for column in made.columns] == [
        ["a.ratio", "a.seconds"],
        ["2", "3"],
        ["x", "s"],
        ["<= 1.5", "-"],
        ["[bold red]no[/]", "-"],
    ]
