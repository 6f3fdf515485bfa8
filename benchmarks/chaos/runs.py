"""Prefect's part in the fire: runs in a database of their own, and tasks that are called plainly.

A run is scheduled, running, paused, failed or completed, and stays what it was when its process
dies, as in Prefect. Flow, stages, gates, sleeping, waking and the sweep are the product's own.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from baton.engine import gate, segment, sleeping
from baton.engine import runs as real
from baton.errors import EngineUnavailableError, TransientError
from baton.settings import Settings
from benchmarks.chaos.board import Board
from flows import hand_off as hand_off_flow
from flows import qualify as qualify_flow

_TABLE = """create table if not exists run (
    id text primary key, hand_off_id text unique not null, state text not null,
    since timestamptz not null default clock_timestamp(),
    number bigint generated always as identity)"""
# What of `baton.engine.runs` asks Prefect for something.
STOOD_IN_FOR = (
    "launch",
    "wake",
    "drive_again",
    "standings_of",
    "runs_cancelled",
    "end_cancelled",
)
RETRY_SECONDS = (0.2, 0.6, 1.5)
Reach = Callable[[str], None]
_present: ContextVar[str] = ContextVar("run")


class Slept(BaseException):
    """Leaves the flow, as Prefect's `Pause` does."""


class Runs:
    """The runs of all hand-offs. Safe across processes.

    Every method raises `EngineUnavailableError` while the engine is down.
    """

    def __init__(self, url: str, board: Board, reach: Reach) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        self._board, self._reach = board, reach

    def make(self) -> None:
        """Make the table, and let go of the connection."""
        self._do(_TABLE)
        self._engine.dispose()

    def launch(self, _settings: Settings, hand_off_id: uuid.UUID) -> str:
        """Create the hand-off's run, once; return its id."""
        self._change(
            "insert into run (id, hand_off_id, state) values (:id, :hand_off, 'SCHEDULED')"
            " on conflict (hand_off_id) do nothing",
            id=f"run-{hand_off_id}",
            hand_off=str(hand_off_id),
        )
        return f"run-{hand_off_id}"

    def wake(self, _settings: Settings, flow_run_id: str | None, _input: object) -> bool:
        """Schedule a paused run; return False if it is not paused or the engine is down."""
        try:
            return bool(
                self._change(
                    "update run set state = 'SCHEDULED', since = clock_timestamp()"
                    " where id = :id and state = 'PAUSED'"
                    " returning id",
                    id=flow_run_id,
                )
            )
        except EngineUnavailableError:
            return False

    def drive_again(self, _settings: Settings, flow_run_id: str) -> None:
        """Schedule the run, whatever its state."""
        self.put(flow_run_id, "SCHEDULED")

    def standings_of(
        self, _settings: Settings, flow_run_ids: Sequence[str]
    ) -> dict[str, real.Standing]:
        """Return where runs stand, by id."""
        rows = self._do(
            "select id, state, extract(epoch from clock_timestamp() - since) from run"
            " where id = any(:ids)",
            ids=list(flow_run_ids),
        )
        return {run: real.Standing(state, None, float(age)) for run, state, age in rows}

    def runs_cancelled(self, _settings: Settings) -> dict[str, bool]:
        """Return the runs that somebody cancelled in Prefect: nobody does here."""
        return {}

    def end_cancelled(self, _settings: Settings, flow_run_id: str) -> None:
        """Say that a run which was being cancelled is cancelled."""
        self.put(flow_run_id, "CANCELLED")

    def take(self) -> tuple[str, str] | None:
        """Make the longest scheduled run a running one; return its id and its hand-off's."""
        rows = self._change(
            "update run set state = 'RUNNING', since = clock_timestamp()"
            " where id = (select id from run"
            " where state = 'SCHEDULED' order by number limit 1 for update skip locked)"
            " returning id, hand_off_id"
        )
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def put(self, flow_run_id: str, state: str) -> None:
        """Set the state of a run."""
        self._change(
            "update run set state = :state, since = clock_timestamp() where id = :id returning id",
            id=flow_run_id,
            state=state,
        )

    def busy(self) -> int:
        """Return how many runs are scheduled or running."""
        rows = self._do("select count(*) from run where state in ('SCHEDULED', 'RUNNING')")
        return int(rows[0][0])

    def _change(self, statement: str, **values: object) -> list[Any]:
        self._reach("before a run's change")
        rows = self._do(statement, **values)
        if rows:
            self._reach("after a run's change")
        return rows

    def _do(self, statement: str, **values: object) -> list[Any]:
        if self._board.engine_is_down:
            raise EngineUnavailableError("The engine is down.")
        try:
            with self._engine.connect() as connection:
                result = connection.execute(text(statement), values)
                return list(result.all()) if result.returns_rows else []
        except DBAPIError as error:
            raise EngineUnavailableError(f"The engine does not answer: {error!r}.") from error


@dataclass(frozen=True, slots=True)
class _PlainTask:
    """A task that is called without Prefect; transient errors are retried as it would."""

    name: str
    body: Callable[..., Any]

    def __call__(self, *arguments: object) -> Any:
        for seconds in RETRY_SECONDS:
            try:
                return self.body(*arguments)
            except TransientError:
                time.sleep(seconds)
        return self.body(*arguments)

    def with_options(self, **_options: object) -> _PlainTask:
        return self

    def submit(self, *arguments: object) -> Future[object]:
        """Run it at once: what goes on at the same time is chosen by the dice alone."""
        done: Future[object] = Future()
        done.set_result(self(*arguments))
        return done


def install(runs: Runs) -> None:
    """Put `runs` in Prefect's place, in this process, for good."""
    for name in STOOD_IN_FOR:
        replace_everywhere(getattr(real, name), getattr(runs, name))
    vars(gate)["_gate"] = _plain(vars(gate)["_gate"])
    vars(sleeping)["suspend_flow_run"] = _suspend(runs)
    vars(sleeping)["read_flow_run_input"] = _nothing_said
    vars(hand_off_flow)["segment"] = _plain_segment
    for name in ("judge_chunk", "judge_turned", "start_hand_offs"):
        setattr(qualify_flow, name, _plain(getattr(qualify_flow, name)))


def replace_everywhere(old: object, new: object) -> int:
    """Put `new` wherever a module of the product says `old`; return in how many places."""
    places = 0
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] not in ("baton", "flows", "tasks"):
            continue
        for key, value in list(vars(module).items()):
            if value is old:
                setattr(module, key, new)
                places += 1
    return places


def _plain(task: Any) -> _PlainTask:
    return _PlainTask(task.name, task.fn)


def _nothing_said(_key: str) -> None:
    """Nobody uses Prefect's form here."""


def _suspend(runs: Runs) -> Callable[..., None]:
    def suspend(**_how: object) -> None:
        runs.put(_present.get(), "PAUSED")
        raise Slept

    return suspend


@contextmanager
def _plain_segment(hand_off_id: str) -> Iterator[segment.Go]:
    with segment.segment(hand_off_id) as go:
        yield lambda stage: go(_plain(stage))  # type: ignore[arg-type]


def run_segment(runs: Runs, flow_run_id: str, hand_off_id: str) -> str:
    """Run the hand-off's flow until it sleeps or ends; return the state that the run is left in."""
    _present.set(flow_run_id)
    try:
        hand_off_flow.hand_off.fn(hand_off_id)
    except Slept:
        return "PAUSED"
    except TransientError:
        state = "FAILED"
    else:
        state = "COMPLETED"
    runs.put(flow_run_id, state)
    return state
