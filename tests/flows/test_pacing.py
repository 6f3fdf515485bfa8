"""How many calls a minute a neighbour takes is counted by a real Prefect server."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from prefect.client.orchestration import get_client

from baton.demo.ports import free_port
from baton.domain.hand_off import EffectKind, Neighbour
from baton.engine import pacing, sweep
from baton.engine.pacing import keep_pace
from baton.errors import EngineUnavailableError, PaceError, SettingsError
from baton.settings import load_settings
from baton.store.effects import Intent, effect_by_key, intend
from baton.testing.mail_fakes import FakeTransport
from tests.flows.conftest import Scene


@pytest.fixture(autouse=True)
def fresh_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"limit-{uuid.uuid4().hex[:8]}"
    monkeypatch.setattr(pacing, "limit_name", lambda what: f"{name}-{what}")
    monkeypatch.setattr(pacing, "PATIENCE_SECONDS", 1)


def test_no_more_calls_are_made_than_agreed(scene: Scene) -> None:
    settings = scene.runtime.settings.model_copy(update={"mail_per_minute": 1})
    keep_pace(settings, Neighbour.MAIL)
    with pytest.raises(PaceError, match=r"takes 1 .* calls a minute"):
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


def test_a_domain_has_a_pace_of_its_own_beside_the_servers(scene: Scene) -> None:
    domain = {"mail_per_minute_to": {"gmail.example": 1}}
    of_domain = scene.runtime.settings.model_copy(update=domain)
    keep_pace(of_domain, Neighbour.MAIL, ["jana@GMAIL.example", "ida@seller.example"])
    both = of_domain.model_copy(update={"mail_per_minute": 1})
    with pytest.raises(PaceError, match=r"1 \(limit-\w+-mail-to-gmail\.example\)"):
        keep_pace(both, Neighbour.MAIL, ["lou@gmail.example"])
    # What the domain did not take was not counted for the server.
    keep_pace(both, Neighbour.MAIL, ["lou@birch.example"])
    with pytest.raises(PaceError):
        keep_pace(both, Neighbour.MAIL, ["lou@birch.example"])


def test_a_domain_without_a_pace_is_not_counted(scene: Scene) -> None:
    settings = scene.runtime.settings.model_copy(
        update={"prefect_port": free_port(), "mail_per_minute_to": {"gmail.example": 1}}
    )
    keep_pace(settings, Neighbour.MAIL, ["lou@birch.example"])


def test_the_sweep_leaves_for_later_what_a_domain_does_not_take_yet(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mails to others go out, and the pace of the domain is what it was agreed to be."""
    paced = {"mail_per_minute_to": {"gmail.example": 1}}
    settings = scene.runtime.settings.model_copy(update=paced)
    transport = FakeTransport()
    runtime = replace(scene.runtime, settings=settings, transport=transport)
    recipients = ("a@gmail.example", "b@gmail.example", "c@gmail.example", "d@birch.example")
    now = runtime.clock.now()
    keys = [f"{uuid.uuid4()}:{address}" for address in recipients]
    with runtime.transaction() as session:
        for key, address in zip(keys, recipients, strict=True):
            intend(session, a_mail(key, address), at=now)
    monkeypatch.setattr(sweep, "PACE_PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(sweep, "unsettled_effects", lambda _: keys)
    result = sweep.SweepResult()
    sweep._settle_effects(runtime, result)
    assert (result.settled, result.unsettled) == (2, 2)
    sent = [one.recipients for one in transport.sent]
    assert sent == [("a@gmail.example",), ("d@birch.example",)]
    with runtime.transaction() as session:
        waiting = [effect_by_key(session, key) for key in keys[1:3]]
        assert all(one and one.state == "intended" and one.not_before for one in waiting)


@pytest.mark.parametrize(
    "written", ['{"gmail.com": 0}', '{"gmail": 3}', '{"*": 3}', '{"a@gmail.com": 3}', "30"]
)
def test_a_pace_that_is_none_is_refused(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_MAIL_PER_MINUTE_TO", '{"GMail.com": 30}')
    assert load_settings().mail_per_minute_to == {"gmail.com": 30}
    monkeypatch.setenv("BATON_MAIL_PER_MINUTE_TO", written)
    with pytest.raises(SettingsError, match="BATON_MAIL_PER_MINUTE_TO"):
        load_settings()


def a_mail(key: str, address: str) -> Intent:
    return Intent(
        key,
        EffectKind.NOTICE,
        f"<{key}@seller.example>",
        recipients=(address,),
        payload={"envelope": [address]},
        content=b"From: <handoffs@seller.example>\r\n\r\n",
    )
