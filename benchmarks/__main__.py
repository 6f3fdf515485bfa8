"""`python -m benchmarks`: measures, prints one table, and fails when a target is missed."""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from baton.store.database import start_embedded
from benchmarks.command import run
from benchmarks.groups import GROUPS, figures_of
from benchmarks.machine import machine
from benchmarks.plan import FULL_SIZE, Plan
from benchmarks.report import table, write

RESULT = Path("build/bench.json")
PIPE_COLUMNS = 120


def _known(group: str | None) -> str | None:
    if group is not None and group not in GROUPS:
        raise typer.BadParameter(f"there is no group {group}; there is {', '.join(GROUPS)}")
    return group


def _passing_folder() -> Path:
    """Return a folder that is removed when the process ends, after the server in it has stopped."""
    folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    # What is registered first is done last; the server registers its own end when it starts.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def bench(
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="GROUP",
            callback=_known,
            help=f"Measure one group: {', '.join(GROUPS)}. Else all of them.",
        ),
    ] = None,
    leads: Annotated[
        int,
        typer.Option(
            "--leads",
            min=1000,
            help="How many leads are judged; ten times as many touches. The targets are meant "
            "for the default; fewer are for trying out.",
        ),
    ] = FULL_SIZE,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="FOLDER",
            help="Keep the invented leads in this folder: the next run with it starts at once. "
            "Else they lie in a temporary folder and go with it.",
        ),
    ] = None,
) -> None:
    """Measure how fast Baton is, on this machine, and compare it with what is promised.

    It starts a PostgreSQL of its own with default settings, fills it with invented leads from a
    seed, measures, prints one table and writes build/bench.json. It ends with 1 if a target is
    missed. At its full size it takes minutes, and gigabytes of disk.

    Example: python -m benchmarks --only rulebook --leads 20000 --keep build/bench
    """
    out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    server_url = start_embedded((keep.resolve() if keep else _passing_folder()) / "pg")
    plan = Plan(server_url, leads, keep is not None, Console(stderr=True, highlight=False))
    measured = [
        figure for group in ([only] if only else GROUPS) for figure in figures_of(group, plan)
    ]
    out.print(table(measured, machine(server_url)))
    write(measured, RESULT)
    if leads != FULL_SIZE:
        out.print(f"The targets are meant for {FULL_SIZE:,} leads; these were {leads:,}.")
    if not all(figure.ok for figure in measured):
        raise typer.Exit(1)


def main() -> None:
    """Run the command."""
    run(bench)


if __name__ == "__main__":
    main()
