"""Options that many commands share, so that they read the same everywhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

import typer

from baton.errors import InputError

AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else.")
]
By = Annotated[str, typer.Option("--by", metavar="EMAIL", help="Address of the rep who decides.")]
To = Annotated[
    datetime | None,
    typer.Option(
        "--to",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        help="Day after the last, UTC; else now.",
    ),
]
HandOffId = Annotated[
    uuid.UUID, typer.Argument(metavar="HAND_OFF", help="Its id, as 'baton status' shows it.")
]
LeadReference = Annotated[
    str, typer.Argument(metavar="LEAD", help="Mail address, external id, or Baton's id.")
]


def pairs(given: Iterable[str], *, example: str) -> dict[str, str]:
    """Return `name=value` arguments as a dictionary, in their order.

    Raises:
        InputError: One has no `=`, no name, or a name comes twice.
    """
    found: dict[str, str] = {}
    for item in given:
        name, equals, value = item.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"{item!r} is not of the form name=value; write for example {example}")
        if name in found:
            raise InputError(f"{name!r} is given twice; give it once.")
        found[name] = value.strip()
    return found
