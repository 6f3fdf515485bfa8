"""`python -m benchmarks.chaos`: sets the fire, judges it, and fails when a promise was broken."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.chaos.evidence import Violation
from benchmarks.chaos.fire import Fire, Options, kindle
from benchmarks.chaos.guards import WITHOUT
from benchmarks.chaos.judge import judge, lasting
from benchmarks.chaos.report import fuel, gather, ledger, show
from benchmarks.chaos.weather import Weather
from benchmarks.command import run

PIPE_COLUMNS = 110


def chaos(
    seed: Annotated[int, typer.Option(help="What all chance follows from.")] = 1,
    n: Annotated[int, typer.Option("--n", min=1, help="How many leads come in.")] = 200,
    without: Annotated[
        list[str] | None,
        typer.Option(help=f"Take a guard away, to see that the fire is hot: {', '.join(WITHOUT)}."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Processes that run hand-offs.")] = 6,
    *,
    until_first: Annotated[
        bool, typer.Option("--until-first", help="End it at the first violation.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A new folder for logs and database, kept afterwards."),
    ] = None,
) -> None:
    """Hand leads over while everything around Baton fails, and judge what came of it.

    Ends with 1 if a promise was broken.

    Example: python -m benchmarks.chaos --seed 1 --n 200
    """
    if unknown := set(without or ()) - set(WITHOUT):
        raise typer.BadParameter(f"there is no guard {unknown.pop()}")
    out = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    err = Console(stderr=True, highlight=False, soft_wrap=True)
    options = Options(seed, n, workers, tuple(without or ()), is_over_at_first=until_first)
    begun = time.monotonic()
    home = keep or Path(tempfile.mkdtemp(prefix="baton-chaos-"))
    home.mkdir(parents=True, exist_ok=True)
    try:
        with kindle(options, home.resolve(), err.print) as fire:
            Weather(fire).last()
            violations = _say(fire, out)
    finally:
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)
    again = "".join(f" --without {guard}" for guard in options.without)
    out.print(f"{time.monotonic() - begun:.0f} s. The same fire again:", markup=False)
    out.print(f"  python -m benchmarks.chaos --seed {seed} --n {n} --workers {workers}{again}")
    if violations:
        raise typer.Exit(1)


def _say(fire: Fire, out: Console) -> list[Violation]:
    fire.crew.end()
    evidence = gather(fire)
    violations = judge(evidence)
    if fire.is_cut_short:
        violations = lasting(violations)
    title = f"Seed {fire.options.seed}, {fire.options.count} leads"
    if fire.options.without:
        title += f", without {', '.join(fire.options.without)}"
    show(out, title, [*fuel(fire), *ledger(evidence)], violations)
    return violations


def main() -> None:
    """Run the command."""
    run(chaos)


if __name__ == "__main__":
    main()
