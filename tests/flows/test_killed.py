"""`kill -9` in the middle: everything goes on, nobody gets a message twice (I6)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from baton import runtime as composition
from baton.demo.ports import free_port
from baton.settings import load_settings
from baton.store.database import connect, create_database, start_embedded
from baton.store.reps import import_reps
from baton.testing.mail import MailWorld
from tests.flows.conftest import REPS, agree

OWN = "handoffs@baton.example"
LEADS = 6
COMPANIES = "domain,name,industry,employees,revenue_usd,country\n" + "".join(
    f"buyer{number}.example,Buyer {number},software,300,9000000,GB\n" for number in range(LEADS)
)
START_SECONDS = 120
SETTLE_SECONDS = 150


class House:
    """`baton up` as its users run it, with a slow mail server around it."""

    def __init__(self, home: Path, mail: MailWorld) -> None:
        self.home = home
        self.port = free_port()
        self.environment = {
            **os.environ,
            "BATON_HOME": str(home / "state"),
            "BATON_RULES": str(Path("rules").resolve()),
            "BATON_PREFECT_PORT": str(free_port()),
            "BATON_API_PORT": str(self.port),
            "BATON_API_TOKEN": "token-of-this-test",
            "BATON_SMTP_PORT": str(mail.port),
            "BATON_MAILBOX": f"maildir:{mail.maildir(OWN)}",
            "BATON_MAIL_ADDRESS": OWN,
            "BATON_MAIL_COPY_SECONDS": "2",
            "BATON_FIRMOGRAPHICS": str(home / "companies.csv"),
            "PYTHONWARNINGS": "ignore",
        }

    def set_up(self) -> None:
        """Hire reps, and have both teams sign the agreement."""
        (self.home / "reps.csv").write_text(REPS, encoding="utf-8")
        (self.home / "companies.csv").write_text(COMPANIES, encoding="utf-8")
        settings = load_settings(_env_file=None, home=self.home / "state", rules=Path("rules"))
        runtime = composition.build(settings)
        with runtime.transaction() as session:
            import_reps(session, self.home / "reps.csv")
        agree(runtime)
        runtime.database.dispose()

    def let_leases_end(self) -> None:
        """Put the clock forward by the minute for which a dead worker's lease holds."""
        engine = connect(create_database(start_embedded(self.home / "state/postgres"), "baton"))
        with engine.begin() as connection:
            connection.execute(
                text(
                    "update hand_off set lease_until = clock_timestamp() where lease_until > now()"
                )
            )
        engine.dispose()

    @contextmanager
    def up(self) -> Iterator[subprocess.Popen[bytes]]:
        with (self.home / "up.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "baton.cli.main", "up"],
                cwd=self.home,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        try:
            self.wait_until_up(process)
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)

    def wait_until_up(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while "Baton is up" not in (self.home / "up.log").read_text(encoding="utf-8"):
            assert process.poll() is None, (self.home / "up.log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "baton up did not start"
            time.sleep(0.2)
        (self.home / "up.log").write_text("", encoding="utf-8")

    def api(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api",
            headers={"Authorization": "Bearer token-of-this-test"},
            timeout=30,
        )

    def stages(self) -> list[str]:
        with self.api() as api:
            return [line["stage"] for line in api.get("/hand-offs").json()]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[House, MailWorld]]:
    with MailWorld(tmp_path / "mail") as mail:
        made = House(tmp_path, mail)
        made.set_up()
        yield made, mail


def lead(number: int) -> dict[str, object]:
    return {
        "email": f"lea{number}@buyer{number}.example",
        "given_name": "Lea",
        "family_name": f"Marlow{number}",
        "title": "VP Sales",
        "company": f"Buyer {number}",
        "country": "GB",
        "needs": "Hand leads over without losing them.",
        "timetable": "this quarter",
    }


def test_a_killed_house_goes_on_and_sends_nothing_twice(house: tuple[House, MailWorld]) -> None:
    made, mail = house
    with made.up() as process:
        with made.api() as api:
            health = api.get("/health")
            assert health.status_code == httpx.codes.OK
        _take_in_and_start(made)
        wanted = 5
        deadline = time.monotonic() + SETTLE_SECONDS
        while len(mail.deliveries) < wanted:
            assert time.monotonic() < deadline, "no mail went out"
            time.sleep(0.01)
        process.kill()
        process.wait()
    before = len(mail.deliveries)
    made.let_leases_end()
    with made.up():
        deadline = time.monotonic() + SETTLE_SECONDS
        while made.stages() != ["book"] * LEADS or len(mail.deliveries) < LEADS * 8:
            assert time.monotonic() < deadline, (made.stages(), len(mail.deliveries))
            time.sleep(0.3)
        time.sleep(3)
    assert before < LEADS * 8, "the kill came too late to mean anything"
    received = Counter((d.recipient.split("+")[0], d.message_id) for d in mail.deliveries)
    assert set(received.values()) == {1}
    assert len(mail.deliveries) == LEADS * 8


def _take_in_and_start(made: House) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600))
    with made.api() as api:
        ids = []
        for number in range(LEADS):
            answer = api.post("/leads", json=lead(number))
            assert answer.is_success, answer.text
            ids.append(answer.json()["lead"]["lead_id"])
            for kind in ("demo_request", "pricing_page", "webinar"):
                touch = {"email": lead(number)["email"], "kind": kind, "at": at}
                answer = api.post("/touches", json=touch)
                assert answer.is_success, answer.text
        for lead_id in ids:
            answer = api.post(f"/leads/{lead_id}/hand-off", json={"by": "the test"})
            assert answer.is_success, answer.text
