from __future__ import annotations

import subprocess
import sys
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from rich.console import Console
from sqlalchemy import Engine

from baton.engine.sweep import SweepResult, sweep
from baton.errors import EngineUnavailableError
from baton.store.health import where_leads_are
from baton.store.views import list_hand_offs
from benchmarks.engine import cast
from benchmarks.engine.copies import Example, copy_hand_offs
from benchmarks.engine.figures import Sizes
from benchmarks.engine.processes import await_true, processor_seconds
from benchmarks.engine.speed import p95
from benchmarks.engine.waiting import status_seconds
from benchmarks.plan import FULL_SIZE, Plan
from tasks.book import book
from tests.engine.worlds import World

COPIES = 30


def plan_of(leads: int) -> Plan:
    return Plan("unused", leads, keeps_data=False, console=Console(stderr=True))


@pytest.fixture
def world(database: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(database, monkeypatch)


def test_copies_wait_as_the_hand_off_does_that_they_were_made_of(world: World) -> None:
    hand_off_id = world.start()
    world.walk(hand_off_id, book)
    example = Example(world.lead_of(hand_off_id).id, hand_off_id, uuid.uuid4())
    # Its promises begin.
    assert sweep(world.runtime).promised > 0
    database = world.runtime.database
    copy_hand_offs(database, example, range(1, COPIES))
    copy_hand_offs(database, example, range(COPIES, 2 * COPIES))
    with world.runtime.transaction() as session:
        lines = list_hand_offs(session)
        assert where_leads_are(session).difference == 0
    assert len({line.id for line in lines}) == len({line.lead_id for line in lines}) == 2 * COPIES
    assert len({(line.stage, line.wait_kind, line.due_at, line.state) for line in lines}) == 1
    assert sweep(world.runtime) == SweepResult()
    assert status_seconds(world.runtime) > 0


def test_the_full_plan_measures_what_was_promised_and_a_small_one_less() -> None:
    full, small = asdict(Sizes.of(plan_of(FULL_SIZE))), asdict(Sizes.of(plan_of(1000)))
    assert (full["idle"], full["swept"], full["memory_segments"]) == (30_000, 100_000, 10_000)
    assert all(small[name] < full[name] for name in full)


def test_every_lead_is_another_person_of_another_company(tmp_path: Path) -> None:
    cast.write_leads(tmp_path / "leads.csv", range(5))
    cast.write_touches(tmp_path / "touches.csv", range(5), datetime(2026, 3, 2, tzinfo=UTC))
    assert len({cast.lead(number)["email"].split("@")[1] for number in range(5)}) == 5
    assert len((tmp_path / "leads.csv").read_text().splitlines()) == 1 + 5
    assert len((tmp_path / "touches.csv").read_text().splitlines()) == 1 + 5 * len(cast.TOUCHES)


@pytest.mark.parametrize(("values", "found"), [([7.0], 7.0), ([float(n) for n in range(101)], 95)])
def test_ninety_five_of_a_hundred_are_no_slower(values: list[float], found: float) -> None:
    assert p95(values) == found


def test_the_time_of_a_process_includes_that_of_one_it_started_and_outlived() -> None:
    burn = "sum(range(8_000_000))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{burn}'])"
    code = f"{child}; print('done', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "done\n"
        one = psutil.Process(started.pid)
        own = one.cpu_times().user
        assert processor_seconds([one]) > own + 0.05
        started.communicate("\n")
    with pytest.raises(EngineUnavailableError):
        processor_seconds([one])


def test_what_never_comes_is_an_error_after_its_time() -> None:
    assert await_true(lambda: True, "that", None, 1) < 1
    with pytest.raises(EngineUnavailableError, match=r"that: nothing after 0\.1 seconds"):
        await_true(lambda: False, "that", None, 0.1)
