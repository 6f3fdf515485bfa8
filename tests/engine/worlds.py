"""A small installation on the test's database: people, a signed agreement, mail in memory.

Stages run through their own functions, one after the other, without Prefect: what Prefect would
be asked for is written down in `World.engine`.
"""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import Engine, TextClause, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from baton import runtime as composition
from baton.adapters.crm.port import Crm
from baton.domain.clock import SetClock
from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance, OutcomeKind
from baton.engine import actions, deciding, sweep
from baton.engine.effects import Lease
from baton.engine.inbox import read_inbox
from baton.engine.segment import _begin, _finish
from baton.engine.stage import Finished, StageTask, Step
from baton.messages.rendering import Messages
from baton.rulebook.loading import load_agreement
from baton.settings import Settings
from baton.store.hand_offs import give_lease_back, take_lease
from baton.store.opt_outs import record_opt_out
from baton.store.tables import Account, Effect, HandOff, Lead, Meeting, Touch, Wait
from baton.testing.agreeing import agreed
from baton.testing.mail import (
    auto_reply_mail,
    bounce_mail,
    calendar_of,
    calendar_reply_mail,
    reply_mail,
)
from baton.testing.mail_fakes import FakeMailbox, FakeTransport, Sent
from baton.testing.runtime import make_runtime
from tasks.approve import approve
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.choose import choose
from tasks.enrich import enrich
from tasks.introduce import introduce
from tasks.return_to_nurture import return_to_nurture
from tasks.score import score
from tasks.transfer import transfer
from tasks.validate import validate
from tests.engine.engine_calls import EngineCalls
from tests.factories import make_lead, make_rep

