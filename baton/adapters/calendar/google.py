"""A calendar of Google's, read and written with Google's own client (Calendar API, version 3)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from baton.adapters.calendar.asking import OtherwiseError
from baton.adapters.calendar.calendars import Standing
from baton.adapters.calendar.entries import read_entry
from baton.adapters.calendar.google_access import Access, calendar_service
from baton.adapters.calendar.reading import UnreadableError
from baton.adapters.calendar.slots import Span
from baton.errors import CalendarUnavailableError

_LONGEST = timedelta(days=28)
_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_CONFLICT = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
_SEQUENCE = "batonSequence"
_TRIES = 3
_PAGES = 20
_Told = TypeVar("_Told", bound=BaseModel)


class _Busy(BaseModel):
    start: AwareDatetime
    end: AwareDatetime


class _Error(BaseModel):
    reason: str = Field("", max_length=40, pattern="^[A-Za-z_]*$")


class _Times(BaseModel):
    busy: list[_Busy] | None = None
    errors: list[_Error] = []


class _FreeBusy(BaseModel):
    calendars: dict[str, _Times]


class _Attendee(BaseModel):
    email: str = ""
    is_self: bool = Field(False, alias="self")
    answer: str = Field("", alias="responseStatus")


class _Properties(BaseModel):
    private: dict[str, str] = {}


class _Event(BaseModel):
    """What Google tells of an event, as far as Baton asks."""

    id: str = Field(min_length=1)
    etag: str = ""
    status: str
    sequence: int = 0
    attendees: list[_Attendee] = []
    properties: _Properties = Field(_Properties(), alias="extendedProperties")

    def is_off(self, person: str) -> bool:
        """Return whether it is cancelled (deleted is the same to Google), or declined by them."""
        return self.status == "cancelled" or any(
            one.answer == "declined" and (one.is_self or one.email.lower() == person.lower())
            for one in self.attendees
        )

    def baton_sequence(self) -> int:
        """Return the SEQUENCE that Baton wrote, or Google's own, of one that Baton did not."""
        written = self.properties.private.get(_SEQUENCE, "")
        return int(written) if written.isdecimal() else self.sequence


class _Page(BaseModel):
    items: list[_Event]
    next: str | None = Field(None, alias="nextPageToken")


