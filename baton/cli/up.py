"""`baton up`: the product, for real use, in one foreground command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from baton.cli.options import AsJson

if TYPE_CHECKING:
    from baton.engine.house import House


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(as_json: AsJson = False) -> None:
    """Run everything until Ctrl-C: database, Prefect server, worker, inbox, sweep, HTTP API.

    The rules are checked before anything starts. Ctrl-C stops everything in order; what was under
    way goes on at the next start.

    Example: baton up
    """
    from baton.cli.output import emit_json  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.desk.serving import api_server  # noqa: PLC0415
    from baton.engine.preflight import check_rules  # noqa: PLC0415
    from baton.engine.up import keep_up  # noqa: PLC0415
    from baton.runtime import build  # noqa: PLC0415
    from baton.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    check_rules(settings)
    runtime = build(settings)

    def ready(house: House) -> None:
        where = {"api": runtime.base_url, "prefect": house.prefect_ui_url}
        if as_json:
            emit_json(where)
            return
        typer.echo(f"Baton is up. API: {where['api']}/api/docs  Prefect: {where['prefect']}")
        typer.echo("Ctrl-C stops it.")

    keep_up(runtime, api_server, ready)
