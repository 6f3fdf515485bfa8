"""Time as an input: nothing else in Baton asks the operating system what time it is."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""
        return datetime.now(UTC)


class SetClock:
    """A clock that stands where it was put; for tests and the demo. Safe across threads."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant it was put at (aware UTC)."""
        with self._lock:
            return self._at

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new instant; a clock never goes back."""
        with self._lock:
            self._at += max(by, timedelta(0))
            return self._at

    def advance_to(self, at: datetime) -> datetime:
        """Move forward to `at` unless it lies in the past; return where the clock stands."""
        with self._lock:
            self._at = max(self._at, at.astimezone(UTC))
            return self._at
