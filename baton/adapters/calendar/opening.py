"""Opens the calendar that a rep's row names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlunsplit

from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.caldav import CalDavCalendar
from baton.adapters.calendar.calendars import Calendar
from baton.adapters.calendar.plain import PlainCalendar
from baton.adapters.calendar.published import PublishedCalendar
from baton.adapters.calendar.reading import Owner
from baton.adapters.calendar.zones import zone
from baton.domain.calendar_address import (
    CALDAV,
    GOOGLE,
    MICROSOFT,
    PUBLISHED,
    calendar_parts,
    check_calendar,
)
from baton.errors import SettingsError


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


@dataclass(frozen=True, slots=True)
class GoogleKey:
    """How Google's calendars are come by.

    Attributes:
        path: JSON file of the service account's key.
        api: Address of the Calendar API.
    """

    path: Path
    api: str


@dataclass(frozen=True, slots=True)
class MicrosoftApp:
    """How Microsoft's calendars are come by: an app that is registered in Microsoft Entra.

    Attributes:
        tenant: The directory's id, or its domain.
        client: The app's id.
        secret: The app's secret.
        api: Address of Microsoft Graph, with its version.
        login: Address at which the tenant's tokens are had.
    """

    tenant: str
    client: str
    secret: str = field(repr=False)
    api: str
    login: str


def open_calendar(
    address: str | None,
    *,
    email: str,
    time_zone: str,
    passwords: Passwords,
    google: GoogleKey | None = None,
    microsoft: MicrosoftApp | None = None,
) -> Calendar:
    """Return the rep's calendar; no server is asked before it is read.

    Args:
        address: As `check_calendar` returned it.
        email: The rep's.
        time_zone: The rep's, an IANA name.
        passwords: For CalDAV.
        google: For Google's.
        microsoft: For Microsoft's.

    Raises:
        InputError: Address or zone cannot be used.
        SettingsError: There is no password, key or app for it, or what it needs is not installed.
    """
    checked = check_calendar(address or "")
    if checked is None:
        return PlainCalendar()
    parts, owner = calendar_parts(checked), Owner(email, zone(time_zone))
    if parts.scheme in PUBLISHED:
        url = urlunsplit(parts._replace(scheme=PUBLISHED[parts.scheme]))
        return PublishedCalendar(url, owner, Line(email))
    if parts.scheme == GOOGLE:
        return _google_calendar(parts.path, Line(email), google)
    if parts.scheme == MICROSOFT:
        return _microsoft_calendar(parts.path, owner, microsoft)
    user, host = unquote(parts.username or ""), parts.hostname or ""
    password = passwords.of(user, host)
    if not password:
        raise SettingsError(
            f"There is no password for the calendar of {email} on {host}; "
            "set BATON_CALENDAR_PASSWORD or BATON_CALENDAR_PASSWORDS."
        )
    at = parts.netloc.rpartition("@")[2]
    url = urlunsplit((CALDAV[parts.scheme], at, parts.path, parts.query, ""))
    return CalDavCalendar(url, owner, Line(email, (user, password)))


def _google_calendar(person: str, line: Line, key: GoogleKey | None) -> Calendar:
    if key is None:
        raise SettingsError(
            f"There is no key for Google's calendar of {line.whose}; set BATON_GOOGLE_KEY."
        )
    try:
        # An extra: whoever has no calendar at Google need not install it.
        from baton.adapters.calendar.google import GoogleCalendar  # noqa: PLC0415
        from baton.adapters.calendar.google_access import Access  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            "Google's calendars need Google's client: pip install 'baton-handoff[google]'."
        ) from error
    return GoogleCalendar(person, key.api, Access(key.path, person, line))


def _microsoft_calendar(person: str, owner: Owner, app: MicrosoftApp | None) -> Calendar:
    if app is None:
        raise SettingsError(
            f"There is no app for Microsoft's calendar of {owner.email}; set "
            "BATON_MICROSOFT_TENANT, BATON_MICROSOFT_CLIENT and BATON_MICROSOFT_SECRET."
        )
    try:
        # An extra: whoever has no calendar at Microsoft need not install it.
        from baton.adapters.calendar.microsoft import MicrosoftCalendar  # noqa: PLC0415
        from baton.adapters.calendar.microsoft_access import Access  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SettingsError(
            "Microsoft's calendars need Microsoft's library: "
            "pip install 'baton-handoff[microsoft]'."
        ) from error
    return MicrosoftCalendar(person, owner, app.api, Access(app, person, Line(owner.email)))
