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
from baton.store.agreements import activate
from tests.desk.rooms import make_runtime
from tests.desk.stories import NOW, RULES, signed_version

REPS = """email,name,role
sam@seller.example,Sam Orr,SDR
ida@seller.example,Ida Lund,AE
rosa@seller.example,Rosa Lind,REVIEWER
"""
LEADS = """Record ID,First Name,Last Name,Email,Job Title,Company Name
1,Ada,Moor,ada@harbour.example,CFO,Harbour [bold]Ltd
2,Bo,Kim,not-an-address,CEO,Kim GmbH
"""
TOUCHES = """external_id,kind,at
1,demo_request,2026-03-01T10:00:00Z
99,webinar,2026-03-01T10:00:00Z
"""


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


@pytest.fixture
def house(baton: Run, runtime: Runtime, tmp_path: Path) -> Run:
    """An installation with reps, leads and a signed, active agreement."""
    for name, content in (("reps", REPS), ("leads", LEADS), ("touches", TOUCHES)):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    assert baton("import", "reps.csv", "--reps").code == 0
    assert baton("import", "leads.csv").code == 0
    with runtime.transaction() as session:
        activate(session, signed_version(session), by="Mo", at=runtime.clock.now())
    return baton
