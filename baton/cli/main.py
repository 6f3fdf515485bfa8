"""The command `baton`: every command's group, and one clear sentence for every error of ours."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer

from baton.cli import (
    agreement,
    connecting,
    decisions,
    demo,
    doctor,
    effects,
    explain,
    hand_off,
    inbox,
    init,
    leads,
    messages,
    quarantine,
    reference,
    report,
    reviews,
    route,
    rules,
    status,
    take_in,
    up,
)
from baton.errors import BatonError

app = typer.Typer(
    name="baton",
    help="Hands leads from lead generation to sales, and drops none.\n\n"
    "Start with 'baton demo', or with 'baton init' for your own leads.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # It prints local variables, which may be secrets.
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 (only here)

        typer.echo(f"baton {version('baton-handoff')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    """Settings come from BATON_... variables and from baton.env in the working folder."""


demo.register(app)
init.register(app)
up.register(app)
take_in.register(app)
quarantine.register(app)
leads.register(app)
effects.register(app)
inbox.register(app)
status.register(app)
explain.register(app)
hand_off.register(app)
route.register(app)
decisions.register(app)
connecting.register(app)
report.register(app)
reviews.register(app)
agreement.register(app)
rules.register(app)
messages.register(app)
doctor.register(app)
reference.register(app)


def _end_in_order(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process.

    An error of ours becomes one sentence on stderr and its kind's exit code; anything else keeps
    its traceback, because it is a fault of the program. SIGTERM ends a command in order, so that
    what it started (a demo's servers) stops with it.
    """
    signal.signal(signal.SIGTERM, _end_in_order)
    try:
        app(args=list(arguments) if arguments is not None else None)
    except BatonError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
