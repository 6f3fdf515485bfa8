"""Restores a fixture, brings it to this release, and lets its installation go on."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import OutcomeKind
from baton.engine import actions, sweep
from baton.rulebook.active import active_agreement
from baton.store.database import connect, create_database, migrate
from baton.store.tables import Effect, HandOff, Wait
from tests.engine.ageing import pass_doubts
from tests.engine.worlds import World
from tests.upgrades.neighbours import logs, with_logged_crm
from tests.upgrades.walking import wake

FIXTURES = sorted(Path(__file__).parent.glob("*.sql.gz"))
MOST_ROUNDS = 40
# How hand-offs end that do not end as the AE's: the approver refuses the lead, or the lead wants to
# hear no more once it is invited.
OTHER_ENDS = {
    "just opened": "not_qualified",
    "asked for approval": "not_qualified",
    "approved, still asleep": "closed",
    "introduced, the answer lost": "closed",
    "not introduced, the answer lost": "closed",
    "the mail server is down": "closed",
}


def restore(server_url: str, fixture: Path) -> str:
    """Return a database's name that is as the older release left it, brought to this one."""
    name = f"upgraded_{uuid.uuid4().hex}"
    url = create_database(server_url, name)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(gzip.decompress(fixture.read_bytes()))
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    return name


class Upgraded(World):
    """The installation of a fixture: its people and its agreement are there already."""

    def __init__(self, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(database, monkeypatch)
        with_logged_crm(self)
        with database.connect() as connection:
            self.clock.advance_to(connection.scalar(text("select at from release.clock")))
            for content in connection.scalars(text("select content from release.unread")):
                self.mailbox.deliver(bytes(content))
            self._arrived = list(connection.scalars(text("select id from release.arrived")))
            found = connection.execute(text("select name, id from release.hand_off"))
            self.named: dict[str, uuid.UUID] = dict(found.all())
        self._ends: dict[uuid.UUID, str] = {}

    def _rep(self, session: Session, role: str, name: str) -> str:
        return f"{name.lower()}@seller.example"

    def _agreement(self, session: Session, change: Callable[[dict[str, Any]], None] | None) -> int:
        return active_agreement(session)[0]

    def replace_agreement(self, change: Callable[[dict[str, Any]], None]) -> int:
        """Sign and activate another version; return its number."""
        with self.runtime.transaction() as session:
            return super()._agreement(session, change)

    def arrived(self) -> list[str]:
        """What the neighbours saw so far, under every release, by the ids that Baton gave it."""
        return self._arrived + logs(self)

    def open_hand_offs(self) -> Sequence[uuid.UUID]:
        """Those that are open now, the oldest first."""
        found: list[HandOff] = self.all(HandOff, HandOff.state == "open")
        return [one.id for one in sorted(found, key=lambda one: (one.opened_at, one.id))]

    def go_on(self) -> None:
        """Let workers, the sweep and people do what they do until every hand-off has ended.

        It is the AE's then, or what `OTHER_ENDS` says.

        Raises:
            AssertionError: One of them stands still.
        """
        self._ends = {self.named[name]: end for name, end in OTHER_ENDS.items()}
        for _ in range(MOST_ROUNDS):
            pass_doubts(self.runtime)
            self.read_inbox()
            sweep.sweep(self.runtime)
            going = self.open_hand_offs()
            if not going and not self._unsettled():
                return
            moved = [self.brings_on(hand_off_id) for hand_off_id in going]
            if not any(moved):
                self._meetings_take_place()
        stands = [self.hand_off(one).stage for one in self.open_hand_offs()]
        raise AssertionError(f"hand-offs stand still at {stands}")

    def brings_on(self, hand_off_id: uuid.UUID) -> bool:
        """Do the next thing for the hand-off; return False if all wait for its meeting."""
        waits = [wait for wait in self.waits(hand_off_id) if wait.state == "open"]
        if waits:
            return self._act(hand_off_id, waits[-1])
        wake(hand_off_id)
        return True

    def _act(self, hand_off_id: uuid.UUID, wait: Wait) -> bool:
        runtime = self.runtime
        end = self._ends.get(hand_off_id)
        match WaitKind(wait.kind):
            case WaitKind.APPROVAL:
                may = end != "not_qualified"
                actions.approve(runtime, hand_off_id, approved=may, by=self.approver)
            case WaitKind.ANSWERS:
                answers = {"is_decision_maker": True}
                actions.answer_questions(runtime, hand_off_id, answers=answers, by=self.sdr)
            case WaitKind.CONTACT:
                email = f"other-{uuid.uuid4().hex}@buyer.example"
                actions.correct_contact(runtime, hand_off_id, email=email, by=self.sdr)
            case WaitKind.ACCEPTANCE if end == "closed":
                self.opt_out(str(self.lead_of(hand_off_id).email))
            case WaitKind.ACCEPTANCE:
                self.accept(hand_off_id)
            case WaitKind.OUTCOME:
                if self.clock.now() < wait.not_before:
                    return False
                self.report(hand_off_id, OutcomeKind.MET)
        return True

    def _meetings_take_place(self) -> None:
        asked = self.all(Wait, Wait.state == "open", Wait.kind == WaitKind.OUTCOME)
        over = max(wait.not_before for wait in asked)
        self.clock.advance_to(over + timedelta(minutes=5))

    def _unsettled(self) -> bool:
        return bool(self.all(Effect, Effect.state.in_(["intended", "in_flight"])))