RULES = Path(__file__).parents[2] / "rules"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORDER = (enrich, score, validate, approve, choose, introduce, book, await_outcome)
HOURS = {day: ["09:00", "17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


@cache
def _content() -> dict[str, Any]:
    return load_agreement(RULES / "agreement.yaml").content


@cache
def _messages() -> Messages:
    """The texts, compiled once for all worlds."""
    return Messages(RULES / "messages")


class World:
    """People, an agreement and a clock; tests walk hand-offs through it."""

    def __init__(
        self,
        database: Engine,
        monkeypatch: pytest.MonkeyPatch,
        change: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        """Make everything; `change` may alter the agreement of the rules folder."""
        self.clock = SetClock(NOW)
        self.mailbox = FakeMailbox()
        self.transport = FakeTransport(copies_to=self.mailbox)
        made = make_runtime(
            database, self.clock, RULES, transport=self.transport, mailbox=self.mailbox
        )
        self.runtime = replace(made, messages=_messages())
        self.engine = EngineCalls()
        monkeypatch.setattr(composition, "_current", [self.runtime])
        for module, name in (
            (actions, "launch"),
            (deciding, "wake"),
            (sweep, "drive_again"),
            (sweep, "standings_of"),
            (sweep, "runs_cancelled"),
            (sweep, "end_cancelled"),
        ):
            monkeypatch.setattr(module, name, getattr(self.engine, name))
        with self.runtime.transaction() as session:
            self.sdr, self.ae, self.manager, self.approver = (
                self._rep(session, role, name)
                for role, name in (
                    ("SDR", "Sam"),
                    ("AE", "Ida"),
                    ("MANAGER", "Max"),
                    ("APPROVER", "Ann"),
                )
            )
            self.agreement_id = self._agreement(session, change)

    def _rep(self, session: Session, role: str, name: str) -> str:
        rep = make_rep(session, role, email=f"{name.lower()}@seller.example", name=f"{name} Moor")
        rep.working_hours = HOURS
        return rep.email

    def _agreement(self, session: Session, change: Callable[[dict[str, Any]], None] | None) -> int:
        content = copy.deepcopy(_content())
        if change is not None:
            change(content)
        return agreed(session, content, at=NOW)

    def rep(self, role: str, name: str) -> str:
        """Hire somebody; return the address."""
        with self.runtime.transaction() as session:
            return self._rep(session, role, name)

    # What is there

    def lead(self, **values: Any) -> int:
        """Insert a lead that the agreement takes, unless `values` make it otherwise."""
        with self.runtime.transaction() as session:
            number = uuid.uuid4().hex[:8]
            account = Account(
                domain=f"harbour-{number}.example", name="Harbour", employees=200, country="DE"
            )
            session.add(account)
            session.flush()
            chosen = {
                "email": f"ada@{account.domain}",
                "given_name": "Ada",
                "family_name": f"Moor-{number}",
                "title": "Chief Marketing Officer",
                "seniority": "c_level",
                "function": "marketing",
                "company": "Harbour",
                "domain": account.domain,
                "country": "DE",
                "time_zone": "Europe/Berlin",
                "needs": "Fewer lost leads",
                "account_id": account.id,
            }
            lead = make_lead(session, at=NOW, **(chosen | values))
            for kind, days in (("demo_request", 1), ("webinar", 2)):
                session.add(Touch(lead_id=lead.id, kind=kind, at=NOW - timedelta(days=days)))
            return lead.id

    def start(self, lead_id: int | None = None, **values: Any) -> uuid.UUID:
        """Open a hand-off for the lead, or for a new one."""
        return actions.start_hand_off(self.runtime, lead_id or self.lead(**values), by="test")

    def row(self, table: type[Any], key: object) -> Any:
        """Return a row as it is now, detached."""
        with Session(self.runtime.database) as session:
            return session.get_one(table, key)

    def hand_off(self, hand_off_id: uuid.UUID) -> HandOff:
        found: HandOff = self.row(HandOff, hand_off_id)
        return found

    def lead_of(self, hand_off_id: uuid.UUID) -> Lead:
        found: Lead = self.row(Lead, self.hand_off(hand_off_id).lead_id)
        return found

    def all(self, table: type[Any], *where: Any) -> list[Any]:
        """The table's rows in the order of their keys: numbered rows, the oldest first."""
        with Session(self.runtime.database) as session:
            rows = select(table).where(*where).order_by(*table.__table__.primary_key)
            return list(session.scalars(rows))

    def waits(self, hand_off_id: uuid.UUID) -> list[Wait]:
        found = self.all(Wait, Wait.hand_off_id == hand_off_id)
        return sorted(found, key=lambda wait: wait.id)

    def meetings(self, hand_off_id: uuid.UUID) -> list[Meeting]:
        found = self.all(Meeting, Meeting.hand_off_id == hand_off_id)
        return sorted(found, key=lambda meeting: meeting.ordinal)

    def effects(self, hand_off_id: uuid.UUID) -> dict[str, str]:
        """Return kind and ordinal of each effect with its state."""
        found = self.all(Effect, Effect.hand_off_id == hand_off_id)
        return {e.key.partition(":")[2]: e.state for e in sorted(found, key=lambda e: e.id)}

    def mails_to(self, address: str) -> list[Sent]:
        return self.transport.sent_to(address)

    # Walking

    def run(self, stage: StageTask, hand_off_id: uuid.UUID) -> Step:
        """Run one stage once, as a segment does: under a lease, into the ledger if finished."""
        with self.leased(hand_off_id) as lease:
            _begin(self.runtime, lease, stage.name)
            step = stage.fn(str(hand_off_id), lease.token)
            if isinstance(step, Finished):
                _finish(self.runtime, lease, stage.name, step.result)
        return step

    def run_again(self, stage: StageTask, hand_off_id: uuid.UUID) -> Step:
        """Run the stage's body once more, whatever the ledger and the hand-off's state say."""
        with self.leased(hand_off_id) as lease:
            return stage.fn(str(hand_off_id), lease.token)

    def walk(self, hand_off_id: uuid.UUID, upto: StageTask) -> Step:
        """Run the stages in order up to and with `upto`; those before must finish."""
        for stage in ORDER[: ORDER.index(upto)]:
            step = self.run(stage, hand_off_id)
            assert isinstance(step, Finished), (stage.name, step)
        return self.run(upto, hand_off_id)

    def invited(self, **values: Any) -> uuid.UUID:
        """A hand-off that waits for both to accept."""
        hand_off_id = self.start(**values)
        self.walk(hand_off_id, book)
        return hand_off_id

    def suspect(self, **values: Any) -> uuid.UUID:
        """A hand-off whose meeting is confirmed; it waits for the outcome, which is due."""
        hand_off_id = self.invited(**values)
        self.accept(hand_off_id)
        self.run(book, hand_off_id)
        self.run(await_outcome, hand_off_id)
        self.clock.advance_to(self.waits(hand_off_id)[-1].not_before + timedelta(minutes=5))
        return hand_off_id

    def reported(self, kind: OutcomeKind, **values: Any) -> uuid.UUID:
        """A hand-off whose AE has said what the meeting came to."""
        hand_off_id = self.suspect(**values)
        self.report(hand_off_id, kind)
        return hand_off_id

    def transferred(self) -> uuid.UUID:
        hand_off_id = self.reported(OutcomeKind.MET)
        self.run(await_outcome, hand_off_id)
        self.run(transfer, hand_off_id)
        return hand_off_id

    def returned(self) -> uuid.UUID:
        hand_off_id = self.reported(OutcomeKind.NOT_MET)
        self.run(await_outcome, hand_off_id)
        self.run(return_to_nurture, hand_off_id)
        return hand_off_id

    # What people do

    def verdicts(self, **said: str) -> dict[str, str]:
        """Every criterion met, unless `said` (with underscores for dashes) differs."""
        content = _content()
        ids = [criterion["id"] for criterion in content["sales_qualified"]]
        return dict.fromkeys(ids, "met") | {k.replace("_", "-"): v for k, v in said.items()}

    def report(
        self, hand_off_id: uuid.UUID, kind: OutcomeKind, verdicts: Mapping[str, str] | None = None
    ) -> None:
        usual = {
            OutcomeKind.MET: (self.verdicts(), "They can decide."),
            OutcomeKind.NOT_MET: (self.verdicts(decides="unmet"), "They have no say in it."),
        }
        said, feedback = usual.get(kind, ({}, ""))
        actions.report_outcome(
            self.runtime,
            hand_off_id,
            kind=kind,
            verdicts=said if verdicts is None else verdicts,
            feedback=feedback,
            by=self.ae,
        )

    def last_mail(self, hand_off_id: uuid.UUID, template: str) -> bytes:
        """Return the newest mail of the hand-off that was written from this text."""
        mails = [
            effect
            for effect in self.all(Effect, Effect.hand_off_id == hand_off_id)
            if effect.payload.get("template") == template
        ]
        content: bytes = max(mails, key=lambda effect: effect.id).content
        return content

    def replies(self, hand_off_id: uuid.UUID, who: str, text: str = "Glad to meet you.") -> None:
        """A person answers the introduction; the inbox is read."""
        original = self.last_mail(hand_off_id, "introduction")
        mail = reply_mail(original, sender=(who, who), text=text, at=self.clock.now())
        self.take_in(mail)

    def answers_invite(
        self, hand_off_id: uuid.UUID, who: str, attendance: Attendance = Attendance.ACCEPTED
    ) -> None:
        """A person's calendar answers the newest invite; the inbox is read."""
        original = self.last_mail(hand_off_id, "invite")
        now = self.clock.now()
        self.take_in(
            calendar_reply_mail(original, sender=(who, who), attendance=attendance, at=now)
        )

    def accept(self, hand_off_id: uuid.UUID) -> None:
        """The AE answers, and both accept the newest invite."""
        lead = self.lead_of(hand_off_id).email
        assert lead is not None
        self.replies(hand_off_id, self.ae)
        self.answers_invite(hand_off_id, self.ae)
        self.answers_invite(hand_off_id, lead)

    def is_away(self, hand_off_id: uuid.UUID, who: str) -> None:
        original = self.last_mail(hand_off_id, "introduction")
        self.take_in(
            auto_reply_mail(original, sender=(who, who), text="I am away.", at=self.clock.now())
        )

    def bounces(self, hand_off_id: uuid.UUID, recipient: str, template: str = "invite") -> None:
        original = self.last_mail(hand_off_id, template)
        own = self.runtime.settings.mail_address
        to = f"{own.partition('@')[0]}+{hand_off_id}@{own.partition('@')[2]}"
        self.take_in(bounce_mail(original, recipient=recipient, to=to, at=self.clock.now()))

    def opt_out(self, address: str) -> list[uuid.UUID]:
        return actions.opt_out(self.runtime, address, channel="email", source="test")

    def opt_out_row(self, session: Session, address: str) -> None:
        """Write the wish alone, as another system would."""
        record_opt_out(
            session, address, channel="email", source="import", reason="", at=self.clock.now()
        )

    def expire_wait(self, hand_off_id: uuid.UUID) -> None:
        """Let the open wait's time pass; the sweep does what its rule says."""
        self.clock.advance_to(self.waits(hand_off_id)[-1].due_at + timedelta(minutes=1))
        sweep.sweep(self.runtime)

    def use_crm(self, crm: Crm) -> None:
        """Put another CRM in the place of the local one."""
        self.runtime = replace(self.runtime, crm=crm)
        composition.use(self.runtime)

    def use_settings(self, **values: Any) -> None:
        """Go on with other settings."""
        settings = Settings(**(self.runtime.settings.model_dump() | values))
        self.runtime = replace(self.runtime, settings=settings)
        composition.use(self.runtime)

    @contextmanager
    def leased(self, hand_off_id: uuid.UUID) -> Iterator[Lease]:
        """Hold the hand-off as a segment that runs does."""
        with self.runtime.transaction() as session:
            token = take_lease(session, hand_off_id)
        try:
            yield Lease(hand_off_id, token)
        finally:
            with self.runtime.transaction() as session:
                give_lease_back(session, hand_off_id, token)

    def age_lease(self, hand_off_id: uuid.UUID) -> None:
        """Let the lease run out, as when its process was killed."""
        with self.runtime.transaction() as session:
            session.get_one(HandOff, hand_off_id).lease_until = datetime(2020, 1, 1, tzinfo=UTC)

    @staticmethod
    def sql(statement: str) -> TextClause:
        return text(statement)

    @staticmethod
    def stage(name: str) -> StageTask:
        return next(stage for stage in ORDER if stage.name == name)

    def read_inbox(self) -> int:
        return read_inbox(self.runtime)

    @staticmethod
    def calendar_of(content: bytes) -> Any:
        """Return the mail's iCalendar object."""
        found = calendar_of(content)
        assert found is not None
        return Calendar.from_ical(found)

    @staticmethod
    def range(start: datetime, end: datetime) -> Range[datetime]:
        return Range(start, end)

    def take_in(self, content: bytes) -> int:
        """Deliver a message to our mailbox and read it."""
        self.mailbox.deliver(content)
        return read_inbox(self.runtime)

    def decide(self, hand_off_id: uuid.UUID, kind: WaitKind) -> str | None:
        """Return the newest decision on a wait of this kind."""
        found = [wait for wait in self.waits(hand_off_id) if wait.kind == kind]
        return found[-1].decision if found else None
