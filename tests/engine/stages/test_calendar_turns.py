"""Two processes that write a hand-off's meeting into a calendar take turns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from baton.engine.effects import carry_out
from baton.engine.sweep import sweep
from baton.errors import InDoubtError
from tasks.await_outcome import await_outcome
from tests.calendar.servers import CalDavRoom, Start
from tests.engine.stages.test_calendars import confirmed, moved, start_of
from tests.engine.worlds import World


def test_a_removal_that_takes_long_does_not_take_the_moved_meeting_out(
    world: World, calendar: CalDavRoom
) -> None:
    hand_off_id = confirmed(world)
    moved(world, hand_off_id)
    said: list[str] = []

    def meanwhile(environ: dict[str, Any], _start: Start) -> Iterable[bytes] | None:
        """The new time is confirmed, and another process wants to write it there."""
        if environ["REQUEST_METHOD"] == "DELETE" and not said:
            world.accept(hand_off_id)
            world.run(await_outcome, hand_off_id)
            try:
                done = carry_out(world.runtime, f"{hand_off_id}:calendar_entry:2-on")
                said.append(done.state)
            except InDoubtError as error:
                said.append(str(error))
        return None

    calendar.door.trouble = meanwhile
    sweep(world.runtime)
    assert said == [
        f"Effect {hand_off_id}:calendar_entry:2-on is being done by another worker at this moment."
    ]
    calendar.door.is_well()
    sweep(world.runtime)
    at = start_of(world, hand_off_id)
    spans = calendar.calendar().busy(at - timedelta(days=9), at + timedelta(days=9))
    assert [span[0] for span in spans] == [at]
