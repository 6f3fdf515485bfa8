"""`baton status`: who owes what by when."""

from __future__ import annotations

from typing import Annotated

import typer

from baton.cli.options import AsJson
from baton.cli.output import emit_json, out, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    limit: Annotated[int, typer.Option(min=1, help="Show so many; those due first.")] = 1000,
    skip: Annotated[int, typer.Option(min=0, help="Leave out so many of the first.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Show the open hand-offs: stage, what each waits for, from whom, due when.

    Example: baton status --limit 20
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.views import count_hand_offs, list_hand_offs  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        lines = list_hand_offs(session, limit=limit, skip=skip)
        total = count_hand_offs(session)
    now = runtime.clock.now()
    if as_json:
        emit_json({"as_of": now, "open": total, "hand_offs": lines})
        return
    if not total:
        out().print("No hand-off is open. Start one with: baton hand-off start LEAD")
        return
    out().print(
        table(
            f"{total} open hand-offs" if len(lines) == total else f"{len(lines)} of {total}",
            ("lead", "company", "stage", "waits for", "from", "due", "overdue", "hand-off"),
            (
                (
                    line.lead,
                    line.company,
                    line.stage,
                    line.waits_for,
                    line.responsible,
                    line.due_at,
                    line.due_at is not None and line.due_at < now,
                    line.id,
                )
                for line in lines
            ),
        )
    )
