"""The demo's house: everything real and embedded, on free ports, in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import copytree

from baton.demo.desk_client import DeskClient
from baton.demo.people import People
from baton.demo.ports import free_port
from baton.demo.post import Person, PostBox
from baton.demo.post_office import PostOffice
from baton.demo.prefect_page import resume_with_form
from baton.demo.scenario import Scenario
from baton.demo.server_post import ServerPostOffice, on_servers, require_empty
from baton.demo.servers import DemoSettings, with_calendars
from baton.demo.stage import Stage
from baton.desk.serving import api_server
from baton.desk.token import api_token
from baton.domain.clock import SetClock
from baton.domain.rep import Role, Team
from baton.engine.house import House
from baton.errors import InputError
from baton.packaged import default_rules
from baton.rulebook.agreement import Agreement
from baton.rulebook.loading import load_agreement
from baton.runtime import Runtime, build, mailbox_of, use
from baton.settings import read_settings
from baton.store.reps import import_reps, reps
from baton.testing.agreeing import agreed
from baton.testing.mail import MailWorld

MAIL_ADDRESS = "handoffs@baton.example"
LOOPBACK = "127.0.0.1"
WORKERS = 6
PRESENT_MINUTES = 60
NO_SUCH_MAILBOX = 550


@dataclass(frozen=True)
class World:
    """What the demo plays in.

    Attributes:
        runtime: Baton, on the simulated clock.
        clock: The same clock, to be moved.
        house: Prefect's server and the worker.
        people: Everybody outside Baton.
        post_office: What was delivered to whom.
        signed_by: Team to the name under its signature.
    """

    runtime: Runtime
    clock: SetClock
    house: House
    people: People
    post_office: PostOffice | ServerPostOffice
    signed_by: dict[Team, str]


@contextmanager
def open_world(scenario: Scenario, home: Path) -> Iterator[World]:
    """Start everything, with our people imported and the agreement signed; stop it afterwards.

    Raises:
        InputError: The home holds an earlier demo, or Baton's mailbox on a server is not empty.
        SettingsError: What `BATON_DEMO_...` says cannot be used.
        MailUnavailableError: The mail server that is named there cannot be reached.
    """
    if (home / "postgres").exists():
        raise InputError(f"{home} holds an earlier demo; give another folder or remove it.")
    with ExitStack() as stack:
        clock = SetClock(scenario.starts_at)
        runtime, settings, box, office = _baton_and_post(scenario, home, clock, stack)
        use(runtime)
        stack.callback(use, None)
        with runtime.transaction() as session:
            import_reps(session, _reps_file(scenario, home, settings))
        agreement, signed_by = _sign(runtime)
        stack.enter_context(api_server(runtime))
        house = stack.enter_context(House(runtime, scheduled=()))
        desk = stack.enter_context(
            DeskClient(runtime.base_url, api_token(settings).get_secret_value())
        )
        play = Stage(
            post_box=box,
            desk=desk,
            resume_in_prefect=partial(resume_with_form, house.prefect_api_url),
            clock=clock,
            cast=scenario.cast,
            criteria=tuple(c.id for c in agreement.sales_qualified if c.required),
            answers=scenario.answers,
        )
        for address in scenario.present:
            desk.set_presence(by=address, minutes=PRESENT_MINUTES)
        people = People(play, office, _colleagues(runtime))
        yield World(runtime, clock, house, people, office, signed_by)


def _baton_and_post(
    scenario: Scenario, home: Path, clock: SetClock, stack: ExitStack
) -> tuple[Runtime, DemoSettings, PostBox, PostOffice | ServerPostOffice]:
    """Return Baton, and how people send and read mail: on the servers that are set, or on ours."""
    settings = _settings(scenario, home)
    is_on_servers = settings.has_mail_server
    if is_on_servers and not scenario.is_invented:
        raise InputError("The people in --leads may be real, so they are played without a server.")
    if is_on_servers:
        require_empty(mailbox_of(settings))
    else:
        mail = _mail_world(scenario, home, clock, stack)
        settings = _settings(scenario, home, **_ways_to(mail))
    runtime = build(settings, clock)
    stack.callback(runtime.database.dispose)
    if is_on_servers:
        runtime, box, office = on_servers(runtime, settings)
        return runtime, settings, box, office
    return runtime, settings, PostBox(LOOPBACK, mail.port), PostOffice(mail, MAIL_ADDRESS)


def _settings(scenario: Scenario, home: Path, **mail: object) -> DemoSettings:
    """Return settings of a house in this folder: a demo must not reach a real one."""
    rules = home / "rules"
    copytree(default_rules(), rules, dirs_exist_ok=True)
    (rules / "agreement.yaml").write_bytes(scenario.agreement.read_bytes())
    return read_settings(
        DemoSettings,
        home=home,
        rules=rules,
        database_url=None,
        prefect_api_url=None,
        prefect_port=free_port(),
        api_host=LOOPBACK,
        api_port=free_port(),
        api_token=None,
        firmographics=scenario.companies,
        default_country=scenario.default_country,
        worker_limit=WORKERS,
        crm="local",
        **mail,
    )


def _mail_world(scenario: Scenario, home: Path, clock: SetClock, stack: ExitStack) -> MailWorld:
    mail = MailWorld(home / "mailboxes", clock=clock)
    mail.start()
    stack.callback(mail.stop)
    for address in scenario.cast.refused_addresses:
        mail.refuse(address, NO_SUCH_MAILBOX)
    return mail


def _ways_to(mail: MailWorld) -> dict[str, object]:
    return {
        "smtp_host": LOOPBACK,
        "smtp_port": mail.port,
        "smtp_security": "none",
        "smtp_username": None,
        "smtp_password": None,
        "mailbox": f"maildir:{mail.maildir(MAIL_ADDRESS)}",
        "mailbox_password": None,
        "mail_address": MAIL_ADDRESS,
    }


def _reps_file(scenario: Scenario, home: Path, settings: DemoSettings) -> Path:
    if settings.calendar is None:
        return scenario.reps
    return with_calendars(scenario.reps, settings.calendar, home / "scenario" / "reps.csv")


def _sign(runtime: Runtime) -> tuple[Agreement, dict[Team, str]]:
    """Have both teams sign the agreement and let it decide (I9)."""
    loaded = load_agreement(runtime.settings.rules_agreement)
    with runtime.transaction() as session:
        names = {rep.role: rep.name for rep in reps(session)}
        signed_by = {
            Team.MARKETING: names[Role.SDR],
            Team.SALES: names.get(Role.MANAGER, names[Role.AE]),
        }
        agreed(session, loaded.content, at=runtime.clock.now(), by=signed_by, source=loaded.source)
    return loaded.agreement, signed_by


def _colleagues(runtime: Runtime) -> dict[str, Person]:
    with runtime.transaction() as session:
        return {rep.email.lower(): Person(rep.email, rep.name) for rep in reps(session)}
