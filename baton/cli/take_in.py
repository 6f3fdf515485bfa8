"""`baton import`: leads, touches, reps, accounts or an event's attendees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson
from baton.cli.output import aside, emit
from baton.errors import InputError

if TYPE_CHECKING:
    from baton.runtime import Runtime

Progress = Callable[[int, int, int], None]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(take_in)


def take_in(  # noqa: PLR0917 (options of a command)
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file.")],
    mapping: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE", help="What the columns mean, if not recognised."),
    ] = None,
    touches: Annotated[
        bool, typer.Option("--touches", help="The file says what leads did.")
    ] = False,
    reps: Annotated[bool, typer.Option("--reps", help="The file lists our own people.")] = False,
    accounts: Annotated[
        bool,
        typer.Option("--accounts", help="The file lists companies, and who of us has them."),
    ] = False,
    event: Annotated[
        str | None,
        typer.Option("--event", metavar="NAME", help="The file lists who attended this event."),
    ] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="With --event: the touch of who came.")
    ] = "webinar",
    at: Annotated[
        datetime | None,
        typer.Option(
            "--at",
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"],
            metavar="YYYY-MM-DDTHH:MM",
            help="With --event: when it was, UTC; else each row says.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import leads, touches, reps, accounts or attendees from a CSV file; twice changes nothing.

    HubSpot's and Salesforce's export headers are recognised. A row that cannot be used is in
    quarantine afterwards, with the field, the value and the reason.

    Example: baton import leads.csv --map map.yaml
    """
    if touches + reps + accounts + (event is not None) > 1:
        raise InputError(
            "Give one of --touches, --reps, --accounts and --event; without them the file has "
            "leads."
        )
    if mapping is not None and (touches or reps or accounts or event):
        raise InputError("--map is for leads; other files have columns of fixed names.")
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)

    runtime = current()
    if reps:
        _reps(runtime, file, as_json=as_json)
    elif accounts:
        _accounts(runtime, file, as_json=as_json)
    elif event is not None:
        _event(runtime, file, event, kind, at, as_json=as_json)
    elif touches:
        _touches(runtime, file, as_json=as_json)
    else:
        _leads(runtime, file, mapping, as_json=as_json)


def _reps(runtime: Runtime, file: Path, *, as_json: bool) -> None:
    from baton.store.reps import import_reps  # noqa: PLC0415 (keeps 'baton --help' fast)

    with runtime.transaction() as session:
        count = import_reps(session, file, at=runtime.clock.now())
    emit({"reps": count}, as_json=as_json, says=f"{count} reps are known as the file says.")


def _accounts(runtime: Runtime, file: Path, *, as_json: bool) -> None:
    from baton.intake.accounts import import_accounts  # noqa: PLC0415 (keeps 'baton --help' fast)

    with runtime.transaction() as session:
        count = import_accounts(session, file)
    emit({"accounts": count}, as_json=as_json, says=f"{count} accounts are known as the file says.")


def _touches(runtime: Runtime, file: Path, *, as_json: bool) -> None:
    from baton.intake.touching import import_touches  # noqa: PLC0415 (keeps 'baton --help' fast)

    with progress_bar(file.name) as progress:
        result = import_touches(runtime.database, file, clock=runtime.clock, progress=progress)
    counts = {
        "rows": result.rows,
        "created": result.created,
        "unchanged": result.unchanged,
        "quarantined": result.quarantined,
    }
    emit(counts, as_json=as_json, says=_says(counts))


def _event(
    runtime: Runtime, file: Path, name: str, kind: str, at: datetime | None, *, as_json: bool
) -> None:
    from baton.intake.attending import Event, import_event  # noqa: PLC0415 (keeps 'baton --help' fast)

    event = Event(name.strip(), kind, at.replace(tzinfo=UTC) if at else None)
    with progress_bar(file.name) as progress:
        result = import_event(runtime.database, file, event, clock=runtime.clock, progress=progress)
    counts = {
        "rows": result.touches.rows + result.absent,
        "created": result.touches.created,
        "unchanged": result.touches.unchanged,
        "absent": result.absent,
        "quarantined": result.touches.quarantined,
    }
    emit(counts, as_json=as_json, says=_says(counts))


def _leads(runtime: Runtime, file: Path, mapping: Path | None, *, as_json: bool) -> None:
    from baton.intake.importing import import_leads  # noqa: PLC0415 (keeps 'baton --help' fast)

    with progress_bar(file.name) as progress:
        result = import_leads(
            runtime.database,
            file,
            mapping=mapping,
            clock=runtime.clock,
            default_country=runtime.settings.default_country,
            progress=progress,
        )
    counts = {
        "rows": result.rows,
        "created": result.created,
        "updated": result.updated,
        "unchanged": result.unchanged,
        "quarantined": result.quarantined,
        "duplicates": result.duplicates,
    }
    emit(counts, as_json=as_json, says=_says(counts))


def _says(counts: dict[str, int]) -> str:
    rows, *others = counts.items()
    says = f"{rows[1]} rows: " + ", ".join(f"{count} {name}" for name, count in others) + "."
    if counts["quarantined"]:
        says += " See 'baton quarantine list'."
    return says


@contextmanager
def progress_bar(name: str) -> Iterator[Progress]:
    """Show how far a file has been read, on stderr and only to a person."""
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415 (only here)

    console = aside()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[rows]} rows"),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(name.replace("[", "("), total=None, rows=0)

        def advance(done: int, total: int, rows: int) -> None:
            bar.update(task, completed=done, total=total, rows=rows)

        yield advance
