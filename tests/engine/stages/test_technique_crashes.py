"""Whoever is killed, and wherever: a call or a soft introduction happens, and once (I1, I6, I7).

Some crash points of each technique's whole way are tried; `make chaos` tries each.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import pytest

from baton.domain.hand_off import WaitKind
from baton.engine import actions
from baton.errors import RefusedError
from baton.store.health import where_leads_are
from baton.store.tables import Connection, Wait
from tests.calendar.servers import CalDavRoom
from tests.engine.stages.conftest import Change
from tests.engine.stages.crashing import Mortal, People, begin, bring_on, happened, recover
from tests.engine.stages.test_crash_points import chosen
from tests.engine.worlds import World

RULES = {
    "warm_transfer": "is_hot and rep_free_now and preferred_channel is null",
    "best_time": "preferred_channel = 'phone'",
    "soft_introduction": "preferred_channel = 'mail'",
}
LIKES = {"best_time": "phone", "soft_introduction": "mail"}
FRIDAY = 4


def agreed(content: dict[str, Any]) -> None:
    content["techniques"]["rules"] = [{"technique": t, "when": when} for t, when in RULES.items()]
    content["scoring"]["hot_at"] = content["scoring"]["hand_off_at"]


@pytest.fixture
def world(world_with: Callable[[Change], World]) -> World:
    return world_with(agreed)


@pytest.fixture
def mortal(world: World, calendar: CalDavRoom, monkeypatch: pytest.MonkeyPatch) -> Mortal:
    return Mortal(world, calendar, monkeypatch)


class Connecting(People):
    """People who reach each other without an invite."""

    def act(self, wait: Wait) -> None:
        """Do what the hand-off waits for."""
        if wait.kind != WaitKind.CONNECT:
            super().act(wait)
        elif self.world.hand_off(self.hand_off_id).technique == "soft_introduction":
            for who in (self.world.ae, self.world.lead_of(self.hand_off_id).email or ""):
                self._once(who, partial(self.world.replies, self.hand_off_id, who))
            self.world.read_inbox()
        elif self.world.clock.now() < wait.not_before:
            self.world.clock.advance_to(wait.not_before)
        else:
            self._say()

    def _say(self) -> None:
        try:
            actions.say_connected(
                self.world.runtime, self.hand_off_id, reached=True, by=self.world.ae
            )
        except RefusedError:
            # The call before this one died after it was recorded.
            return


def morning(world: World) -> None:
    """Go on to the next working day's morning; the AE is there."""
    now = world.clock.now()
    days = 1 if now.weekday() < FRIDAY else 7 - now.weekday()
    world.clock.advance_to(datetime.combine(now + timedelta(days=days), time(9, 30), now.tzinfo))
    actions.set_presence(world.runtime, by=world.ae, minutes=240)


def lead_for(world: World, technique: str) -> uuid.UUID:
    morning(world)
    number = f"+4930{uuid.uuid4().int % 10**7:07d}"
    return begin(world, phone_e164=number, preferred_channel=LIKES.get(technique))


@pytest.mark.parametrize("technique", RULES)
def test_killed_anywhere_it_all_happens_once(world: World, mortal: Mortal, technique: str) -> None:
    whole = lead_for(world, technique)
    with mortal.life():
        bring_on(world, whole, Connecting(world, whole, "met"))
    wanted, points = happened(mortal, whole), len(mortal.reached)
    assert set(wanted.values()) == {1}
    assert [proof.technique for proof in world.all(Connection)] == [technique]
    for number in chosen(mortal.reached, "met"):
        hand_off_id = lead_for(world, technique)
        people = Connecting(world, hand_off_id, "met")
        with mortal.life(dies_at=number):
            bring_on(world, hand_off_id, people)
        where = f"killed at point {number} of {points}, {mortal.reached[-1]}"
        recover(world, hand_off_id)
        bring_on(world, hand_off_id, people)
        assert happened(mortal, hand_off_id) == wanted, where
        lead = world.lead_of(hand_off_id)
        found = (world.hand_off(hand_off_id).state, lead.status, lead.place)
        assert found == ("transferred", "sales_qualified", "with_ae"), where
        assert len(world.all(Connection, Connection.hand_off_id == hand_off_id)) == 1, where
        with world.runtime.transaction() as session:
            assert where_leads_are(session).difference == 0, where
