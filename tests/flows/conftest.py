"""One house for all tests of flows: a real Prefect server, a worker, an SMTP server."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from sqlalchemy.orm import Session

from baton import runtime as composition
from baton.demo.ports import free_port
from baton.domain.clock import SetClock
from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance
from baton.engine.actions import start_hand_off
from baton.engine.house import House
from baton.engine.inbox import read_inbox
from baton.rulebook.loading import agreement_from_content
from baton.runtime import Runtime
from baton.settings import load_settings
from baton.store.database import create_database
from baton.store.reps import import_reps
from baton.store.tables import HandOff, Lead, Wait
from baton.store.waits import latest_wait
from baton.testing.agreeing import agreed
from baton.testing.mail import MailWorld, calendar_reply_mail, reply_mail
from tests.factories import make_account, make_lead, make_touch

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RULES = Path("rules")
AE = ("Ana Ortiz", "ana@seller.example")
APPROVER = "pat@seller.example"
REPS = f"""email,name,role,manager_email,time_zone,country,working_hours
max@seller.example,Max Hill,MANAGER,,Europe/London,GB,mon-fri 09:00-17:00
sam@seller.example,Sam Reed,SDR,max@seller.example,Europe/London,GB,mon-fri 09:00-17:00
{AE[1]},{AE[0]},AE,max@seller.example,Europe/London,GB,mon-fri 09:00-17:00
{APPROVER},Pat Lee,APPROVER,,Europe/London,GB,mon-fri 09:00-17:00
"""


def agree(runtime: Runtime, **changes: Any) -> None:
    """Have both teams sign the agreement of the rules folder, changed, and let it decide."""
    content = yaml.safe_load((RULES / "agreement.yaml").read_text(encoding="utf-8")) | changes
    agreement_from_content(content)
    with runtime.transaction() as session:
        agreed(session, content, at=runtime.clock.now())


@dataclass
class Scene:
    """A house with people around it; every test brings its own lead."""

    runtime: Runtime
    clock: SetClock
    house: House
    mail: MailWorld
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def agree(self, **changes: Any) -> None:
        agree(self.runtime, **changes)

    def new_lead(self, **values: Any) -> int:
        number = next(self.numbers)
        with self.runtime.transaction() as session:
            email = values.get("email", f"lea{number}@buyer{number}.example")
            domain = str(email).split("@")[1]
            account = make_account(session, domain, employees=300, country="GB")
            values = {
                "email": email,
                "given_name": "Lea",
                "family_name": f"Marlow {number}",
                "title": "VP Sales",
                "company": f"Buyer {number}",
                "country": "GB",
                "time_zone": "Europe/London",
                "needs": "Hand leads over without losing them.",
                "timetable": "this quarter",
                "phone": f"+44 20 7946 {number:04d}",
                "account_id": account.id,
            } | values
            lead = make_lead(session, **values)
            for days, kind in ((1, "demo_request"), (2, "pricing_page"), (4, "webinar")):
                make_touch(session, lead, at=self.clock.now() - timedelta(days=days), kind=kind)
            return lead.id

    def start(self, **values: Any) -> uuid.UUID:
        hand_off_id = start_hand_off(self.runtime, self.new_lead(**values), by="test")
        self.house.wait_until_quiet(120)
        return hand_off_id

    def hand_off(self, hand_off_id: uuid.UUID) -> HandOff:
        with Session(self.runtime.database, expire_on_commit=False) as session:
            return session.get_one(HandOff, hand_off_id)

    def lead_of(self, hand_off_id: uuid.UUID) -> Lead:
        with Session(self.runtime.database, expire_on_commit=False) as session:
            return session.get_one(Lead, session.get_one(HandOff, hand_off_id).lead_id)

    def wait_of(self, hand_off_id: uuid.UUID, kind: WaitKind) -> Wait | None:
        with Session(self.runtime.database, expire_on_commit=False) as session:
            return latest_wait(session, hand_off_id, kind)

    def run_of(self, hand_off_id: uuid.UUID) -> FlowRun:
        flow_run_id = self.hand_off(hand_off_id).flow_run_id
        assert flow_run_id is not None
        with get_client(sync_client=True) as client:
            return client.read_flow_run(uuid.UUID(flow_run_id))

    def letters_to(self, address: str, subject_part: str = "") -> list[bytes]:
        found = [received.content for received in self.mail.mailbox(address).fetch()]
        return [content for content in found if subject_part.encode() in content]

    def everybody_accepts(self, hand_off_id: uuid.UUID) -> None:
        lead = self.lead_of(hand_off_id)
        assert lead.email is not None
        thread = str(hand_off_id).encode()
        introduction, invite = (c for c in self.letters_to(lead.email) if thread in c)
        now = self.clock.now()
        self.send(reply_mail(introduction, sender=AE, text="Glad to meet you.", at=now), AE)
        for person in (AE, ("Lea Marlow", lead.email)):
            answer = calendar_reply_mail(
                invite, sender=person, attendance=Attendance.ACCEPTED, at=now
            )
            self.send(answer, person)
        read_inbox(self.runtime)
        self.house.wait_until_quiet(120)

    def send(self, content: bytes, sender: tuple[str, str]) -> None:
        self.runtime.transport.send(
            content, sender=sender[1], recipients=[self.runtime.settings.mail_address]
        )


@pytest.fixture(scope="package")
def scene(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("house")
    clock = SetClock(NOW)
    with MailWorld(home / "mail", clock=clock) as mail:
        own = "handoffs@baton.example"
        settings = load_settings(
            _env_file=None,
            home=home,
            rules=RULES,
            database_url=create_database(server_url, f"flows_{uuid.uuid4().hex}"),
            prefect_port=free_port(),
            smtp_port=mail.port,
            mail_address=own,
            mailbox=f"maildir:{mail.maildir(own)}",
        )
        runtime = composition.build(settings, clock)
        (home / "reps.csv").write_text(REPS, encoding="utf-8")
        with runtime.transaction() as session:
            import_reps(session, home / "reps.csv")
        with House(runtime, scheduled=()) as house:
            yield Scene(runtime, clock, house, mail)
        composition.use(None)
        runtime.database.dispose()
