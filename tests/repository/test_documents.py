from __future__ import annotations

import itertools
import re
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import pytest
import typer

from baton.cli.main import app
from baton.demo.servers import DemoSettings
from baton.domain.hand_off import EffectState, HandOffState, WaitKind, WaitState
from baton.domain.lead import LeadStatus, Place
from baton.domain.meeting import OutcomeKind
from baton.settings import PREFIX, Settings
from tests.repository.checkout import ROOT, files
from tests.repository.flow_order import stages_when

PAGES = [path for path in files() if path.suffix == ".md"]
DEPLOYMENTS = [path for path in files() if path.parts[0] == "deployments" and path.suffix != ".md"]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
DIAGRAM = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Commands in text stand between backticks or begin a line of an example.
COMMAND = re.compile(r"(?:`|^\s*)baton ((?:[a-z-]+ ?)+)", re.MULTILINE)
TARGET = re.compile(r"`make ([a-z-]+)")
SETTING = re.compile(rf"\b{PREFIX}([A-Z_]*[A-Z])(?![A-Z_])")


def read(page: Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def diagram(heading: str) -> str:
    """Return the first diagram below a heading of the architecture page."""
    _, _, below = ARCHITECTURE.partition(f"## {heading}\n")
    match = DIAGRAM.search(below)
    assert match is not None, f"docs/architecture.md has no diagram below '{heading}'"
    return match[1]


def states(text: str) -> set[str]:
    """Return the names of a state diagram's states."""
    arrows = re.findall(r"^ *(\[\*\]|\w+) --> (\[\*\]|\w+)", text, re.MULTILINE)
    return {name for arrow in arrows for name in arrow} - {"[*]"}


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("The life of a hand-off", HandOffState),
        ("The life of a wait", WaitState),
        ("The life of an effect", EffectState),
        ("Where a lead is", Place),
    ],
)
def test_a_diagrams_states_are_the_codes(heading: str, words: type[StrEnum]) -> None:
    assert states(diagram(heading)) == {word.value for word in words}


def test_the_flows_diagram_has_the_flows_order() -> None:
    arrows = set(re.findall(r"^ *(\w+) -->(?:\|[^|]*\|)? (\w+)", diagram("The flow"), re.MULTILINE))
    for outcome in (OutcomeKind.MET, OutcomeKind.NOT_MET):
        stages = stages_when(outcome)
        assert arrows >= set(itertools.pairwise(stages))
    assert {name for arrow in arrows for name in arrow} == {
        stage for outcome in OutcomeKind for stage in stages_when(outcome)
    }


@pytest.mark.parametrize("words", [LeadStatus, OutcomeKind, WaitKind])
def test_the_glossary_names_every_value(words: type[StrEnum]) -> None:
    glossary = read(Path("docs/glossary.md"))
    assert [word.value for word in words if f"`{word.value}`" not in glossary] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [link for link in LINK.findall(read(page)) if not link.startswith("mailto:")]
    assert [link for link in targets if not (ROOT / page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    program = typer.main.get_command(app)
    for words in COMMAND.findall(read(page)):
        here: object = program
        for word in words.split():
            commands = getattr(here, "commands", None)
            if commands is None or word.startswith("-"):
                break
            assert word in commands, f"{page} names 'baton {words.strip()}'"
            here = commands[word]


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_make_targets_that_a_page_names_exist(page: Path) -> None:
    makefile = read(Path("Makefile"))
    assert [t for t in TARGET.findall(read(page)) if f"\n{t}:" not in makefile] == []


@pytest.mark.parametrize("page", [*PAGES, *DEPLOYMENTS], ids=str)
def test_settings_that_a_page_names_exist(page: Path) -> None:
    named = {name.lower() for name in SETTING.findall(read(page))}
    demos = {f"demo_{name}" for name in DemoSettings.model_fields}
    assert named - set(Settings.model_fields) - demos == set()


def test_the_program_starts() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "baton.cli.main", "--help"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr
    assert "baton demo" in said.stdout
