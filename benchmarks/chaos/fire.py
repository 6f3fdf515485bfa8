"""The fire itself: everything is started, set alight, kept going until all is over, and put out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from baton.demo.ports import free_port
from baton.packaged import default_rules
from baton.store.database import connect
from benchmarks.chaos.agreeing import agree
from benchmarks.chaos.board import Board
from benchmarks.chaos.child import Scene
from benchmarks.chaos.crew import Budget, Crew
from benchmarks.chaos.crm import CrmServer
from benchmarks.chaos.desk import Desk
from benchmarks.chaos.dice import Dice
from benchmarks.chaos.evidence import Evidence
from benchmarks.chaos.guards import drop_guards
from benchmarks.chaos.habits import Habits
from benchmarks.chaos.leads import Lead, invent, write_companies, write_reps
from benchmarks.chaos.mail import MailServer
from benchmarks.chaos.mischief import Mischiefs
from benchmarks.chaos.people import People
from benchmarks.chaos.postgres import Postgres
from benchmarks.chaos.runs import Runs

# The Thursday before the clocks go on in Europe: meetings lie on both sides of that.
STARTS_AT = datetime(2026, 3, 26, 8, tzinfo=UTC)
OWN_ADDRESS = "handoffs@baton.example"


@dataclass(frozen=True, slots=True)
class Options:
    """What one fire is.

    Attributes:
        seed: What all chance follows from.
        count: How many leads come in.
        workers: How many processes run hand-offs.
        without: Guards that are taken away.
        copy_seconds: How long Baton's copies of mails may take.
        lease_seconds: How long a hand-off stays with a worker that says nothing.
        gates: Quality gates that stand; each costs much of a stage's time, and a process seconds.
        is_over_at_first: True to end it as soon as the logs show a violation.
        step: The least that the clock jumps; what falls due in between waits so long.
        stuck_seconds: After so long without anything happening it stands still.
    """

    seed: int
    count: int
    workers: int = 6
    without: tuple[str, ...] = ()
    copy_seconds: int = 2
    lease_seconds: float = 2.0
    stuck_seconds: float = 90.0
    gates: tuple[str, ...] = ("qualify", "introduce")
    step: timedelta = timedelta(hours=4)
    is_over_at_first: bool = False


@dataclass(slots=True)
class Fire:
    """A fire that burns.

    Attributes:
        options: What it is.
        leads: Who is handed over.
        board: The clock.
        crm: The CRM.
        mail: The mail server.
        people: Everybody else.
        crew: Baton's processes.
        postgres: The database server.
        mischiefs: What befell calls, by neighbour.
        is_cut_short: It ended at its first violation, with hand-offs under way.
        stuck: What stood still when it was given up; empty if it ended by itself.
    """

    options: Options
    scene: Scene
    dice: Dice
    leads: list[Lead]
    board: Board
    crm: CrmServer
    mail: MailServer
    people: People
    crew: Crew
    postgres: Postgres
    observer: Engine
    mischiefs: dict[str, Mischiefs]
    roles: dict[str, str]
    tell: Callable[[str], None]
    wave: int = 0
    jumps: int = 0
    engine_outages: int = 0
    is_cut_short: bool = False
    stuck: list[str] = field(default_factory=list)

    def leads_of(self, wave: int) -> list[Lead]:
        """Return the leads that come in with this wave."""
        return [lead for lead in self.leads if lead.wave == wave]


@contextmanager
def kindle(options: Options, home: Path, tell: Callable[[str], None]) -> Iterator[Fire]:
    """Start everything, with our people there and the agreement signed; stop it afterwards.

    Args:
        options: What is to burn.
        home: An empty folder; what is found wrong can be looked at there afterwards.
        tell: Takes lines for people.
    """
    dice = Dice(options.seed)
    leads = invent(dice, options.count)
    with ExitStack() as stack:
        postgres = Postgres(home / "pg")
        board = Board.make(home / "board", STARTS_AT)
        mischiefs = {name: Mischiefs(dice, name) for name in ("mail", "crm")}
        crm = stack.enter_context(CrmServer(board.now, mischiefs["crm"].befalls))
        roles = _prepare(home, leads, options.gates)
        criteria = _agree(postgres.url, home, options.without)
        port = free_port()
        desk = Desk(f"http://127.0.0.1:{port}", "chaos")
        people = People(dice, board.now, desk, criteria)
        stack.callback(people.stop)
        mail = MailServer(
            home / "mailbox",
            OWN_ADDRESS,
            now=board.now,
            dice=dice,
            befalls=mischiefs["mail"].befalls,
            deliver=people.deliver,
        )
        stack.enter_context(mail)
        people.meet(mail, Habits(roles).react)
        Runs(postgres.engine_url, board, lambda _point: None).make()
        scene = Scene(
            home=home,
            database_url=postgres.url,
            engine_url=postgres.engine_url,
            smtp_port=mail.port,
            crm_url=crm.url,
            api_port=port,
            mail_address=OWN_ADDRESS,
            copy_seconds=options.copy_seconds,
            lease_seconds=options.lease_seconds,
            without=options.without,
        )
        crew = _crew(options, scene, dice)
        stack.callback(crew.end)
        yield Fire(
            options,
            scene,
            dice,
            leads,
            board,
            crm,
            mail,
            people,
            crew,
            postgres,
            postgres.observer(),
            mischiefs,
            roles,
            tell,
        )


def _crew(options: Options, scene: Scene, dice: Dice) -> Crew:
    workers = [f"worker{number}" for number in range(1, options.workers + 1)]
    names = [*workers, "clerk", "desk"]
    return Crew(scene, names, dice, Budget(options.count), preload(options))


def logs_of(fire: Fire) -> Evidence:
    """Return what the counterparts have written down so far."""
    return Evidence(
        mails=fire.mail.log.all(),
        writes=fire.crm.log.all(),
        sayings=fire.people.sayings.all(),
        aes=frozenset(address for address, role in fire.roles.items() if role == "AE"),
    )


def preload(options: Options) -> list[str]:
    """Return the modules that processes are forked with; Great Expectations takes six seconds."""
    heavy = ["baton.adapters.quality.validation"] if options.gates else []
    return [*heavy, "benchmarks.chaos.warm"]


def _prepare(home: Path, leads: list[Lead], gates: tuple[str, ...]) -> dict[str, str]:
    shutil.copytree(default_rules(), home / "rules")
    for file in (home / "rules" / "quality").glob("*.yaml"):
        if file.stem not in gates:
            file.unlink()
    (home / "waves").mkdir()
    write_companies(home / "companies.csv", leads)
    return write_reps(home / "reps.csv", len(leads))


def _agree(url: str, home: Path, without: tuple[str, ...]) -> tuple[str, ...]:
    database = connect(url)
    criteria = agree(database, home, STARTS_AT)
    drop_guards(database, without)
    database.dispose()
    return criteria
