"""The address of a rep's calendar, as it stands in the reps' file; it may be a secret."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from baton.errors import InputError

_RIGHT = (
    "it is empty (working hours only), https://host/published.ics, "
    "caldav+https://user@host/path/of/the/calendar/, google:person@host or microsoft:person@host"
)
PUBLISHED = {"https": "https", "http": "http", "webcal": "https"}
"""Schemes of calendars that are published, and what they are fetched by."""
CALDAV = {"caldav+https": "https", "caldav+http": "http"}
"""Schemes of calendars on CalDAV servers, and what these are spoken to by."""
GOOGLE = "google"
"""Scheme of a person's primary calendar in a Google Workspace: `google:ida@seller.example`."""
MICROSOFT = "microsoft"
"""Scheme of the main calendar of a mailbox at Exchange Online: `microsoft:ida@seller.example`."""
WRITABLE = frozenset({*CALDAV, GOOGLE, MICROSOFT})
"""Schemes of calendars that meetings can be put into."""

_OF_PEOPLE = (GOOGLE, MICROSOFT)
_PERSON = re.compile(r"[a-z]+:[^@\s/?#:]+@[^@\s/?#:]+", re.IGNORECASE)


def check_calendar(text: str) -> str | None:
    """Return the address of a calendar as it is kept, or None for a rep who has none.

    Raises:
        InputError: It is no such address, or it holds a password; says neither.
    """
    text = text.strip()
    if not text:
        return None
    parts = calendar_parts(text)
    if parts.scheme in CALDAV and not parts.username:
        raise InputError(f"the CalDAV address names no user; {_RIGHT}")
    if parts.password is not None:
        raise InputError(
            "a password does not belong into the calendar's address; "
            "put it into BATON_CALENDAR_PASSWORD or BATON_CALENDAR_PASSWORDS"
        )
    return text


def calendar_parts(text: str) -> SplitResult:
    """Return the parts of an address of a known kind.

    Raises:
        InputError: It is none.
    """
    try:
        parts = urlsplit(text)
        if parts.scheme in _OF_PEOPLE and _PERSON.fullmatch(text):
            return parts
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_place = False
    if not has_place or parts.scheme not in {**PUBLISHED, **CALDAV} or " " in text:
        raise InputError(f"the calendar's address cannot be used; {_RIGHT}")
    return parts


def host_of(address: str | None) -> str:
    """Return the host of a calendar's address; empty if it has none.

    One at Google or Microsoft stands for itself: if it cannot be read, that says nothing of others.
    """
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return ""
    return parts.path if parts.scheme in _OF_PEOPLE else parts.hostname or ""
