"""A calendar that is published at an address: its events, or its free/busy times, as `.ics`."""

from __future__ import annotations

from datetime import datetime

from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.reading import Owner, UnreadableError, busy_spans
from baton.adapters.calendar.slots import Span


class PublishedCalendar:
    """A `Calendar` that is read from a URL anew each time; it cannot be written."""

    def __init__(self, url: str, owner: Owner, line: Line) -> None:
        """Remember where it is; `url` is mostly a secret and is never said."""
        self._url, self._owner, self._line = url, owner, line

    def busy(self, since: datetime, until: datetime) -> list[Span]:
        """Return the busy spans that touch the window, in order, aware UTC.

        Raises:
            CalendarUnavailableError: It is not answered for in time, or cannot be understood.
        """
        answer = self._line.ask("GET", self._url, headers={"Accept": "text/calendar, */*;q=0.1"})
        try:
            return busy_spans(answer.body, self._owner, since, until)
        except UnreadableError as error:
            said = f"cannot be understood: {error}. Mend that there, or give another address."
            raise self._line.unavailable(self._url, said) from error
