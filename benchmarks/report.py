"""What people see of the figures, and what programs read of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from benchmarks.figure import Figure

# From here on fractions say nothing.
MANY = 1000


def table(figures: Sequence[Figure], machine: str) -> Table:
    """Return all figures as one table; the caption says what the machine was."""
    made = Table(title="Benchmarks", caption=machine, title_justify="left", caption_justify="left")
    made.add_column("figure")
    made.add_column("value", justify="right")
    made.add_column("unit")
    made.add_column("target")
    made.add_column("ok")
    for figure in figures:
        made.add_row(
            figure.name,
            f"{figure.value:,.4g}" if figure.value < MANY else f"{figure.value:,.0f}",
            figure.unit,
            figure.target or "-",
            _verdict(figure),
        )
    return made


def _verdict(figure: Figure) -> str:
    if figure.target is None:
        return "-"
    return "[green]yes[/]" if figure.ok else "[bold red]no[/]"


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write the figures that have a target, as a JSON list, in place of what was there."""
    rows = [
        {
            "name": figure.name,
            "value": figure.value,
            "unit": figure.unit,
            "target": figure.target,
            "ok": figure.ok,
        }
        for figure in figures
        if figure.target is not None
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
