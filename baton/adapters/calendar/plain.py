"""No calendar at all: working hours and Baton's own meetings are all that is known."""

from __future__ import annotations

from datetime import datetime

from baton.adapters.calendar.slots import Span


class PlainCalendar:
    """A `Calendar` in which nothing is ever busy; for reps who have none that can be read."""

    def busy(self, since: datetime, until: datetime) -> list[Span]:
        """Return nothing."""
        del since, until
        return []
