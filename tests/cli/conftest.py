from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from baton import runtime as composition
from baton.cli.main import main
from baton.runtime import Runtime
from tests.desk.rooms import make_runtime


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def runtime(database: Engine, tmp_path: Path) -> Iterator[Runtime]:
    """This process's runtime, as a command finds it."""
    made = make_runtime(database, tmp_path / "home")
    composition.use(made)
    yield made
    composition.use(None)


@pytest.fixture
def baton(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run `baton` with arguments, in an empty folder, as the shell would."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, captured.out, captured.err)

    return run
