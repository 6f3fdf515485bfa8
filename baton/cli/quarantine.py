"""`baton quarantine`: what cannot go on, why, and how it comes back in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from baton.cli.options import AsJson, pairs
from baton.cli.output import emit, emit_json, out, table

group = typer.Typer(
    help="Rows and leads that cannot go on: list, mend and retry, export.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="quarantine")


@group.command("list")
def list_rows(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List what is in quarantine, with field, value and reason.

    Example: baton quarantine list --limit 20
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.quarantine import open_rows  # noqa: PLC0415

    with current().transaction() as session:
        rows = open_rows(session, limit=limit)
    if as_json:
        emit_json({"rows": rows})
        return
    out().print(
        table(
            f"{len(rows)} in quarantine" + (" (there may be more)" if len(rows) == limit else ""),
            ("id", "from", "line", "lead", "field", "value", "reason", "since"),
            (
                (
                    row.id,
                    row.source,
                    row.row_number,
                    row.lead_id,
                    row.field,
                    row.value,
                    row.reason,
                    row.at,
                )
                for row in rows
            ),
        )
    )


@group.command()
def retry(
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="[ID]...", help="Which; without any, all.")
    ] = None,
    corrections: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="COLUMN=VALUE", help="A correction; repeat it."),
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who corrects.")] = "command line",
    as_json: AsJson = False,
) -> None:
    """Try rows again, with corrections or without; those in order become leads.

    Example: baton quarantine retry 12 --set email=ada@harbour.example
    """
    from baton.intake import retrying  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    runtime = current()
    result = retrying.retry(
        runtime.database,
        ids or None,
        pairs(corrections or [], example="email=ada@harbour.example"),
        by=by,
        at=runtime.clock.now(),
    )
    emit(
        result,
        as_json=as_json,
        says=f"{result.tried} tried, {result.mended} mended, {result.refused} stay.",
    )


@group.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV file to write.")],
    as_json: AsJson = False,
) -> None:
    """Write what is in quarantine as CSV; mended, the file can be imported again.

    Example: baton quarantine export refused.csv
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store import quarantine  # noqa: PLC0415

    with current().transaction() as session:
        count = quarantine.export(session, file)
    emit({"rows": count, "file": file}, as_json=as_json, says=f"{count} rows are in {file}.")
