"""How this package's programs run as commands."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from types import FrameType

import typer

from baton.errors import BatonError


def run(command: Callable[..., None]) -> None:
    """Run the command; an error of ours becomes one sentence on stderr and its exit code.

    SIGTERM ends it in order, so that the servers that it started stop with it.
    """
    signal.signal(signal.SIGTERM, _end_in_order)
    try:
        typer.run(command)
    except BatonError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)


def _end_in_order(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
