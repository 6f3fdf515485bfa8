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
    """An attendee's answer as an iTIP REPLY says it, or the other time that a COUNTER proposes.

    Attributes:
        uid: The meeting's.
        sequence: Of the invite that it answers; 0 if it names none (RFC 5545).
        email: Who answers, lower case; empty if a COUNTER names several and does not say who.
        reply: The answer; always `NEEDS_ACTION` in a COUNTER, which is none.
        comment: The attendee's words.
        stamped_at: Aware UTC, from DTSTAMP: when the answer was made; None if it does not say.
        sent_by: Who acts for the attendee (SENT-BY), lower case, or empty.
        proposes: Of a COUNTER: start and end (aware UTC).
    """

    uid: str
    sequence: int
    email: str
    reply: Attendance
    comment: str
    stamped_at: datetime | None = None
    sent_by: str = ""
    proposes: tuple[datetime, datetime] | None = None
