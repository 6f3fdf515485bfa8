"""Opens the calendar that a rep's row names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.caldav import CalDavCalendar
from baton.adapters.calendar.calendars import Calendar
from baton.adapters.calendar.plain import PlainCalendar
from baton.adapters.calendar.published import PublishedCalendar
from baton.adapters.calendar.reading import Owner
from baton.adapters.calendar.zones import zone
from baton.errors import InputError, SettingsError

_RIGHT = (
    "it is empty (working hours only), https://host/published.ics or "
    "caldav+https://user@host/path/of/the/calendar/"
)
_PUBLISHED = {"https": "https", "http": "http", "webcal": "https"}
_CALDAV = {"caldav+https": "https", "caldav+http": "http"}


@dataclass(frozen=True, slots=True)
class Passwords:
    """What CalDAV servers are told.

    Attributes:
        usual: For all that `by_place` does not name.
        by_place: By `user@host`, or by `host`.
    """

    usual: str | None = field(default=None, repr=False)
    by_place: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of(self, user: str, host: str) -> str | None:
        """Return the password of this user on this host; None if there is none."""
        return self.by_place.get(f"{user}@{host}") or self.by_place.get(host) or self.usual


def check_calendar(text: str) -> str | None:
    """Return the address of a calendar as it is kept, or None for a rep who has none.

    Raises:
        InputError: It is no such address, or it holds a password; says neither.
    """
    text = text.strip()
    if not text:
        return None
    parts = _parts(text)
    if parts.scheme in _CALDAV and not parts.username:
        raise InputError(f"the CalDAV address names no user; {_RIGHT}")
    if parts.password is not None:
        raise InputError(
            "a password does not belong into the calendar's address; "
            "put it into BATON_CALENDAR_PASSWORD or BATON_CALENDAR_PASSWORDS"
        )
    return text


def open_calendar(
    address: str | None, *, email: str, time_zone: str, passwords: Passwords
) -> Calendar:
    """Return the rep's calendar; no server is asked before it is read.

    Args:
        address: As `check_calendar` returned it.
        email: The rep's.
        time_zone: The rep's, an IANA name.
        passwords: For CalDAV.

    Raises:
        InputError: Address or zone cannot be used.
        SettingsError: There is no password for it.
    """
    checked = check_calendar(address or "")
    if checked is None:
        return PlainCalendar()
    parts, owner = _parts(checked), Owner(email, zone(time_zone))
    if parts.scheme in _PUBLISHED:
        url = urlunsplit(parts._replace(scheme=_PUBLISHED[parts.scheme]))
        return PublishedCalendar(url, owner, Line(email))
    user, host = unquote(parts.username or ""), parts.hostname or ""
    password = passwords.of(user, host)
    if not password:
        raise SettingsError(
            f"There is no password for the calendar of {email} on {host}; "
            "set BATON_CALENDAR_PASSWORD or BATON_CALENDAR_PASSWORDS."
        )
    at = parts.netloc.rpartition("@")[2]
    url = urlunsplit((_CALDAV[parts.scheme], at, parts.path, parts.query, ""))
    return CalDavCalendar(url, owner, Line(email, (user, password)))


def _parts(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        has_place = False
    if not has_place or parts.scheme not in {**_PUBLISHED, **_CALDAV} or " " in text:
        raise InputError(f"the calendar's address cannot be used; {_RIGHT}")
    return parts
