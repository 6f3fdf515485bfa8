"""`baton report sla`: what both teams promised each other, and marketing's number of the month."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson, Since, Until, period
from baton.cli.output import emit_json, out, percent, table, write_picture
from baton.errors import RefusedError

if TYPE_CHECKING:
    from rich.table import Table

    from baton.rulebook.quota_report import SlaReport


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command()(sla)


def sla(
    since: Since = None,
    until: Until = None,
    *,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE.svg",
            help="Draw the month's leads beside the promised pace there, with the forecast.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show which promises were kept and broken, by promise and team, and how long they took.

    Marketing's number of the month in which the period ends stands below: what is there, what
    should be by now, the forecast, and what sales did meanwhile.

    Example: baton report sla --since 2026-01-01 --plot month.svg
    """
    from baton.rulebook.quota_plotting import draw  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.rulebook.quota_report import sla_report  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415

    runtime = current()
    now = runtime.clock.now()
    begin, end = period(since, until, now)
    with runtime.transaction() as session:
        found = sla_report(session, since=begin, until=end, now=now)
    if plot and found.quota is None:
        raise RefusedError(
            "There is nothing to draw: no agreement that decides promises a number of leads a "
            "month. Its section 'quota' does."
        )
    if plot and found.quota:
        write_picture(plot, draw(found.quota))
    if as_json:
        emit_json(found)
    else:
        _show(found)


def _show(found: SlaReport) -> None:
    from baton.rulebook.quota_telling import quota_lines, title_of  # noqa: PLC0415 (as above)

    console = out()
    console.print(_promises(found))
    if found.quota is not None:
        console.print(table(title_of(found.quota), ("figure", "value"), quota_lines(found.quota)))


def _promises(found: SlaReport) -> Table | str:
    return table(
        f"Promises, {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}",
        ("promise", "team", "kept", "broken", "open", "kept rate", "median min", "p90 min"),
        (
            (
                one.name,
                one.team,
                one.kept,
                one.breached,
                one.open,
                percent(one.kept_ratio),
                _minutes(one.median_minutes),
                _minutes(one.p90_minutes),
            )
            for one in found.promises
        ),
    )


def _minutes(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"
