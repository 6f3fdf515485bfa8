"""An installation to measure: its own home, PostgreSQL and mail server, with people and leads."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine, make_url, text

from baton import runtime as composition
from baton.demo.ports import free_port
from baton.engine.server import DATABASE_NAME
from baton.intake.importing import import_leads
from baton.intake.touching import import_touches
from baton.rulebook.loading import load_agreement
from baton.runtime import Runtime, database_url
from baton.settings import PREFIX, Settings, load_settings
from baton.store.database import connect
from baton.store.reps import import_reps
from baton.testing.agreeing import agreed
from baton.testing.mail import MailWorld
from benchmarks.engine import cast

RULES = Path(__file__).parents[2] / "rules"
OWN_ADDRESS = "handoffs@baton.example"
API_TOKEN = "token-of-the-benchmark"  # noqa: S105 (of an installation that lives for minutes)


@dataclass(frozen=True)
class Installation:
    """A small installation for the length of a block.

    Attributes:
        home: Its folder.
        runtime: Our side of it, in this process.
        mail: The mail server that it sends to, in this process.
        environment: For processes that belong to it.
    """

    home: Path
    runtime: Runtime
    mail: MailWorld
    environment: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return self.runtime.settings

    @cached_property
    def prefect(self) -> Engine:
        """Prefect's database; its server must have run."""
        url = make_url(database_url(self.settings)).set(database=DATABASE_NAME)
        return connect(url.render_as_string(hide_password=False))

    def lead_ids(self) -> list[int]:
        """Return the leads' ids in the order of their numbers."""
        with self.runtime.database.connect() as connection:
            return list(connection.execute(text("select id from lead order by id")).scalars())


@contextmanager
def installation(leads: int, *, companies: int = 0, **settings: str) -> Iterator[Installation]:
    """Give an installation with so many leads who would qualify at once.

    Args:
        leads: How many are imported; their numbers are 0 to `leads` - 1.
        companies: How many leads' companies are known; as many as leads unless given.
        settings: What is otherwise than here, by its name in lower case.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-engine-")))
        mail = stack.enter_context(MailWorld(home / "mail"))
        cast.write_companies(home / "companies.csv", range(max(leads, companies, 1)))
        written = {
            "home": str(home / "state"),
            "rules": str(RULES),
            "prefect_port": str(free_port()),
            "api_port": str(free_port()),
            "api_token": API_TOKEN,
            "smtp_port": str(mail.port),
            "mailbox": f"maildir:{mail.maildir(OWN_ADDRESS)}",
            "mail_address": OWN_ADDRESS,
            "firmographics": str(home / "companies.csv"),
            **settings,
        }
        runtime = composition.build(load_settings(_env_file=None, **written))
        stack.callback(runtime.database.dispose)
        environment = {key: value for key, value in os.environ.items() if not _is_ours(key)}
        environment |= {f"{PREFIX}{key.upper()}": value for key, value in written.items()}
        made = Installation(home, runtime, mail, environment)
        _people(made)
        _agreement(made)
        if leads:
            _leads(made, range(leads))
        yield made
        if "prefect" in made.__dict__:
            made.prefect.dispose()


def _is_ours(variable: str) -> bool:
    return variable.startswith((PREFIX, "PREFECT_"))


def _people(made: Installation) -> None:
    cast.write_reps(made.home / "reps.csv")
    with made.runtime.transaction() as session:
        import_reps(session, made.home / "reps.csv")


def _agreement(made: Installation) -> None:
    """Let this repository's agreement decide."""
    loaded = load_agreement(made.settings.rules_agreement)
    now = made.runtime.clock.now()
    with made.runtime.transaction() as session:
        agreed(session, loaded.content, at=now, source=loaded.source)


def _leads(made: Installation, numbers: range) -> None:
    cast.write_leads(made.home / "leads.csv", numbers)
    cast.write_touches(made.home / "touches.csv", numbers, datetime.now(UTC))
    database, clock = made.runtime.database, made.runtime.clock
    import_leads(
        database,
        made.home / "leads.csv",
        clock=clock,
        default_country=made.settings.default_country,
    )
    import_touches(database, made.home / "touches.csv", clock=clock)
