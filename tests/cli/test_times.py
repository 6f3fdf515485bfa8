"""`baton times` and `baton choose`: while the lead is on the telephone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from baton.domain.clock import SetClock
from baton.runtime import Runtime
from baton.store.tables import Wait
from tests.cli.conftest import Run
from tests.desk.stories import NOW, give_hours, open_hand_off

BY = ("--by", "sam@seller.example")


@pytest.fixture
def hand_off(database: Engine, runtime: Runtime) -> str:
    made = str(open_hand_off(database))
    give_hours(database, "ida@seller.example")
    return made


def test_times_are_held_and_one_of_them_chosen(baton: Run, hand_off: str, database: Engine) -> None:
    said = baton("times", hand_off, *BY, "--json").data
    assert said["hand_off"] == hand_off
    assert datetime.fromisoformat(said["held_until"]) == NOW + timedelta(minutes=10)
    assert len(said["times"]) == 3
    shown = baton("times", hand_off, *BY)
    assert shown.out.splitlines()[:3] == said["times"]
    chosen = baton("choose", hand_off, "--at", said["times"][1], *BY, "--json")
    assert chosen.data == {"hand_off": hand_off, "starts_at": said["times"][1]}
    with Session(database) as session:
        (wait,) = session.scalars(select(Wait))
    assert (wait.decision, wait.decided_by) == ("countered", BY[1])


@pytest.mark.parametrize("at", ["tomorrow", "2026-03-03T09:00:00+00:00"])
def test_what_is_no_time_or_not_held_is_refused(baton: Run, hand_off: str, at: str) -> None:
    said = baton("choose", hand_off, "--at", at, *BY)
    assert said.code != 0
    assert "baton times" in " ".join(said.err.split())


def test_a_hold_that_is_over_can_be_chosen_no_more(
    baton: Run, hand_off: str, clock: SetClock
) -> None:
    (first, *_) = baton("times", hand_off, *BY, "--json").data["times"]
    clock.advance(timedelta(minutes=10))
    assert baton("choose", hand_off, "--at", first, *BY).code != 0
