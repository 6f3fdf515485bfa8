"""Fills an installation with everything that an upgrade may meet.

It runs on the release whose fixture it makes, so it uses what every release has: `World`, what
people can do, and the batch.
"""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import OutcomeKind
from baton.engine import actions, sweep
from baton.errors import InDoubtError, MailRefusedError, MailUnavailableError, TransientError
from baton.intake.touching import import_touches
from baton.store.quarantine import quarantine_lead
from tests.engine.test_batch import batch, cold
from tests.engine.worlds import NOW, World
from tests.upgrades.neighbours import LoggedCrm
from tests.upgrades.walking import wake

LOST = "the answer was lost"


def approved(agreement: dict[str, Any]) -> None:
    """Somebody must agree to every hand-off, so that each of them passes that wait."""
    agreement["approval"] = {"when": "always"}


class Scenes:
    """One hand-off for each state; its name says which."""

    def __init__(self, world: World, crm: LoggedCrm, folder: Path) -> None:
        self.world, self._crm, self._folder = world, crm, folder
        self.hand_offs: dict[str, uuid.UUID] = {}

    def make(self) -> dict[str, uuid.UUID]:
        """Make them all; return the hand-offs by name."""
        self._leads()
        for name in ("transferred", "transferred, the CRM's answer lost", "returned"):
            self._confirmed(name)
        for name in ("asked for its outcome", "its outcome said, still asleep"):
            self._confirmed(name)
        self._meetings_are_over()
        self._ends()
        self._sleepers()
        self._cut_off()
        return self.hand_offs

    # Ways to a state

    def _opened(self, name: str, **values: Any) -> uuid.UUID:
        world = self.world
        lead_id = world.lead(**values)
        with world.runtime.transaction() as session:
            session.execute(
                text("update touch set at = at + :later where lead_id = :lead"),
                {"later": world.clock.now() - NOW, "lead": lead_id},
            )
        self.hand_offs[name] = world.start(lead_id)
        return self.hand_offs[name]

    def _asked(self, name: str, **values: Any) -> uuid.UUID:
        hand_off_id = self._opened(name, **values)
        wake(hand_off_id)
        return hand_off_id

    def _agreed(self, name: str) -> uuid.UUID:
        hand_off_id = self._asked(name)
        actions.approve(self.world.runtime, hand_off_id, approved=True, by=self.world.approver)
        return hand_off_id

    def _invited(self, name: str) -> uuid.UUID:
        hand_off_id = self._agreed(name)
        wake(hand_off_id)
        return hand_off_id

    def _confirmed(self, name: str) -> uuid.UUID:
        hand_off_id = self._invited(name)
        self.world.accept(hand_off_id)
        wake(hand_off_id)
        return hand_off_id

    def _meetings_are_over(self) -> None:
        waits = [self.world.waits(hand_off_id)[-1] for hand_off_id in self.hand_offs.values()]
        assert {wait.kind for wait in waits} == {WaitKind.OUTCOME}
        self.world.clock.advance_to(max(wait.not_before for wait in waits) + timedelta(minutes=5))
        sweep.sweep(self.world.runtime)

    # States

    def _leads(self) -> None:
        """Nurtured ones, one of which did something since; one that is ready; refused ones."""
        world = self.world
        nurtured = [cold(world, family_name=name) for name in ("Awake", "Asleep", "Dreaming")]
        batch(world)
        world.clock.advance(timedelta(days=1))
        world.lead(family_name="Ready")
        batch(world)
        rows = [
            {"email": self._address(nurtured[0]), "kind": "webinar", "at": "2026-03-03T08:00:00Z"},
            {"email": "nobody@buyer.example", "kind": "webinar", "at": "2026-03-03T08:00:00Z"},
        ]
        path = self._folder / "touches.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        import_touches(world.runtime.database, path, clock=world.clock)
        with world.runtime.transaction() as session:
            at, reason = world.clock.now(), "no such country"
            lead_id = world.lead(country="XX")
            quarantine_lead(session, lead_id, field="country", value="XX", reason=reason, at=at)

    def _address(self, lead_id: int) -> str:
        with self.world.runtime.transaction() as session:
            found = session.scalar(text("select email from lead where id = :id"), {"id": lead_id})
        return str(found)

    def _ends(self) -> None:
        """Outcomes are said; one is never woken, one write to the CRM is in doubt."""
        world = self.world
        for name, kind in (
            ("transferred", OutcomeKind.MET),
            ("returned", OutcomeKind.NOT_MET),
            ("transferred, the CRM's answer lost", OutcomeKind.MET),
            ("its outcome said, still asleep", OutcomeKind.MET),
        ):
            world.report(self.hand_offs[name], kind)
        wake(self.hand_offs["transferred"])
        wake(self.hand_offs["returned"])
        self._crm.loses_next_answer = True
        self._fails(self.hand_offs["transferred, the CRM's answer lost"])
        address = world.lead_of(self._invited("opted out")).email
        assert address is not None
        world.opt_out(address)

    def _sleepers(self) -> None:
        """One for each kind of wait, and in between."""
        world = self.world
        self._opened("just opened")
        self._asked("asked questions", seniority=None, title=None)
        self._asked("asked for approval")
        self._agreed("approved, still asleep")
        refused = self._agreed("asked for an address")
        world.transport.fail_next(MailRefusedError("550 no such mailbox"))
        wake(refused)
        self._invited("invited")
        half = self._invited("invited, the AE accepted")
        world.replies(half, world.ae)
        world.answers_invite(half, world.ae)
        self._confirmed("confirmed")

    def _cut_off(self) -> None:
        """Mails that are in doubt, or never left; the mailbox is not read any more."""
        transport = self.world.transport
        failures: dict[str, Callable[[], None]] = {
            "introduced, the answer lost": lambda: transport.fail_next(
                InDoubtError(LOST), after_accepting=True
            ),
            "not introduced, the answer lost": lambda: transport.fail_next(InDoubtError(LOST)),
            "the mail server is down": lambda: transport.fail_next(MailUnavailableError("421")),
        }
        for name, fail in failures.items():
            hand_off_id = self._agreed(name)
            fail()
            self._fails(hand_off_id)

    def _fails(self, hand_off_id: uuid.UUID) -> None:
        try:
            wake(hand_off_id)
        except TransientError:
            return
        raise AssertionError(f"hand-off {hand_off_id} was not cut off")
