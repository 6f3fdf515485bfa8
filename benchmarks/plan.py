"""What one run of the benchmarks was asked to do, and how its groups tell what they do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

FULL_SIZE = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run was asked to do.

    Attributes:
        server_url: A PostgreSQL whose databases are ours to make and to drop.
        leads: How many leads the full run judges.
        keeps_data: True when the next run is to find this one's data again.
        console: Where progress is shown; results go elsewhere.
    """

    server_url: str
    leads: int
    keeps_data: bool
    console: Console

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Show what is being done now, and afterwards how long it took."""
        start = time.perf_counter()
        if not self.console.is_terminal:
            self.console.print(f"{what} ...", markup=False)
        with self.console.status(what):
            yield
        self.console.print(f"{what}: {time.perf_counter() - start:.1f} s", markup=False)
