from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository.checkout import ROOT, files

GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r'^```\w+ title="(?P<path>[^"]+)"\n(?P<content>.*?)^```$', re.DOTALL | re.MULTILINE
)
DIFF = re.compile(r"^```diff\n(?P<content>.*?)^```$", re.DOTALL | re.MULTILINE)
NEW_FILES = {match["path"]: match["content"] for match in BLOCK.finditer(GUIDE)}
TEST, STAGE, GATE = NEW_FILES
DRAWN = "tests/repository/test_documents.py::test_the_flows_diagram_has_the_flows_order"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for path in files():
        target = tmp_path / "clone" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path / "clone", check=True)
    return tmp_path / "clone"


def write(clone: Path, path: str) -> None:
    target = clone / path
    assert not target.exists(), f"{path} is new in CONTRIBUTING.md, but it is there"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(NEW_FILES[path], encoding="utf-8")


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=clone,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def run_tests(clone: Path, *which: str) -> subprocess.CompletedProcess[str]:
    return run(clone, "pytest", "-q", "-p", "no:cacheprovider", *which)


def test_the_guide_has_a_test_a_stage_and_a_gate() -> None:
    assert [Path(path).parts[0] for path in NEW_FILES] == ["tests", "tasks", "rules"]
    assert f"make test ARGS={TEST}" in GUIDE


def test_the_guides_steps_add_a_stage(clone: Path) -> None:
    write(clone, TEST)
    before = run(clone, TEST.removesuffix(".py").replace("/", "."))
    assert "No module named 'tasks.prepare'" in before.stderr

    write(clone, STAGE)
    write(clone, GATE)
    for diff in DIFF.finditer(GUIDE):
        subprocess.run(
            ["git", "apply", "-"], cwd=clone, check=True, input=diff["content"], text=True
        )
    after = run_tests(clone, TEST, DRAWN)
    assert after.returncode == 0, after.stdout + after.stderr
    assert "4 passed" in after.stdout


def test_what_the_guide_writes_is_in_the_projects_style(clone: Path) -> None:
    for path in NEW_FILES:
        write(clone, path)
    for command in (("check", "--no-cache"), ("format", "--check", "--no-cache")):
        said = run(clone, "ruff", *command, TEST, STAGE)
        assert said.returncode == 0, said.stdout
