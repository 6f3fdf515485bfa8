"""`baton demo`: sixty invented leads, brought to an end before your eyes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from baton.cli.options import AsJson
from baton.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(  # noqa: PLR0917 (options of a command)
    leads: Annotated[
        Path | None, typer.Option("--leads", metavar="FILE", help="Another CSV of leads.")
    ] = None,
    funnel: Annotated[
        Path | None,
        typer.Option("--funnel", metavar="DIR", help="Folder with the files of a real funnel."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Take at most so many leads.")
    ] = None,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep everything up at the end, until Ctrl-C.")
    ] = False,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="DIR", help="Where to write; else a temporary folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hand invented leads over, with simulated people who answer by real mail.

    Example: baton demo --limit 20 --stay
    """
    if leads is not None and funnel is not None:
        raise InputError("Give --leads or --funnel, not both.")
    from baton.demo.options import DemoOptions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.demo.run import run_demo  # noqa: PLC0415

    run_demo(
        DemoOptions(leads=leads, funnel=funnel, limit=limit, stay=stay, as_json=as_json, home=home)
    )
