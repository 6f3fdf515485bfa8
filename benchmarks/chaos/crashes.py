"""Crash points inside a process: there it may kill itself, or stand still like a stopped machine.

A point lies before and after whatever lasts: each commit, named by the function that commits, each
mail, each CRM call, each change of a run's state, each message taken from the mailbox.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

_OURS = ("baton.engine.", "baton.intake.", "baton.desk.", "tasks.", "baton.store.idempotency")
_DEEPEST = 60
# Contexts that open transactions for others; the one who asked is meant.
_CARRIERS = frozenset({"transaction", "perform"})


@dataclass(frozen=True, slots=True)
class Fate:
    """What one process will come to.

    Attributes:
        kills_at: Kind of point at which it dies, at its `nth` passing; None for any kind.
        nth: See `kills_at`; 0 lets it live.
        stalls_at: Kind of point at which it is stopped (SIGSTOP) once; None for none.
    """

    kills_at: str | None = None
    nth: int = 0
    stalls_at: str | None = None


class Journal:
    """Lines that survive their writer: `seen`, `killed` and `stalled`, each with pid and point."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, what: str, point: str) -> None:
        """Add a line; whole or not at all, whoever else writes."""
        os.write(self._file, f"{what}\t{os.getpid()}\t{point}\n".encode())


class Crashes:
    """The crash points of this process."""

    def __init__(self, fate: Fate, journal: Journal) -> None:
        self._fate, self._journal = fate, journal
        self._passed: Counter[str] = Counter()
        self._stall = fate.stalls_at

    def reach(self, point: str) -> None:
        """Pass the point, or end here."""
        self._passed[point] += 1
        if self._passed[point] == 1:
            self._journal.write("seen", point)
        if self._stall == point:
            self._stall = None
            self._journal.write("stalled", point)
            os.kill(os.getpid(), signal.SIGSTOP)
        if self._is_the_end(point):
            self._journal.write("killed", point)
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_the_end(self, point: str) -> bool:
        wanted = self._fate.kills_at
        if wanted is None:
            return self._passed.total() == self._fate.nth
        return point == wanted and self._passed[point] == self._fate.nth

    def watch_commits(self) -> None:
        """Make every commit of this process two points."""

        @event.listens_for(Session, "before_commit")
        def before(_session: Session) -> None:
            self.reach(f"before commit: {_committer()}")

        @event.listens_for(Session, "after_commit")
        def after(_session: Session) -> None:
            self.reach(f"after commit: {_committer()}")


def _committer() -> str:
    """Return module and function of ours that has the transaction open."""
    frame = sys._getframe(2)  # noqa: SLF001 (how the logging module finds its caller, too)
    for _ in range(_DEEPEST):
        name = frame.f_globals.get("__name__", "")
        function = frame.f_code.co_name
        if name.startswith(_OURS) and function not in _CARRIERS:
            return f"{name.rpartition('.')[2]}.{function}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "elsewhere"
