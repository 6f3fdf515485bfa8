"""Options that many commands share, so that they read the same everywhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
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
Since = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day, UTC; else 30 days ago."
    ),
]
Until = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Day after the last; else now."),
]
HandOffId = Annotated[
    uuid.UUID, typer.Argument(metavar="HAND_OFF", help="Its id, as 'baton status' shows it.")
]
LeadReference = Annotated[
    str, typer.Argument(metavar="LEAD", help="Mail address, external id, or Baton's id.")
]

DEFAULT_DAYS = 30


def period(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """Return the beginning and the end (aware UTC) that `Since` and `Until` say.

    Raises:
        InputError: The period is empty, or would begin before the year 1.
    """
    end = until.replace(tzinfo=UTC) if until else now
    try:
        begin = since.replace(tzinfo=UTC) if since else end - timedelta(days=DEFAULT_DAYS)
    except OverflowError as error:
        raise InputError(
            f"{DEFAULT_DAYS} days before {end.date()} is no date; say since."
        ) from error
    if begin >= end:
        raise InputError(f"The period is empty: {begin:%Y-%m-%d} is not before {end:%Y-%m-%d}.")
    return begin, end


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
