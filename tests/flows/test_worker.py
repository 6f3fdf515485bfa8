"""The in-process worker drains when it is stopped, and one run's crash stays in that run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate

from baton.domain.hand_off import WaitKind
from baton.engine.actions import cancel_hand_off, start_hand_off
from baton.engine.runs import DEPLOYMENT, api_url
from baton.engine.worker import POOL
from baton.store.tables import Lead
from tests.factories import make_touch
from tests.flows.conftest import Scene

# Prefect's client leaves sockets of its worker to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]
NEVER = {"when": "never", "borderline_points": 0}
OTHER_POOL = "draining"
START = f"prefect worker start --pool {OTHER_POOL} --type baton"
MAILS = 8


def test_a_crash_in_one_run_leaves_the_others_and_the_worker_alone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.agree(approval=NEVER)
    send = scene.runtime.transport.send

    def crash_for_one(content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        if "doomed@crash.example" in recipients:
            raise SystemExit(3)
        send(content, sender=sender, recipients=recipients)

    monkeypatch.setattr(scene.runtime.transport, "send", crash_for_one)
    doomed, other = (
        start_hand_off(scene.runtime, scene.new_lead(**values), by="test")
        for values in ({"email": "doomed@crash.example"}, {})
    )
    scene.house.wait_until_quiet(120)
    assert scene.run_of(doomed).state_name == "Crashed"
    assert scene.run_of(other).state_name == "Suspended"
    assert scene.run_of(scene.start()).state_name == "Suspended"
    cancel_hand_off(scene.runtime, doomed, by="test", reason="the test is over")


def test_a_stopped_worker_ends_its_segment_begins_none_and_leaves_with_0(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.agree(approval=NEVER)
    arrived = threading.Event()
    deliver = scene.mail.deliver

    def deliver_slowly(content: bytes, sender: str, recipients: Sequence[str]) -> None:
        if b"Marlow" in content and not arrived.is_set():
            arrived.set()
            time.sleep(2)
        deliver(content, sender, recipients)

    monkeypatch.setattr(scene.mail, "deliver", deliver_slowly)
    before = len(scene.mail.deliveries)
    with runs_go_elsewhere(), worker(scene) as process:
        running = start_hand_off(scene.runtime, _lead_of_today(scene), by="test")
        assert arrived.wait(60), "no mail went out"
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        late = start_hand_off(scene.runtime, _lead_of_today(scene), by="test")
        log = scene.runtime.settings.home / "worker.log"
        _await(lambda: process.poll() is not None, log)
        assert process.returncode == 0
    assert scene.run_of(running).state_name == "Suspended"
    assert scene.wait_of(running, WaitKind.ACCEPTANCE) is not None
    assert scene.run_of(late).state_name in ("Scheduled", "Late")
    sent = Counter((d.recipient, d.message_id) for d in scene.mail.deliveries[before:])
    assert set(sent.values()) == {1}
    assert sent.total() == MAILS
    _forget(scene, late)


@contextmanager
def runs_go_elsewhere() -> Iterator[None]:
    """Send new runs of hand-offs to a pool that the house's own worker does not serve."""
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=OTHER_POOL, type="baton"))
        deployment = client.read_deployment_by_name(DEPLOYMENT).id
        client.update_deployment(deployment, DeploymentUpdate(work_pool_name=OTHER_POOL))
        yield
        client.update_deployment(deployment, DeploymentUpdate(work_pool_name=POOL))


def as_in_the_background() -> None:
    """Ignore SIGINT, as what a script starts with `&` does; SIGTERM stops it all the same."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def worker(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    """`prefect worker start --type baton`, once it polls."""
    given = scene.runtime.settings
    assert given.database_url is not None
    log = given.home / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                *f"prefect worker start --pool {OTHER_POOL} --type baton".split(),
            ],
            cwd=given.home,
            env={
                **os.environ,
                "BATON_HOME": str(given.home),
                "BATON_RULES": str(given.rules.resolve()),
                "BATON_DATABASE_URL": given.database_url.get_secret_value(),
                "BATON_SMTP_PORT": str(given.smtp_port),
                "BATON_MAIL_ADDRESS": given.mail_address,
                "PREFECT_API_URL": api_url(given),
                "PREFECT_WORKER_QUERY_SECONDS": "1",
                "PYTHONWARNINGS": "ignore",
            },
            stdout=output,
            stderr=output,
            preexec_fn=as_in_the_background,  # noqa: PLW1509 (no other thread's lock is needed)
        )
    try:
        _await(lambda: "started!" in log.read_text(encoding="utf-8"), log)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _await(holds: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
        time.sleep(0.1)


def _lead_of_today(scene: Scene) -> int:
    """A lead who qualifies by the machine's clock, which is another process's."""
    lead_id = scene.new_lead()
    with scene.runtime.transaction() as session:
        lead = session.get_one(Lead, lead_id)
        for days, kind in ((1, "demo_request"), (2, "pricing_page"), (4, "webinar")):
            make_touch(session, lead, at=datetime.now(UTC) - timedelta(days=days), kind=kind)
    return lead_id


def _forget(scene: Scene, hand_off_id: uuid.UUID) -> None:
    cancel_hand_off(scene.runtime, hand_off_id, by="test", reason="the test is over")
    with get_client(sync_client=True) as client:
        client.delete_flow_run(scene.run_of(hand_off_id).id)
