"""A meeting as it stands in the AE's own calendar."""

from __future__ import annotations

from typing import Any

from icalendar import Calendar, Component


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


def _attendees(event: Component) -> list[Any]:
    found: Any = event.get("ATTENDEE", [])
    return found if isinstance(found, list) else [found]
