"""After Prefect lost its database, or went back to an older one: every open hand-off goes on.

Our tables say where each stands. A run that Prefect does not know is made again, and one that
stands elsewhere is driven to where it should be; the ledger skips what is done, so nothing happens
twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from baton.engine.actions import launch_hand_off
from baton.engine.runs import Standing, drive_again, standings_of
from baton.engine.sleeping import sleeps_for
from baton.errors import EngineUnavailableError
from baton.runtime import Runtime
from baton.store.sweeping import Open, every_open_hand_off


@dataclass(slots=True)
class Relaunched:
    """What became of the open hand-offs.

    Attributes:
        open: How many there are.
        launched: Prefect did not know their run; they have a new one.
        driven: Their run stood elsewhere; it is on its way to where they are.
        as_they_were: Their run sleeps where it should, or a worker runs it at this moment.
    """

    open: int = 0
    launched: int = 0
    driven: int = 0
    as_they_were: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the figures by name."""
        return asdict(self)


def relaunch(runtime: Runtime, *, progress: Callable[[int, int], None] | None = None) -> Relaunched:
    """Bring every open hand-off's run to where our tables say; calling it twice is once.

    Args:
        runtime: Our database, and the Prefect server of its settings.
        progress: Told after each hand-off: how many are done, and of how many.

    Raises:
        EngineUnavailableError: Prefect does not answer; what was brought on stays so.
    """
    with runtime.transaction() as session:
        every = every_open_hand_off(session)
    runs = [one.flow_run_id for one in every if one.flow_run_id is not None]
    standings = standings_of(runtime.settings, runs)
    result = Relaunched(open=len(every))
    for number, one in enumerate(every, 1):
        _bring(runtime, one, standings.get(one.flow_run_id or ""), result)
        if progress is not None:
            progress(number, len(every))
    return result


def _bring(runtime: Runtime, one: Open, standing: Standing | None, result: Relaunched) -> None:
    if one.is_held:
        result.as_they_were += 1
    elif standing is None or one.flow_run_id is None:
        if not launch_hand_off(runtime, one.hand_off_id):
            raise EngineUnavailableError(
                f"No run could be made for hand-off {one.hand_off_id}; is 'baton up' running, and "
                "is the flow deployed? Call 'baton doctor --relaunch' again when it is."
            )
        result.launched += 1
    elif _stands_right(one, standing):
        result.as_they_were += 1
    else:
        drive_again(runtime.settings, one.flow_run_id)
        result.driven += 1


def _stands_right(one: Open, standing: Standing) -> bool:
    """Return whether the run sleeps on what its hand-off waits for, or is about to run anyway.

    A run that was cancelled in Prefect is the sweep's: it cancels the hand-off.
    """
    if standing.state in ("SCHEDULED", "CANCELLED", "CANCELLING"):
        return True
    return (
        standing.state == "PAUSED"
        and one.wait is not None
        and sleeps_for(standing.sleeps_on or "", *one.wait)
    )
