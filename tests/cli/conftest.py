from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from sqlalchemy import Engine

from baton import runtime as composition
from baton.cli.main import main
from baton.domain.clock import SetClock
from baton.runtime import Runtime
from tests.desk.rooms import make_runtime
from tests.desk.stories import NOW, RULES


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
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def smtp_port() -> Iterator[int]:
    """A mail server that greets and takes nothing."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def runtime(
    database: Engine, tmp_path: Path, clock: SetClock, request: pytest.FixtureRequest
) -> Iterator[Runtime]:
    """This process's runtime, as a command finds it; with a mail server if the test has one."""
    mail = {}
    if "smtp_port" in request.fixturenames:
        mail["smtp_port"] = request.getfixturevalue("smtp_port")
    made = replace(make_runtime(database, tmp_path / "home", **mail), clock=clock)
    composition.use(made)
    yield made
    composition.use(None)


@pytest.fixture
def baton(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run `baton` with arguments, in an empty folder, as the shell would."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BATON_RULES", str(RULES))

    def run(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Said(code, captured.out, captured.err)

    return run
