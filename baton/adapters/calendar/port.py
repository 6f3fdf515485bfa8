"""The values that cross between Baton and calendars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from baton.domain.meeting import Attendance


@dataclass(frozen=True, slots=True)
class Attendee:
    """A person in an invite; `side` is `ae` or `lead`."""

    email: str
    name: str
    side: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invite says.

    Attributes:
        uid: Stable for the meeting's life.
        sequence: Raised on every change.
        starts_at: Aware UTC.
        ends_at: Aware UTC.
        time_zone: IANA name in which the invite is written (the organizer's).
        summary: Title.
        description: Plain text, for both sides.
        location: Place or link.
        organizer: The AE.
        attendees: AE and lead.
        stamped_at: Aware UTC, for DTSTAMP.
        reply_to: Address that calendar replies must reach (Baton's tracking address).
    """

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    summary: str
    description: str
    location: str
    organizer: Attendee
    attendees: tuple[Attendee, ...]
    stamped_at: datetime
    reply_to: str


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """An attendee's answer as an iTIP REPLY says it."""

    uid: str
    sequence: int
    email: str
    reply: Attendance
    comment: str
