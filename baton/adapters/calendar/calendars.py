"""What Baton asks of somebody's calendar, whatever program keeps it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from baton.adapters.calendar.slots import Span


class Calendar(Protocol):
    """A calendar whose busy times can be read.

    Never call it inside a database transaction: it may be slow.
    """

    def busy(self, since: datetime, until: datetime) -> list[Span]:
        """Return when its owner cannot meet: spans that touch the window, in order.

        Args:
            since: Aware instant.
            until: Aware instant, later than `since`.

        Returns:
            Pairs of aware UTC instants; they may overlap and reach beyond the window.

        Raises:
            CalendarUnavailableError: It cannot be read, or not be understood. Nothing is known
                then: its owner counts as neither free nor busy, and is not bookable.
        """
        ...


class Standing(StrEnum):
    """What a calendar says of an event of ours."""

    STANDS = "stands"
    CANCELLED = "cancelled"
    GONE = "gone"


@runtime_checkable
class WritableCalendar(Calendar, Protocol):
    """A calendar that Baton's meetings can be put into; each is known by its iCalendar UID."""

    def put(self, uid: str, content: bytes) -> None:
        """Afterwards the event is there as `content` says; twice is once.

        An event of this UID that is there already is changed if `content` has a higher SEQUENCE,
        and left as its owner may have altered it if not.

        Args:
            uid: The event's UID.
            content: An iCalendar object with that one event and no METHOD.

        Raises:
            CalendarUnavailableError: Not done, or nobody knows; doing it again is safe.
        """
        ...

    def remove(self, uid: str) -> None:
        """Afterwards no event of this UID is there; that it never was is no error.

        Raises:
            CalendarUnavailableError: Not done, or nobody knows; doing it again is safe.
        """
        ...

    def standing(self, uid: str) -> Standing:
        """Return whether the event is there; one that its owner declined counts as cancelled.

        Raises:
            CalendarUnavailableError: It cannot be read.
        """
        ...
