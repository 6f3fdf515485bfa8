"""What the demo shows while it runs and at its end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from baton.demo.comparing import Comparison
from baton.demo.results import IN_ORDER, Results
from baton.store.showpieces import Showpiece

LAST_EVENTS = 8
TITLES: Mapping[str, str] = {
    "transferred": "Transferred to sales",
    "returned": "Returned to nurture with feedback",
    "not_qualified": "Not qualified",
    "closed": "Closed",
    "open": "Still open",
    "quarantined": "In quarantine",
}


class Progress:
    """A live table of the open hand-offs, the simulated date and what happened last."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._events: deque[str] = deque(maxlen=LAST_EVENTS)
        self._now: datetime | None = None
        self._stages: Counter[str] = Counter()
        self._live = Live(self._view(), console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._console.print(line, highlight=False, soft_wrap=True)

    def show(self, now: datetime, stages: Mapping[str, int], events: Sequence[str] = ()) -> None:
        """Show where the open hand-offs stand at the simulated instant."""
        self._now = now
        self._stages = Counter(stages)
        self._events.extend(f"{now:%d %b %H:%M}  {event}" for event in events)
        self._live.update(self._view())

    def _view(self) -> Group:
        title = f"{self._now:%A %d %B %Y, %H:%M} UTC" if self._now else "Starting"
        table = Table(box=None, padding=(0, 2, 0, 0))
        table.add_column("stage")
        table.add_column("hand-offs", justify="right")
        for stage, number in sorted(self._stages.items()):
            table.add_row(stage, str(number))
        return Group(Text(title, style="bold"), table, Text("\n".join(self._events), style="dim"))


def print_results(console: Console, results: Results, comparison: Comparison | None) -> None:
    """Print a table per result with its reasons, and the comparison of a real funnel."""
    for result in IN_ORDER:
        reasons = {why: n for (of, why), n in results.reasons.items() if of == result}
        number = results.counts[result]
        if not number:
            continue
        table = Table(title=f"{TITLES[result]}: {number}", title_justify="left", expand=False)
        table.add_column("leads", justify="right")
        table.add_column("why")
        for why, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
            table.add_row(str(count), why)
        console.print(table)
    sums = " + ".join(f"{results.counts[result]} {result}" for result in IN_ORDER)
    console.print(f"{results.imported} imported = {sums}", highlight=False, soft_wrap=True)
    if comparison is not None:
        console.print(
            f"Of {comparison.handed_off} leads that were handed off, {comparison.agree} ended as "
            "they really did.",
            highlight=False,
        )
        for each in comparison.disagree:
            really = "won" if each.was_won else "not won"
            console.print(f"  {each.id}: {each.ended}, really {really}", highlight=False)


def print_showpieces(console: Console, seen: Sequence[Showpiece]) -> None:
    """Print what happened on the way, each with a lead that 'baton explain' tells more of."""
    table = Table(title="On the way", title_justify="left", expand=False)
    table.add_column("leads", justify="right")
    table.add_column("what")
    table.add_column("such as")
    for one in seen:
        table.add_row(str(one.leads), one.what, f"{one.lead} ({one.lead_id})")
    console.print(table)
