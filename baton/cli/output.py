"""How commands speak: a table for people, or one JSON object on stdout and nothing else."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from baton.errors import InputError

PIPE_COLUMNS = 160


def out() -> Console:
    """Return the console for results, at the present stdout; a pipe gets wide lines."""
    width = None if sys.stdout.isatty() else PIPE_COLUMNS
    return Console(file=sys.stdout, highlight=False, width=width)


def aside() -> Console:
    """Return the console for everything that is not the result (stderr)."""
    return Console(file=sys.stderr, highlight=False)


def as_data(value: Any) -> Any:
    """Return the value as JSON can hold it; instants as ISO 8601 in UTC.

    Raises:
        TypeError: A kind of value that no command should print, such as a secret.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return as_data(value.value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | UUID | Path):
        return str(value)
    return _structure(value)


def _structure(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_data(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):  # A pydantic model; its import would cost every command.
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): as_data(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [as_data(item) for item in value]
    if hasattr(value, "__float__"):
        return float(value)
    raise TypeError(f"{type(value).__name__} cannot be printed as JSON")


def emit_json(value: Any) -> None:
    """Print one JSON object on stdout."""
    sys.stdout.write(json.dumps(as_data(value), indent=2, ensure_ascii=False) + "\n")


def emit(value: Any, *, as_json: bool, says: str) -> None:
    """Print the value as JSON, or the sentence that says it."""
    if as_json:
        emit_json(value)
    else:
        out().print(escape(says))


def write_picture(path: Path, picture: str) -> None:
    """Write an SVG picture.

    Raises:
        InputError: The file cannot be written there.
    """
    try:
        path.write_text(picture, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}; choose another") from error


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table | str:
    """Return a table, or the one line that says that it is empty.

    Every cell is plain text, None is a dash.
    """
    cells = [[cell(value) for value in row] for row in rows]
    if not cells:
        return f"{escape(title)}: none"
    made = Table(title=escape(title), title_justify="left", header_style="bold")
    for column in columns:
        made.add_column(escape(column), overflow="fold")
    for row in cells:
        made.add_row(*row)
    return made


def cell(value: Any) -> str:
    """Return a value as a table shows it; a person's text can never be markup."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Enum):
        return escape(str(value.value))
    return escape(str(value))


def percent(ratio: float | None) -> str | None:
    """Return a ratio as per cent, None where there is none."""
    return None if ratio is None else f"{ratio:.0%}"
