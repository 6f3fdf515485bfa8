"""Who is free for a warm transfer, and whether AE and lead reached each other."""

from __future__ import annotations

from typing import Annotated

import typer

from baton.cli.options import AsJson, By, HandOffId
from baton.cli.output import emit


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(connected)
    app.command()(presence)


def connected(
    hand_off: HandOffId,
    by: By,
    yes: Annotated[
        bool, typer.Option("--yes/--no", help="The lead was reached, or was not.")
    ] = True,
    note: Annotated[str, typer.Option("--note", help="What was said; kept, and in the CRM.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say as the AE whether you reached the lead, by a warm transfer or at its best time.

    With --yes the lead is a suspect, and the outcome is asked for; with --no an appointment is
    proposed at once.

    Example: baton connected 5f0c... --by ida@seller.example --note "wants a demo for ten"
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    actions.say_connected(current(), hand_off, reached=yes, by=by, note=note)
    emit(
        {"hand_off": hand_off, "reached": yes},
        as_json=as_json,
        says=f"Recorded for hand-off {hand_off}: the lead was {'' if yes else 'not '}reached.",
    )


def presence(
    by: By,
    minutes: Annotated[
        int, typer.Option("--for", min=0, metavar="MINUTES", help="For how long; 0 ends it.")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Say as an AE that hot leads may be put through to you at once, for a while.

    Baton does so only within your working hours and while your calendar is free.

    Example: baton presence --for 120 --by ida@seller.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    until = actions.set_presence(current(), by=by, minutes=minutes)
    emit(
        {"by": by, "until": until},
        as_json=as_json,
        says=f"Leads may be put through to {by} until {until:%Y-%m-%d %H:%M} UTC."
        if until
        else f"No lead is put through to {by}.",
    )
