"""What many hand-offs that wait cost: when nothing happens, when swept, when listed."""

from __future__ import annotations

import time
from uuid import UUID

import psutil
from sqlalchemy import text

from baton.engine.sweep import sweep
from baton.errors import PermanentError
from baton.runtime import Runtime
from baton.store.views import list_hand_offs
from benchmarks.engine.copies import Example
from benchmarks.engine.installation import Installation
from benchmarks.engine.posting import client, post_lead
from benchmarks.engine.processes import await_true, baton_up, processor_seconds
from benchmarks.engine.throughput import asleep

SETTLE_SECONDS = 25
DUE = 10


def example(made: Installation) -> Example:
    """Return a hand-off that came by the API and sleeps until its lead answers."""
    with baton_up(made) as up:
        with client(made) as api:
            hand_off_id = post_lead(api, 0)
        await_true(lambda: asleep(made) == 1, "the first hand-off", up, 60)
    with made.runtime.database.connect() as connection:
        lead_id, run = connection.execute(
            text("select lead_id, flow_run_id from hand_off where id = :id"), {"id": hand_off_id}
        ).one()
    return Example(lead_id, hand_off_id, UUID(run))


def idle_core_share(made: Installation, seconds: float) -> float:
    """Return how much of one core everything of ours uses while nothing happens.

    That is `baton up`, its Prefect server and every process of PostgreSQL.
    """
    with baton_up(made) as up:
        roots = [up, _postmaster(made)]
        time.sleep(SETTLE_SECONDS)
        start, used = time.perf_counter(), processor_seconds(roots)
        time.sleep(seconds)
        return (processor_seconds(roots) - used) / (time.perf_counter() - start)


def sweep_seconds(made: Installation) -> float:
    """Return how long one sweep takes when a few waits ask for their reminder.

    Raises:
        PermanentError: It did not send these reminders, or lost a lead.
    """
    with made.runtime.database.begin() as connection:
        connection.execute(
            text("""
                update wait set remind_at = to_jsonb(array[now() - interval '1 minute'])
                where id in (
                    select id from wait where state = 'open' and reminded = 0
                    order by id desc limit :due
                )
            """),
            {"due": DUE},
        )
    start = time.perf_counter()
    result = sweep(made.runtime)
    seconds = time.perf_counter() - start
    if (result.reminded, result.settled, result.difference) != (DUE, DUE, 0):
        raise PermanentError(f"the sweep did {result.as_dict()}; {DUE} reminders were due")
    return seconds


def status_seconds(runtime: Runtime) -> float:
    """Return how long it takes to ask what `baton status` and `GET /api/hand-offs` show."""
    start = time.perf_counter()
    with runtime.transaction() as session:
        if not list_hand_offs(session):
            raise PermanentError("no hand-off is open")
    return time.perf_counter() - start


def _postmaster(made: Installation) -> psutil.Process:
    """Return PostgreSQL's first process, whose children are the others."""
    pid_file = made.settings.home / "postgres" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text(encoding="ascii").split()[0]))
