"""Prefect's database was lost, or put back to yesterday's: every open hand-off goes on (I5, I6)."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.states import Completed, Paused, Running

from baton.domain.hand_off import WaitKind
from baton.engine.actions import approve
from baton.engine.relaunching import relaunch
from tests.flows.conftest import APPROVER, Scene

# Prefect's client leaves sockets of its worker to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
NEVER = {"when": "never", "borderline_points": 0}
ALWAYS = {"when": "always", "borderline_points": 0}


def letters(scene: Scene, hand_off_id: uuid.UUID) -> int:
    """How many mails of the hand-off its lead and the approver have."""
    email = scene.lead_of(hand_off_id).email
    assert email is not None
    return sum(len(scene.letters_to(to, str(hand_off_id))) for to in (email, APPROVER))


def slept_on(scene: Scene, hand_off_id: uuid.UUID) -> str:
    state = scene.run_of(hand_off_id).state
    assert state is not None
    assert state.name == "Suspended"
    return (state.state_details.pause_key or "").rpartition("-")[0]


def test_a_run_that_prefect_forgot_is_made_again_and_sleeps_where_it_slept(scene: Scene) -> None:
    scene.agree(approval=ALWAYS)
    hand_off_id = scene.start()
    before, run = letters(scene, hand_off_id), scene.run_of(hand_off_id)
    slept = slept_on(scene, hand_off_id)
    with get_client(sync_client=True) as client:
        client.delete_flow_run(run.id)
    assert relaunch(scene.runtime).launched == 1
    scene.house.wait_until_quiet(120)
    assert scene.run_of(hand_off_id).id != run.id
    assert slept_on(scene, hand_off_id) == slept
    assert letters(scene, hand_off_id) == before
    again = relaunch(scene.runtime)
    assert (again.launched, again.driven) == (0, 0)
    approve(scene.runtime, hand_off_id, approved=True, by=APPROVER)
    scene.house.wait_until_quiet(120)
    assert scene.hand_off(hand_off_id).stage == "book"


def test_runs_that_stand_elsewhere_come_to_where_our_tables_say(scene: Scene) -> None:
    scene.agree(approval=NEVER)
    hand_offs = [scene.start() for _ in range(3)]
    before = [letters(scene, one) for one in hand_offs]
    yesterday: tuple[State[Any], ...] = (
        Paused(pause_key="approval-1-1", timeout_seconds=10**6, reschedule=True),
        Running(),
        Completed(),
    )
    with get_client(sync_client=True) as client:
        for hand_off_id, state in zip(hand_offs, yesterday, strict=True):
            client.set_flow_run_state(scene.run_of(hand_off_id).id, state, force=True)
    assert relaunch(scene.runtime).driven == len(hand_offs)
    scene.house.wait_until_quiet(120)
    for hand_off_id in hand_offs:
        wait = scene.wait_of(hand_off_id, WaitKind.ACCEPTANCE)
        assert wait is not None
        assert slept_on(scene, hand_off_id) == f"acceptance-{wait.id}"
    assert [letters(scene, one) for one in hand_offs] == before
    assert relaunch(scene.runtime).driven == 0
