"""Waking: from the stored event to the running stage, of hand-offs that sleep."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from benchmarks.engine import cast
from benchmarks.engine.installation import Installation
from benchmarks.engine.posting import client, post_lead
from benchmarks.engine.processes import await_true

EVERY_SECONDS = 1.0
SETTLE_SECONDS = 300
RUNS = "select flow_run_id from hand_off where id = any(:ids)"
ANSWERED = """
    select h.flow_run_id, w.decided_at from hand_off h join wait w on w.hand_off_id = h.id
    where h.id = any(:ids) and w.kind = 'answers' and w.state = 'decided'
"""
ASLEEP = "select count(*) from flow_run where id::text = any(:runs) and state_type = 'PAUSED'"
# The stage that asked is the one that goes on.
BEGUN = """
    select flow_run_id::text, max(start_time) from task_run
    where flow_run_id::text = any(:runs) and name = 'validate' group by flow_run_id
"""


def seconds_to_wake(made: Installation, numbers: range) -> list[float]:
    """Let leads sleep on a question and answer one a second; return how long each took to go on.

    It counts from the instant that stands in our tables with the answer, to the one that Prefect
    gives for the beginning of the stage's task.
    """
    with client(made) as api:
        ids = [post_lead(api, number, cast.asked_lead(number)) for number in numbers]
        await_true(lambda: _all_sleep(made, ids), "questions", None, SETTLE_SECONDS)
        for hand_off_id in ids:
            time.sleep(EVERY_SECONDS)
            body = {"answers": cast.ANSWER, "by": cast.SDR}
            api.post(f"/hand-offs/{hand_off_id}/answers", json=body).raise_for_status()
    await_true(lambda: len(_woken(made, ids)) == len(ids), "answers", None, SETTLE_SECONDS)
    return _woken(made, ids)


def _all_sleep(made: Installation, ids: Sequence[uuid.UUID]) -> bool:
    with made.runtime.database.connect() as ours:
        runs = list(ours.execute(text(RUNS), {"ids": ids}).scalars())
    with made.prefect.connect() as prefects:
        return bool(prefects.execute(text(ASLEEP), {"runs": runs}).scalar_one() == len(ids))


def _woken(made: Installation, ids: Sequence[uuid.UUID]) -> list[float]:
    with made.runtime.database.connect() as ours:
        answered: dict[str, datetime] = dict(
            ours.execute(text(ANSWERED), {"ids": ids}).tuples().all()
        )
    with made.prefect.connect() as prefects:
        rows = prefects.execute(text(BEGUN), {"runs": list(answered)}).tuples().all()
    begun: list[tuple[str, datetime]] = [(run, at) for run, at in rows if at > answered[run]]
    return [(at - answered[run]).total_seconds() for run, at in begun]
