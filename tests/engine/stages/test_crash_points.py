"""Whoever is killed, and wherever: it all happens, and once (I1, I2, I3, I5, I6).

Every crash point of a hand-off's whole way is numbered. Here some of them are tried; `make chaos`
tries each.
"""

from __future__ import annotations

import os

import pytest

from baton.domain.hand_off import EffectKind
from baton.engine import effects
from baton.store.health import where_leads_are
from baton.store.tables import Effect
from tests.calendar.servers import CalDavRoom
from tests.engine.stages.crashing import Mortal, People, begin, bring_on, happened, recover
from tests.engine.worlds import World

# How a hand-off ends, and where its lead is then.
ENDINGS = {
    "met": ("transferred", "sales_qualified", "with_ae"),
    "not_met": ("returned", "nurture", "nurture"),
    "opts out": ("closed", "disqualified", "closed"),
    "opts in again": ("closed", "nurture", "nurture"),
    "opts out later": ("closed", "disqualified", "closed"),
}
FEW = 4


@pytest.fixture
def mortal(world: World, calendar: CalDavRoom, monkeypatch: pytest.MonkeyPatch) -> Mortal:
    return Mortal(world, calendar, monkeypatch)


def chosen(reached: list[str], ending: str) -> list[int]:
    """The numbers of the crash points to try: all of them, or a few from the first to the last.

    Of the way that puts an entry into the calendar and takes it out again: those around both.
    """
    points = len(reached)
    if os.environ.get("BATON_CRASH_POINTS") == "all":
        return list(range(1, points + 1))
    if ending == "opts out later":
        return [number for number, what in enumerate(reached, 1) if "calendar" in what]
    return sorted({1 + (points - 1) * place // (FEW - 1) for place in range(FEW)})


def test_points_lie_around_everything_that_lasts(world: World, mortal: Mortal) -> None:
    hand_off_id = begin(world)
    with mortal.life():
        bring_on(world, hand_off_id, People(world, hand_off_id, "met"))
    for what in ("a commit", "a mail", "a CRM write", "a calendar entry"):
        before, after = (mortal.reached.count(f"{side} {what}") for side in ("before", "after"))
        assert before == after > 0, what


def test_every_kind_of_effect_has_crash_points(world: World, mortal: Mortal) -> None:
    """Else one of them could be done twice, and no test would see it."""
    for ending in ENDINGS:
        hand_off_id = begin(world)
        bring_on(world, hand_off_id, People(world, hand_off_id, ending))
    kinds = {effect.kind for effect in world.all(Effect)}
    assert kinds == {kind.value for kind in EffectKind}
    assert mortal.crm_log


@pytest.mark.parametrize("ending", ENDINGS)
def test_killed_anywhere_it_all_happens_once(world: World, mortal: Mortal, ending: str) -> None:
    whole = begin(world)
    with mortal.life():
        bring_on(world, whole, People(world, whole, ending))
    wanted, points = happened(mortal, whole), len(mortal.reached)
    numbers = chosen(mortal.reached, ending)
    assert len(numbers) >= FEW
    assert set(wanted.values()) == {1}
    for number in numbers:
        hand_off_id = begin(world)
        people = People(world, hand_off_id, ending)
        with mortal.life(dies_at=number):
            bring_on(world, hand_off_id, people)
        where = f"killed at point {number} of {points}, {mortal.reached[-1]}"
        assert len(mortal.reached) == number, where
        recover(world, hand_off_id)
        bring_on(world, hand_off_id, people)
        assert happened(mortal, hand_off_id) == wanted, where
        lead = world.lead_of(hand_off_id)
        state = world.hand_off(hand_off_id).state
        assert (state, lead.status, lead.place) == ENDINGS[ending], where
        with world.runtime.transaction() as session:
            assert where_leads_are(session).difference == 0, where


@pytest.mark.parametrize(
    ("point", "twice"), [("after a mail", "introduction"), ("after a CRM write", "crm_")]
)
def test_without_asking_the_neighbour_something_happens_twice(
    world: World, mortal: Mortal, monkeypatch: pytest.MonkeyPatch, point: str, twice: str
) -> None:
    """The fire is hot: with one guard gone, the logs of the neighbours show it."""
    monkeypatch.setattr(effects, "_has_happened", lambda *_: False)
    monkeypatch.setattr(effects, "_require_certainty", lambda *_: None)
    whole = begin(world)
    with mortal.life():
        bring_on(world, whole, People(world, whole, "met"))
    number = mortal.reached.index(point) + 1
    hand_off_id = begin(world)
    people = People(world, hand_off_id, "met")
    with mortal.life(dies_at=number):
        bring_on(world, hand_off_id, people)
    recover(world, hand_off_id)
    bring_on(world, hand_off_id, people)
    again = [what for what, times in happened(mortal, hand_off_id).items() if times > 1]
    assert len(again) == 1
    assert again[0].startswith(twice)
