"""A meeting as it stands in the AE's own calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar, Component

from baton.adapters.calendar.reading import UnreadableError, read_calendar


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says, for calendars that want it in words of their own.

    Attributes:
        sequence: SEQUENCE of the meeting's invite.
        starts_at: Aware UTC.
        ends_at: Aware UTC.
        summary: Title.
        description: Plain text.
        location: Place or link.
    """

    sequence: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str
    location: str


def read_entry(content: bytes) -> Entry:
    """Return what the one event of the content says.

    Raises:
        UnreadableError: It has none, several, or one that cannot be understood.
    """
    try:
        (event,) = (event for one in read_calendar(content) for event in one.walk("VEVENT"))
        return Entry(
            sequence=int(event.get("SEQUENCE", 0)),
            starts_at=_at(event, "DTSTART"),
            ends_at=_at(event, "DTEND"),
            summary=str(event.get("SUMMARY", "")),
            description=str(event.get("DESCRIPTION", "")),
            location=str(event.get("LOCATION", "")),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableError(f"it is not understood ({type(error).__name__})") from error


def entry_of(request: bytes) -> bytes:
    """Return the entry for the organizer's calendar of a meeting that all have accepted.

    A server that sends invites by itself is told not to (SCHEDULE-AGENT, RFC 6638): Baton has.

    Args:
        request: The iTIP REQUEST by which it was agreed.
    """
    calendar = Calendar.from_ical(request)
    calendar.pop("METHOD", None)
    for event in calendar.walk("VEVENT"):
        for attendee in _attendees(event):
            attendee.params["PARTSTAT"] = "ACCEPTED"
            attendee.params["SCHEDULE-AGENT"] = "CLIENT"
            attendee.params.pop("RSVP", None)
        organizer: Any = event.get("ORGANIZER")
        if organizer is not None:
            organizer.params["SCHEDULE-AGENT"] = "CLIENT"
    return bytes(calendar.to_ical())


def _at(event: Component, name: str) -> datetime:
    found: Any = event[name]
    at: datetime = found.dt
    return at.astimezone(UTC)


def _attendees(event: Component) -> list[Any]:
    found: Any = event.get("ATTENDEE", [])
    return found if isinstance(found, list) else [found]
