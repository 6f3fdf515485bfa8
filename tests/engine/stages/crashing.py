"""A process that dies at its nth crash point, and people who meet whoever comes after it.

A crash point is a moment before or after something that lasts: a commit, a message handed to the
mail server, a write to the CRM, a change in the AE's calendar. Whoever died does nothing any more:
it commits nothing, gives no lease back, and calls nobody.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from functools import partial

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from baton import runtime as composition
from baton.adapters.calendar.calendars import Calendar, WritableCalendar
from baton.adapters.crm.port import CrmWrite
from baton.domain.hand_off import EffectKind, WaitKind
from baton.domain.meeting import OutcomeKind
from baton.engine import entries, sweep
from baton.engine.opting_in import opt_in
from baton.engine.rep_calendars import Whose, calendar_of
from baton.engine.stage import StageTask
from baton.errors import RefusedError
from baton.runtime import Runtime
from baton.store.tables import Effect, StageDone, Wait
from baton.testing.crm import FakeCrm
from tasks.return_to_nurture import return_to_nurture
from tasks.transfer import transfer
from tests.calendar.servers import CalDavRoom
from tests.engine.ageing import pass_doubts
from tests.engine.worlds import NOW, ORDER, World

MOST_STEPS = 40


class Killed(BaseException):
    """What kill -9 looks like from inside."""


class Mortal:
    """This process, which may die; the neighbours outlive it and keep their own logs.

    Attributes:
        reached: The crash points of the life that is counted, in order.
        crm_log: Every write that arrived at the CRM.
    """

    def __init__(self, world: World, room: CalDavRoom, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.room = world, room
        self.reached: list[str] = []
        self.crm_log: list[CrmWrite] = []
        self._dies_at: int | None = None
        self._lives = False
        self._is_dead = False
        self._mail, self._crm = world.transport, FakeCrm()
        world.runtime = replace(world.runtime, transport=self, crm=self)
        composition.use(world.runtime)
        monkeypatch.setattr(entries, "calendar_of", self._calendar_of)

    def reach(self, point: str) -> None:
        if not self._lives:
            return
        if self._is_dead:
            raise Killed
        self.reached.append(point)
        if len(self.reached) == self._dies_at:
            self._is_dead = True
            raise Killed

    @contextmanager
    def life(self, *, dies_at: int | None = None) -> Iterator[None]:
        """Count the crash points from here on, and die at one of them; it ends the block."""
        self.reached, self._dies_at, self._lives = [], dies_at, True

        def before(_session: Session) -> None:
            self.reach("before a commit")

        def after(_session: Session) -> None:
            self.reach("after a commit")

        event.listen(Session, "before_commit", before)
        event.listen(Session, "after_commit", after)
        try:
            yield
        except Killed:
            assert self._is_dead
        finally:
            event.remove(Session, "before_commit", before)
            event.remove(Session, "after_commit", after)
            self._lives = self._is_dead = False

    # As a mail server

    def send(self, content: bytes, *, sender: str, recipients: Sequence[str]) -> None:
        self.reach("before a mail")
        self._mail.send(content, sender=sender, recipients=recipients)
        self.reach("after a mail")

    # As a CRM

    def write(self, change: CrmWrite) -> None:
        self.reach("before a CRM write")
        self.crm_log.append(change)
        self._crm.write(change)
        self.reach("after a CRM write")

    def has(self, external_id: str) -> bool:
        return self._crm.has(external_id)

    def view(self, lead_id: int) -> object:
        return self._crm.view(lead_id)

    # As a calendar

    def _calendar_of(self, runtime: Runtime, whose: Whose) -> Calendar:
        found = calendar_of(runtime, whose)
        assert isinstance(found, WritableCalendar)
        return MortalCalendar(found, self.reach)


class MortalCalendar:
    """A real calendar, with crash points around each change."""

    def __init__(self, real: WritableCalendar, reach: Callable[[str], None]) -> None:
        self._real, self._reach = real, reach
        self.busy, self.standing = real.busy, real.standing

    def put(self, uid: str, content: bytes) -> None:
        self._reach("before a calendar entry")
        self._real.put(uid, content)
        self._reach("after a calendar entry")

    def remove(self, uid: str) -> None:
        self._reach("before a calendar entry goes")
        self._real.remove(uid)
        self._reach("after a calendar entry goes")


class People:
    """The lead and the AE of one hand-off; each does a thing once, and remembers it."""

    def __init__(self, world: World, hand_off_id: uuid.UUID, ending: str) -> None:
        self.world, self.hand_off_id, self.ending = world, hand_off_id, ending
        self._did: set[str] = set()

    def act(self, wait: Wait) -> None:
        """Do what the hand-off waits for, as far as the mails have come."""
        if wait.kind == WaitKind.ACCEPTANCE:
            self._answer()
        elif wait.kind == WaitKind.OUTCOME and self.ending == "opts out later":
            self._opt_out()
        elif wait.kind == WaitKind.OUTCOME:
            self._report(wait)
        else:
            raise AssertionError(f"nobody answers to {wait.kind}")

    def _answer(self) -> None:
        world, lead = self.world, self.world.lead_of(self.hand_off_id).email
        assert lead is not None
        if self.ending in ("opts out", "opts in again"):
            self._opt_out()
            return
        self._once("replies", partial(world.replies, self.hand_off_id, world.ae))
        for who in (world.ae, lead):
            self._once(f"{who} accepts", partial(world.answers_invite, self.hand_off_id, who))
        world.read_inbox()

    def _opt_out(self) -> None:
        # Whoever asked for it asks again if the call died.
        self.world.opt_out(self.world.lead_of(self.hand_off_id).email or "")

    def look_back(self) -> None:
        """Do what comes after the hand-off's end; again, if that call died."""
        if self.ending == "opts in again":
            address = self.world.lead_of(self.hand_off_id).email or ""
            opt_in(self.world.runtime, address, source="mail", reason="please write again")

    def _once(self, what: str, act: Callable[[], object]) -> None:
        if what not in self._did:
            self._did.add(what)
            act()

    def _report(self, wait: Wait) -> None:
        clock, over = self.world.clock, wait.not_before + timedelta(minutes=5)
        if clock.now() < over:
            # The meeting takes place; the AE answers once asked.
            clock.advance_to(over)
            return
        try:
            self.world.report(self.hand_off_id, OutcomeKind(self.ending))
        except RefusedError:
            # The call before this one died after it was recorded.
            return


