"""`baton up`: the product, for real use, in one foreground command."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up() -> None:
    """Run everything until Ctrl-C: database, Prefect server, worker, inbox, sweep, HTTP API.

    Example: baton up
    """
    from baton.engine.house import run_up  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.settings import load_settings  # noqa: PLC0415

    run_up(load_settings())
