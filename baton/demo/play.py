"""The days of the demo: leads come in, people act, time goes on, until every hand-off has ended."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from baton.demo.display import Progress
from baton.demo.prefect_page import quick_run
from baton.demo.scenario import Delivery, Scenario
from baton.demo.world import World
from baton.engine.inbox import read_inbox
from baton.engine.sweep import SweepResult, sweep
from baton.errors import EngineUnavailableError
from baton.intake.importing import import_leads
from baton.intake.touching import import_touches
from baton.store.agenda import next_instant
from baton.store.views import list_hand_offs

QUALIFY = "qualify/qualify"
LONGEST = timedelta(days=60)
QUIET_SECONDS = 300.0
# More rounds than any chain of mails and answers needs within one instant.
MOST_ROUNDS = 50
MANY = 1_000_000


def play(world: World, scenario: Scenario, progress: Progress) -> None:
    """Live through the scenario until no hand-off is open, or for sixty days after the last file.

    Raises:
        EngineUnavailableError: Runs do not come to rest.
    """
    waiting = deque(scenario.deliveries)
    ends_at = scenario.deliveries[-1].at + LONGEST
    while True:
        while waiting and waiting[0].at <= world.clock.now():
            _take_in(world, waiting.popleft(), progress)
        _live_through_now(world, progress)
        at = _next(world, waiting)
        if at is None or at > ends_at:
            return
        world.clock.advance_to(max(at, world.clock.now() + scenario.step) if not waiting else at)


def _take_in(world: World, delivery: Delivery, progress: Progress) -> None:
    """Import the files and have the batch qualify what is new."""
    runtime = world.runtime
    taken = import_leads(runtime.database, delivery.leads, clock=world.clock)
    if delivery.touches is not None:
        import_touches(runtime.database, delivery.touches, clock=world.clock)
    _show(world, progress, [f"{taken.rows} leads come in"])
    quick_run(world.house.prefect_api_url, QUALIFY)


def _live_through_now(world: World, progress: Progress) -> None:
    """Let everybody act at this instant until nobody has a reason to."""
    for _ in range(MOST_ROUNDS):
        world.house.wait_until_quiet(QUIET_SECONDS)
        events = world.people.act()
        heard = read_inbox(world.runtime)
        swept = sweep(world.runtime)
        _show(world, progress, events)
        if not events and not heard and not _did_anything(swept):
            return
    raise EngineUnavailableError(
        f"The demo did not come to rest at {world.clock.now():%Y-%m-%d %H:%M}: after "
        f"{MOST_ROUNDS} rounds somebody still acts."
    )


def _did_anything(swept: SweepResult) -> bool:
    figures = swept.as_dict()
    return any(number for name, number in figures.items() if name != "difference")


def _next(world: World, waiting: Iterable[Delivery]) -> datetime | None:
    """Return the next instant that matters, or None when nothing is left to happen."""
    now = world.clock.now()
    with world.runtime.transaction() as session:
        due = next_instant(session, now)
    instants = [due, world.people.next_act_at, *(each.at for each in waiting)]
    return min((at for at in instants if at is not None), default=None)


def _show(world: World, progress: Progress, events: list[str]) -> None:
    with world.runtime.transaction() as session:
        lines = list_hand_offs(session, limit=MANY)
    progress.show(world.clock.now(), Counter(line.stage for line in lines), events)