class GoogleCalendar:
    """A `WritableCalendar`: the primary one of a person in a Google Workspace.

    An entry has an id that follows from the meeting's UID, so twice is once. It has no attendees:
    Google would write to them. One that Google made of the invite is known by its iCalUID.
    """

    def __init__(self, person: str, api: str, access: Access) -> None:
        """Remember whose it is; `person` is their address, `api` where Google is."""
        self._person, self._api, self._access = person, api, access
        self._service = calendar_service(api)

    def busy(self, since: datetime, until: datetime) -> list[Span]:
        """Return the busy spans that touch the window, in order, aware UTC.

        Raises:
            CalendarUnavailableError: It is not answered for in time, cannot be understood, or
                Google says that it cannot tell.
        """
        spans: list[Span] = []
        begin = since
        while begin < until:
            end = min(begin + _LONGEST, until)
            spans += self._free_busy(begin, end)
            begin = end
        return sorted((start, end) for start, end in spans if start < until and end > since)

    def put(self, uid: str, content: bytes) -> None:
        """See `WritableCalendar.put`; nobody's change since we looked is overwritten."""
        sequence, body = self._body(content)
        for _ in range(_TRIES):
            there = self._own(uid)
            if there is None or there.status == "cancelled":
                copies = [one for one in self._copies(uid) if one.status != "cancelled"]
                there = copies[0] if copies else there
            is_there = there is not None and there.status != "cancelled"
            if there is not None and is_there and there.baton_sequence() >= sequence:
                return
            if self._write(uid, there, body):
                return
        raise self._unavailable("was changed by others each time. Try again later.")

    def remove(self, uid: str) -> None:
        """See `WritableCalendar.remove`."""
        own = self._own(uid)
        for one in [*([own] if own else []), *self._copies(uid)]:
            if one.status == "cancelled":
                continue
            request = self._service.events().delete(
                calendarId=self._person, eventId=one.id, sendUpdates="none"
            )
            try:
                self._access.do(request, expected=HTTPStatus.NO_CONTENT, also=_MISSING)
            except OtherwiseError:
                continue

    def standing(self, uid: str) -> Standing:
        """See `WritableCalendar.standing`; to Google, deleted is cancelled."""
        own = self._own(uid)
        if own is not None and not own.is_off(self._person):
            return Standing.STANDS
        copies = list(self._copies(uid))
        if any(not one.is_off(self._person) for one in copies):
            return Standing.STANDS
        return Standing.CANCELLED if own or copies else Standing.GONE

    def _free_busy(self, since: datetime, until: datetime) -> Iterator[Span]:
        body = {
            "timeMin": _utc(since).isoformat(),
            "timeMax": _utc(until).isoformat(),
            "items": [{"id": self._person}],
        }
        told = self._understood(
            _FreeBusy, self._access.do(self._service.freebusy().query(body=body))
        )
        by_id = {name.lower(): times for name, times in told.calendars.items()}
        times = by_id.get(self._person.lower(), _Times())
        if times.errors or times.busy is None:
            reason = times.errors[0].reason if times.errors else ""
            named = f" ({reason})" if reason else ""
            raise self._unavailable(
                f"cannot be read{named}. See that the rep's 'calendar' is right, and that they "
                "have a calendar at Google."
            )
        for one in times.busy:
            if one.end < one.start:
                raise self._unavailable("cannot be understood: a time ends before it begins.")
            yield _utc(one.start), _utc(one.end)

    def _own(self, uid: str) -> _Event | None:
        """Return the entry that Baton made; deleted ones stay, as cancelled, for a while."""
        request = self._service.events().get(calendarId=self._person, eventId=event_id(uid))
        try:
            return self._understood(_Event, self._access.do(request, also=_MISSING))
        except OtherwiseError:
            return None

    def _copies(self, uid: str) -> Iterator[_Event]:
        """Yield what Google, or its owner's program, made of the invite."""
        asked = {"calendarId": self._person, "iCalUID": uid, "showDeleted": True}
        after: str | None = None
        for _ in range(_PAGES):
            request = self._service.events().list(**asked, pageToken=after)
            page = self._understood(_Page, self._access.do(request))
            yield from page.items
            after = page.next
            if not after:
                return
        raise self._unavailable("tells of one meeting without end.")

    def _write(self, uid: str, there: _Event | None, body: dict[str, Any]) -> bool:
        """Write the entry, or change the one that is there; False if somebody else was quicker."""
        events, where = self._service.events(), {"calendarId": self._person, "sendUpdates": "none"}
        if there is None:
            request = events.insert(**where, body={"id": event_id(uid), **body})
        else:
            # A deleted one is written anew; of others what the owner added to it stays.
            change = events.update if there.status == "cancelled" else events.patch
            request = change(**where, eventId=there.id, body=body)
            request.headers["If-Match"] = there.etag
        also = (*_CONFLICT, *(_MISSING if there else ()), HTTPStatus.FORBIDDEN)
        try:
            self._access.do(request, also=also)
        except OtherwiseError as error:
            if error.code != HTTPStatus.FORBIDDEN:
                return False
            if error.reason != "forbiddenForNonOrganizer":
                raise self._unavailable(error.said) from None
            # Google's own copy of the invite; the mail that moves the meeting changes it.
        return True

    def _body(self, content: bytes) -> tuple[int, dict[str, Any]]:
        """Return the SEQUENCE of the one event in it, and the event as Google writes it."""
        try:
            entry = read_entry(content)
        except UnreadableError as error:
            raise self._unavailable(f"cannot take the entry: {error}.") from error
        return entry.sequence, {
            "summary": entry.summary,
            "description": entry.description,
            "location": entry.location,
            "start": {"dateTime": entry.starts_at.isoformat(), "timeZone": "UTC"},
            "end": {"dateTime": entry.ends_at.isoformat(), "timeZone": "UTC"},
            "status": "confirmed",
            "transparency": "opaque",
            "extendedProperties": {"private": {_SEQUENCE: str(entry.sequence)}},
        }

    def _understood(self, kind: type[_Told], told: Any) -> _Told:
        try:
            return kind.model_validate(told)
        except ValidationError:
            # Its text shows what was sent.
            raise self._unavailable("answered what Google's API does not. Is it well?") from None

    def _unavailable(self, said: str) -> CalendarUnavailableError:
        return self._access.line.unavailable(self._api, said)


def event_id(uid: str) -> str:
    """Return the id of the entry with this UID: base32hex in lower case, as Google wants it."""
    digest = hashlib.sha256(uid.encode()).digest()[:20]
    return base64.b32hexencode(digest).decode().lower()


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)
