"""`baton status`: who owes what by when."""

from __future__ import annotations

import typer

from baton.cli.options import AsJson
from baton.cli.output import emit_json, out, table


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(as_json: AsJson = False) -> None:
    """Show every open hand-off: its stage, what it waits for, from whom, due when.

    Example: baton status --json
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.views import list_hand_offs  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        lines = list_hand_offs(session)
    now = runtime.clock.now()
    if as_json:
        emit_json({"as_of": now, "open": len(lines), "hand_offs": lines})
        return
    if not lines:
        out().print("No hand-off is open. Start one with: baton hand-off start LEAD")
        return
    out().print(
        table(
            f"{len(lines)} open hand-offs",
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
