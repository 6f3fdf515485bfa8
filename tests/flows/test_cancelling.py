"""Who cancels a run in Prefect cancels the hand-off: the lead goes back to nurture (I5)."""

from __future__ import annotations

from prefect.client.orchestration import get_client
from prefect.states import Cancelling

from baton.engine.sweep import sweep
from tests.flows.conftest import Scene


def test_a_run_cancelled_while_it_sleeps_takes_its_hand_off_along(scene: Scene) -> None:
    scene.agree()
    hand_off_id = scene.start()
    run = scene.run_of(hand_off_id)
    assert run.state is not None
    assert run.state.is_paused()
    with get_client(sync_client=True) as client:
        # As its UI does.
        client.set_flow_run_state(run.id, Cancelling())
    assert sweep(scene.runtime).cancelled == 1
    scene.house.wait_until_quiet(60)
    assert scene.hand_off(hand_off_id).state == "cancelled"
    assert scene.lead_of(hand_off_id).place == "nurture"
    ended = scene.run_of(hand_off_id).state
    assert ended is not None
    assert ended.is_cancelled()
    assert sweep(scene.runtime).cancelled == 0


def test_a_run_that_nobody_ends_after_it_was_cancelled_is_ended(scene: Scene) -> None:
    scene.agree()
    hand_off_id = scene.start()
    run_id = scene.run_of(hand_off_id).id
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run_id, Cancelling(), force=True)
    assert sweep(scene.runtime).cancelled == 1
    state = scene.run_of(hand_off_id).state
    assert state is not None
    assert state.is_cancelled()
