from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks.figure import Figure
from benchmarks.groups import GROUPS, figures_of
from benchmarks.plan import Plan

app = typer.Typer()
app.command()(command.bench)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server_url: str) -> list[Figure]:
    """A group `small` that measures what the test puts here; no server but the tests' own."""
    figures: list[Figure] = []
    module = ModuleType("small_figures")
    module.figures = lambda _plan: iter(figures)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "small_figures", module)
    monkeypatch.setitem(GROUPS, "small", "small_figures")
    monkeypatch.setattr(command, "start_embedded", lambda _folder: server_url)
    monkeypatch.chdir(tmp_path)
    return figures


def test_a_missed_target_ends_the_run_with_1_after_everything_is_shown(
    measured: list[Figure],
) -> None:
    measured += [Figure("small.slow", 2, "x", "<= 1.5"), Figure("small.fast", 1, "x", "<= 1.5")]
    run = CliRunner().invoke(app, ["--only", "small"])
    assert run.exit_code == 1
    assert "small.slow" in run.output
    assert "PostgreSQL 18" in run.output
    rows = json.loads(command.RESULT.read_text())
    assert [(row["name"], row["ok"]) for row in rows] == [
        ("small.slow", False),
        ("small.fast", True),
    ]


def test_a_run_that_keeps_its_targets_ends_with_0(measured: list[Figure]) -> None:
    measured.append(Figure("small.fast", 1, "x", "<= 1.5"))
    run = CliRunner().invoke(app, ["--only", "small"])
    assert (run.exit_code, "targets are meant for" in run.output) == (0, False)


def test_fewer_leads_say_that_the_targets_are_meant_for_more(measured: list[Figure]) -> None:
    measured.append(Figure("small.fast", 1, "x", "<= 1.5"))
    run = CliRunner().invoke(app, ["--only", "small", "--leads", "5000"])
    assert "The targets are meant for 1,000,000 leads; these were 5,000." in run.output


def test_an_unknown_group_is_refused_with_those_that_there_are() -> None:
    run = CliRunner().invoke(app, ["--only", "rulebok"])
    assert run.exit_code == 2
    assert "rulebook" in run.output


def test_a_figure_is_named_after_its_group(measured: list[Figure]) -> None:
    measured.append(Figure("other.figure", 1, "x"))
    plan = Plan("unused", 1000, keeps_data=False, console=Console(stderr=True))
    with pytest.raises(ValueError, match=r"other\.figure"):
        figures_of("small", plan)
