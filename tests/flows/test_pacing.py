"""How many calls a minute a neighbour takes is counted by a real Prefect server."""

from __future__ import annotations

import uuid

import pytest
from prefect.client.orchestration import get_client

from baton.demo.ports import free_port
from baton.domain.hand_off import Neighbour
from baton.engine import pacing
from baton.engine.pacing import keep_pace
from baton.errors import EngineUnavailableError, PaceError
from tests.flows.conftest import Scene


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"limit-{uuid.uuid4().hex[:8]}"
    monkeypatch.setattr(pacing, "limit_name", lambda _: name)
    monkeypatch.setattr(pacing, "PATIENCE_SECONDS", 1)


def test_no_more_calls_are_made_than_agreed(scene: Scene) -> None:
    settings = scene.runtime.settings.model_copy(update={"mail_per_minute": 1})
    keep_pace(settings, Neighbour.MAIL)
    with pytest.raises(PaceError, match="takes 1 calls a minute"):
        keep_pace(settings, Neighbour.MAIL)
    with get_client(sync_client=True) as client:
        limit = client.read_global_concurrency_limit_by_name(pacing.limit_name(Neighbour.MAIL))
    assert limit.limit == 1
    assert limit.slot_decay_per_second == pytest.approx(1 / 60)


def test_without_a_number_nobody_is_asked(scene: Scene) -> None:
    settings = scene.runtime.settings.model_copy(update={"prefect_port": free_port()})
    keep_pace(settings, Neighbour.CRM)


def test_a_count_that_nobody_keeps_is_no_leave_to_call(scene: Scene) -> None:
    settings = scene.runtime.settings.model_copy(
        update={"prefect_port": free_port(), "crm_per_minute": 600}
    )
    with pytest.raises(EngineUnavailableError, match="counts the calls to the crm"):
        keep_pace(settings, Neighbour.CRM)
