"""A process of Baton's in the fire: a worker, the clerk (inbox, sweep, imports) or the desk (API).

Everything that takes long to import is imported here, once, in the server that the processes are
forked from. In each of them Prefect's part is played by `runs`; all else is the product.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from baton import runtime as composition
from baton.adapters.enrichment.firmographics import Firmographics
from baton.adapters.mail.maildir import MaildirMailbox
from baton.adapters.mail.smtp import SmtpTransport
from baton.adapters.quality.gate import QualityGates
from baton.desk.serving import api_server
from baton.engine.inbox import read_inbox
from baton.engine.sweep import sweep
from baton.errors import TransientError
from baton.intake.importing import import_leads
from baton.intake.touching import import_touches
from baton.messages.rendering import Messages
from baton.runtime import Runtime
from baton.settings import Settings
from baton.store.database import connect
from benchmarks.chaos.board import Board
from benchmarks.chaos.crashes import Crashes, Fate, Journal
from benchmarks.chaos.crm import HttpCrm
from benchmarks.chaos.guards import disable, shorten
from benchmarks.chaos.mischief import CLIENT_SECONDS
from benchmarks.chaos.mortal import MortalCrm, MortalMailbox, MortalTransport
from benchmarks.chaos.runs import Runs, install, run_segment
from flows.qualify import qualify

IDLE_SECONDS = 0.03
SWEEP_SECONDS = 0.25
MOST_STARTS = 5000
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a process finds everything; goes to it when it starts.

    Attributes:
        home: Folder of the fire.
        database_url: Baton's database.
        engine_url: The database of runs.
        smtp_port: Where the mail server listens.
        crm_url: Where the CRM listens.
        api_port: Where the desk must listen.
        mail_address: Baton's own address.
        copy_seconds: How long its copies of mails may take.
        lease_seconds: How long a hand-off stays with a worker that says nothing.
        without: Guards that are taken away.
    """

    home: Path
    database_url: str
    engine_url: str
    smtp_port: int
    crm_url: str
    api_port: int
    mail_address: str
    copy_seconds: int
    lease_seconds: float
    without: tuple[str, ...] = ()
    token: str = "chaos"  # noqa: S105 (no secret: it listens on the loopback, for minutes)

    @property
    def board(self) -> Path:
        """The file that all processes look at."""
        return self.home / "board"

    @property
    def journal(self) -> Path:
        """Where crash points are written down."""
        return self.home / "journal"

    @property
    def mailbox(self) -> Path:
        """Baton's Maildir."""
        return self.home / "mailbox"

    @property
    def waves(self) -> Path:
        """Where files to import appear, as `leads-<n>.csv`, `touches-<n>.csv`, then `<n>.ready`."""
        return self.home / "waves"


def live(role: str, scene: Scene, fate: Fate) -> None:
    """Play the role until something ends this process."""
    log = os.open(scene.home / f"{role}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.basicConfig(
        level=logging.WARNING,
        format="%(asctime)s %(process)d %(name)s %(message)s",
    )
    logging.getLogger("baton").setLevel(logging.ERROR)
    try:
        _play(role, scene, fate)
    except Exception:
        logger.exception("This process ends; another one takes its place.")
        os._exit(1)


def _play(role: str, scene: Scene, fate: Fate) -> None:
    crashes = Crashes(fate, Journal(scene.journal))
    board = Board(scene.board)
    runs = Runs(scene.engine_url, board, crashes.reach)
    install(runs)
    shorten(scene.lease_seconds)
    disable(scene.without)
    crashes.watch_commits()
    runtime = _runtime(scene, board, crashes)
    composition.use(runtime)
    if role.startswith("worker"):
        _work(runs)
    elif role == "clerk":
        _keep_books(runtime, scene)
    else:
        _serve(runtime)


def _runtime(scene: Scene, board: Board, crashes: Crashes) -> Runtime:
    rules = scene.home / "rules"
    settings = Settings(
        _env_file=None,
        home=scene.home,
        rules=rules,
        database_url=SecretStr(scene.database_url),
        smtp_port=scene.smtp_port,
        api_port=scene.api_port,
        api_token=SecretStr(scene.token),
        mail_address=scene.mail_address,
        mail_copy_seconds=scene.copy_seconds,
        default_country="DE",
    )
    return Runtime(
        settings=settings,
        database=connect(scene.database_url),
        clock=board,
        crm=MortalCrm(HttpCrm(scene.crm_url), crashes),
        transport=MortalTransport(
            SmtpTransport("127.0.0.1", scene.smtp_port, timeout=CLIENT_SECONDS), crashes
        ),
        mailbox=MortalMailbox(MaildirMailbox(scene.mailbox), crashes),
        messages=Messages(rules / "messages"),
        gates=QualityGates(rules / "quality"),
        firmographics=Firmographics.load(scene.home / "companies.csv"),
    )


def _work(runs: Runs) -> None:
    while True:
        try:
            taken = runs.take()
            if taken is None:
                time.sleep(IDLE_SECONDS)
            else:
                run_segment(runs, *taken)
        except TransientError:
            time.sleep(IDLE_SECONDS)


def _keep_books(runtime: Runtime, scene: Scene) -> None:
    swept_at = 0.0
    while True:
        try:
            _take_in(runtime, scene.waves)
            read_inbox(runtime)
            if time.monotonic() - swept_at > SWEEP_SECONDS:
                sweep(runtime)
                swept_at = time.monotonic()
        except TransientError:
            time.sleep(IDLE_SECONDS)
        time.sleep(IDLE_SECONDS)


def _take_in(runtime: Runtime, folder: Path) -> None:
    """Import and qualify what lies there; whoever dies meanwhile is followed by one who can."""
    for ready in sorted(folder.glob("*.ready")):
        wave = ready.stem
        import_leads(
            runtime.database,
            folder / f"leads-{wave}.csv",
            clock=runtime.clock,
            default_country="DE",
        )
        import_touches(runtime.database, folder / f"touches-{wave}.csv", clock=runtime.clock)
        qualify.fn(max_starts=MOST_STARTS)
        ready.rename(ready.with_suffix(".done"))


def _serve(runtime: Runtime) -> None:
    with api_server(runtime):
        while True:
            time.sleep(1)
