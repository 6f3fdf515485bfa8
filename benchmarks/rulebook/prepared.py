"""The database that the rulebook is measured on: invented leads, and the agreement that decides."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, make_url, text
from sqlalchemy.orm import Session

from baton.rulebook.agreement import Agreement
from baton.rulebook.loading import load_agreement
from baton.store.database import connect, create_database, migrate
from baton.testing.agreeing import agreed
from benchmarks.plan import Plan
from benchmarks.rulebook import population

RULES = Path(__file__).parents[2] / "rules" / "agreement.yaml"
TOUCHES_PER_LEAD = 10


@dataclass(frozen=True, slots=True)
class Ground:
    """What the rulebook is measured on.

    Attributes:
        url: The database's.
        engine: On it.
        agreement_id: The version that decides there.
        agreement: Its content.
    """

    url: str
    engine: Engine
    agreement_id: int
    agreement: Agreement

    @property
    def by(self) -> tuple[Engine, int, Agreement]:
        """What every call that judges begins with."""
        return self.engine, self.agreement_id, self.agreement


@contextmanager
def ground(plan: Plan) -> Iterator[Ground]:
    """Give a database with the plan's leads, judged by this repository's agreement."""
    with _database(plan) as url:
        engine = connect(url)
        try:
            yield Ground(url, engine, *_agree(engine))
        finally:
            engine.dispose()


@contextmanager
def _database(plan: Plan) -> Iterator[str]:
    """Give the URL of a database with the plan's leads, all of them waiting for qualification.

    Where the data are kept, it is a copy that goes away afterwards: what one run writes, the next
    one must not find.
    """
    # Other code invents other leads: they need another database.
    code = hashlib.sha256(Path(population.__file__).read_bytes()).hexdigest()[:8]
    name = f"rulebook_{plan.leads}_{code}"
    url = create_database(plan.server_url, name)
    engine = connect(url)
    _populate(plan, engine)
    engine.dispose()
    if not plan.keeps_data:
        yield url
        return
    copy = f"{name}_run"
    with plan.doing("Copying the database that is kept"):
        _administer(plan, f"drop database if exists {copy} with (force)")
        _administer(plan, f"create database {copy} template {name} strategy file_copy")
    yield make_url(url).set(database=copy).render_as_string(hide_password=False)
    _administer(plan, f"drop database {copy} with (force)")


def _populate(plan: Plan, engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        if connection.execute(text("select exists (select from lead)")).scalar_one():
            return
    touches = plan.leads * TOUCHES_PER_LEAD
    with plan.doing(f"Inventing {plan.leads:,} leads with {touches:,} touches"):
        population.populate(engine, leads=plan.leads, touches=touches)


def _administer(plan: Plan, statement: str) -> None:
    admin = connect(plan.server_url)
    with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    admin.dispose()


def _agree(engine: Engine) -> tuple[int, Agreement]:
    """Store, sign and activate this repository's agreement; return its number and its content."""
    loaded = load_agreement(RULES)
    with Session(engine) as session, session.begin():
        agreement_id = agreed(session, loaded.content, at=population.AS_OF, source=loaded.source)
    return agreement_id, loaded.agreement
