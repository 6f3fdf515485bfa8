"""What every test can ask for: a real PostgreSQL with the schema, fresh for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from baton.store.database import connect, create_database, migrate, start_embedded
from tests.databases import Databases

TEMPLATE = "baton_template"
HOUSE = "tests/flows/"


@pytest.fixture(scope="session")
def server_url() -> str:
    """One PostgreSQL for the whole run; each process of a parallel run has its own."""
    folder = Path(tempfile.mkdtemp(prefix="baton-test-")) / "pg"
    url = start_embedded(folder)
    admin = connect(url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # Nothing here must survive a crash of the machine; commits need not wait for the disk.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"alter system set {setting} = off"))
        connection.execute(text("select pg_reload_conf()"))
    admin.dispose()
    return url


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """A migrated database that the tests' databases are copied from."""
    url = create_database(server_url, TEMPLATE)
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    return TEMPLATE


@pytest.fixture(scope="session")
def databases(server_url: str, template: str) -> Iterator[Databases]:
    """Databases for the tests of this process."""
    made = Databases(server_url, template)
    yield made
    made.close()


@pytest.fixture
def database(databases: Databases) -> Engine:
    """An engine on a migrated database that nobody else uses, and in which nothing is."""
    databases.clean()
    return databases.engine


@pytest.fixture
def database_url(databases: Databases, database: Engine) -> str:
    """The URL of that database, with its password."""
    return databases.url


@pytest.fixture
def session(database: Engine) -> Iterator[Session]:
    """A session that is rolled back unless the test commits."""
    with Session(database) as session:
        yield session


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """One process runs a whole file, and one runs all files that share the house of the flows."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return HOUSE if file.startswith(HOUSE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Give tests to processes by file; the groups of `--dist loadgroup` end with pytest 9.2."""
    return ByFile(config, log)