def begin(world: World, **values: object) -> uuid.UUID:
    """Open a hand-off for a lead that did something just now."""
    lead_id = world.lead(**values)
    with world.runtime.transaction() as session:
        session.execute(
            text("update touch set at = at + (:now - :then) where lead_id = :lead"),
            {"now": world.clock.now(), "then": NOW, "lead": lead_id},
        )
    return world.start(lead_id)


def bring_on(world: World, hand_off_id: uuid.UUID, people: People) -> None:
    """Do what the sweep, the worker and the people do, until all of it is done."""
    for _ in range(MOST_STEPS):
        sweep.sweep(world.runtime)
        if world.hand_off(hand_off_id).state != "open":
            people.look_back()
            if not _unsettled(world):
                return
            continue
        waits = [wait for wait in world.waits(hand_off_id) if wait.state == "open"]
        if waits:
            people.act(waits[-1])
        else:
            world.run(_next_stage(world, hand_off_id), hand_off_id)
    raise AssertionError(f"the hand-off stands still at {world.hand_off(hand_off_id).stage}")


def recover(world: World, hand_off_id: uuid.UUID) -> None:
    """Let so much time pass after a death that its lease is over and its mails have come."""
    world.age_lease(hand_off_id)
    pass_doubts(world.runtime)
    world.read_inbox()


def _unsettled(world: World) -> bool:
    return bool(world.all(Effect, Effect.state.in_(["intended", "in_flight"])))


def _next_stage(world: World, hand_off_id: uuid.UUID) -> StageTask:
    rows = world.all(StageDone, StageDone.hand_off_id == hand_off_id)
    done = {row.stage: row.result for row in rows}
    for stage in ORDER:
        if stage.name not in done:
            return stage
    met = done["await_outcome"]["outcome"] == OutcomeKind.MET
    return transfer if met else return_to_nurture


def happened(mortal: Mortal, hand_off_id: uuid.UUID) -> Counter[str]:
    """What the neighbours' own logs say was done for the hand-off, and how often."""
    lead_id = mortal.world.hand_off(hand_off_id).lead_id
    mails = [message_from_bytes(sent.content) for sent in mortal.world.transport.sent]
    keys = [str(mail["X-Baton-Effect"]) for mail in mails]
    done = [key.partition(":")[2] for key in keys if key.startswith(str(hand_off_id))]
    done += [
        f"calendar {method}"
        for method, path in mortal.room.door.changed
        if str(hand_off_id) in path
    ]
    done += [_what(one, lead_id) for one in mortal.crm_log if one.lead_id == lead_id]
    return Counter(done)


def _what(write: CrmWrite, lead_id: int) -> str:
    """Name a write alike for every hand-off and lead."""
    value = write.body.get("status") or write.body.get("title") or ""
    # The number of an attempt is not the lead's, though it may be the same.
    return f"{EffectKind(write.kind).value} {value}".replace(f"lead {lead_id}", "lead")
