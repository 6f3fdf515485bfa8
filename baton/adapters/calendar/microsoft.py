"""A calendar at Exchange Online (Microsoft 365), read and written through Microsoft Graph 1.0."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, Field, NaiveDatetime, ValidationError

from baton.adapters.calendar.asking import OtherwiseError
from baton.adapters.calendar.calendars import Standing
from baton.adapters.calendar.entries import Entry, read_entry
from baton.adapters.calendar.microsoft_access import Access
from baton.adapters.calendar.reading import Owner, UnreadableError
from baton.adapters.calendar.slots import Span
from baton.errors import CalendarUnavailableError

_DAY = timedelta(days=1)
_SET = "8b7344b4-6be7-4cd7-9430-b0ccb3589146"
# Names of properties that Baton gives to its entries, as Graph wants them.
_UID = f"String {{{_SET}}} Name BatonUid"
_SEQUENCE = f"String {{{_SET}}} Name BatonSequence"
# How Exchange writes the UID of an invite from elsewhere (MS-OXCICAL, PidLidGlobalObjectId).
_FOREIGN = "040000008200E00074C5B7101A82E008" + "00" * 20
_UTC_TIMES = {"Prefer": 'outlook.timezone="UTC"'}
_FREE = ("free", "workingElsewhere")
_CONFLICT = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)
_TRIES = 3
_PAGES = 20
_PAGE = "250"
_WITH_ATTENDEES = (
    "holds the meeting with attendees, to whom Exchange would write if Baton changed it. Its "
    "owner must {it} there."
)
_Told = TypeVar("_Told", bound=BaseModel)


class _Response(BaseModel):
    response: str | None = None


class _Answered(BaseModel):
    is_cancelled: bool = Field(alias="isCancelled")
    answer: _Response | None = Field(None, alias="responseStatus")

    def is_off(self) -> bool:
        """Return whether it is cancelled, or declined by the calendar's owner."""
        declined = self.answer is not None and self.answer.response == "declined"
        return self.is_cancelled or declined


class _Time(BaseModel):
    at: NaiveDatetime = Field(alias="dateTime")
    zone: Literal["UTC"] = Field(alias="timeZone")


class _Busy(_Answered):
    start: _Time
    end: _Time
    is_all_day: bool = Field(alias="isAllDay")
    shown_as: str = Field(alias="showAs")


class _Property(BaseModel):
    id: str
    value: str


class _Event(_Answered):
    """What Graph tells of an event, as far as Baton asks."""

    id: str = Field(min_length=1)
    etag: str = Field("", alias="@odata.etag")
    is_organizer: bool = Field(alias="isOrganizer")
    attendees: list[Any]
    properties: list[_Property] = Field([], alias="singleValueExtendedProperties")

    def sequence(self) -> int:
        """Return the SEQUENCE that Baton wrote; Graph tells no other."""
        written = [one.value for one in self.properties if one.id.lower() == _SEQUENCE.lower()]
        return int(written[0]) if written and written[0].isdecimal() else 0


class _Page(BaseModel):
    value: list[Any]
    next: str | None = Field(None, alias="@odata.nextLink")


class MicrosoftCalendar:
    """A `WritableCalendar`: the main one of a person's mailbox.

    An entry carries the meeting's UID in a property of its own, so twice is once. It has no
    attendees: Exchange would write to them. One that Exchange made of the invite is known by its
    iCalUId.
    """

    def __init__(self, person: str, owner: Owner, api: str, access: Access) -> None:
        """Remember whose it is; `person` is the mailbox's address, `api` where Graph is."""
        self._owner, self._api, self._access = owner, api, access
        self._calendar = f"users/{quote(person, safe='@')}/calendar"

    def busy(self, since: datetime, until: datetime) -> list[Span]:
        """Return the busy spans that touch the window, in order, aware UTC.

        Raises:
            CalendarUnavailableError: It is not answered for in time, or cannot be understood.
        """
        asked = {
            # Whole days are the owner's, wherever Exchange thinks that they are.
            "startDateTime": _iso(since - _DAY) + "Z",
            "endDateTime": _iso(until + _DAY) + "Z",
            "$select": "start,end,isAllDay,showAs,isCancelled,responseStatus",
            "$top": _PAGE,
        }
        told = self._listed(f"{self._calendar}/calendarView", asked, _Busy)
        spans = [self._span(one) for one in told if not one.is_off() and one.shown_as not in _FREE]
        return sorted((start, end) for start, end in spans if start < until and end > since)

    def put(self, uid: str, content: bytes) -> None:
        """See `WritableCalendar.put`; nobody's change since we looked is overwritten."""
        try:
            entry = read_entry(content)
        except UnreadableError as error:
            raise self._unavailable(f"cannot take the entry: {error}.") from error
        for _ in range(_TRIES):
            there = next((one for one in self._entries(uid) if not one.is_off()), None)
            if there is not None and self._is_right(there, entry):
                return
            if self._write(uid, entry, there):
                return
        raise self._unavailable("was changed by others each time. Try again later.")

    def remove(self, uid: str) -> None:
        """See `WritableCalendar.remove`; nobody hears of it by Exchange."""
        stay = []
        for one in self._entries(uid):
            if one.is_cancelled:
                continue
            if one.is_organizer and one.attendees:
                stay.append(one)
            else:
                self._changed("DELETE", self._event(one), expected=HTTPStatus.NO_CONTENT)
        if stay:
            raise self._unavailable(_WITH_ATTENDEES.format(it="take it out"))

    def standing(self, uid: str) -> Standing:
        """See `WritableCalendar.standing`; a deleted one is gone."""
        found = []
        for one in self._entries(uid):
            if not one.is_off():
                return Standing.STANDS
            found.append(one)
        return Standing.CANCELLED if found else Standing.GONE

    def _is_right(self, there: _Event, entry: Entry) -> bool:
        """Return whether the event that is there need not, or must not, be changed."""
        is_older = there.sequence() < entry.sequence
        if there.attendees and there.properties and is_older:
            # Its owner has asked others to Baton's entry.
            raise self._unavailable(_WITH_ATTENDEES.format(it="move it"))
        # What Exchange made of the invite is moved by the mail that moves the meeting.
        return bool(there.attendees) or not is_older

    def _entries(self, uid: str) -> Iterator[_Event]:
        """Yield the entry that Baton made, then what Exchange or a program made of the invite."""
        named = f"ep/id eq '{_UID}' and ep/value eq {_quoted(uid)}"
        same = " or ".join(f"iCalUId eq {_quoted(one)}" for one in (uid, foreign_uid(uid)))
        for which in (f"singleValueExtendedProperties/Any(ep: {named})", same):
            asked = {
                "$filter": which,
                "$select": "id,isCancelled,isOrganizer,responseStatus,attendees",
                "$expand": f"singleValueExtendedProperties($filter=id eq '{_SEQUENCE}')",
            }
            yield from self._listed(f"{self._calendar}/events", asked, _Event)

    def _write(self, uid: str, entry: Entry, there: _Event | None) -> bool:
        """Write the entry, or change the one that is there; False if somebody else was quicker."""
        body: dict[str, Any] = {
            "subject": entry.summary,
            "body": {"contentType": "text", "content": entry.description},
            "location": {"displayName": entry.location},
            "start": {"dateTime": _iso(entry.starts_at), "timeZone": "UTC"},
            "end": {"dateTime": _iso(entry.ends_at), "timeZone": "UTC"},
            "showAs": "busy",
            "singleValueExtendedProperties": [
                {"id": _UID, "value": uid},
                {"id": _SEQUENCE, "value": str(entry.sequence)},
            ],
        }
        if there is not None:
            same = {"If-Match": there.etag}
            return self._changed("PATCH", self._event(there), body, headers=same, also=_CONFLICT)
        # Graph takes the same one once, should it be asked twice before it shows the first.
        body["transactionId"] = str(uuid.uuid5(uuid.UUID(_SET), f"{uid}/{entry.sequence}"))
        events = f"{self._calendar}/events"
        return self._changed("POST", events, body, expected=HTTPStatus.CREATED, also=_CONFLICT)

    def _changed(
        self,
        method: str,
        where: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        expected: int = HTTPStatus.OK,
        also: tuple[int, ...] = (),
    ) -> bool:
        """Return whether the change was made; False for `also`, and if the event is not there."""
        heard = (*also, *(() if method == "POST" else (HTTPStatus.NOT_FOUND,)))
        try:
            self._access.do(
                method, where, body=body, headers=headers, expected=expected, also=heard
            )
        except OtherwiseError as error:
            # That the mailbox is not there says nothing of the event.
            if error.code == HTTPStatus.NOT_FOUND and error.reason != "ErrorItemNotFound":
                raise self._unavailable(error.said) from None
            return False
        return True

    def _event(self, one: _Event) -> str:
        return f"{self._calendar}/events/{quote(one.id, safe='')}"

    def _listed(self, where: str, asked: dict[str, str], kind: type[_Told]) -> Iterator[_Told]:
        """Yield what is listed, page by page."""
        page = self._page(self._access.do("GET", where, parameters=asked, headers=_UTC_TIMES))
        for _ in range(_PAGES):
            for one in page.value:
                yield self._understood(kind, one)
            if not page.next:
                return
            if not self._access.is_there(page.next):
                raise self._unavailable("tells of a next page that is elsewhere. Is it well?")
            page = self._page(self._access.do("GET", page.next, headers=_UTC_TIMES))
        raise self._unavailable("tells of its events without end.")

    def _page(self, told: Any) -> _Page:
        return self._understood(_Page, told)

    def _span(self, one: _Busy) -> Span:
        """Return when it is; Graph gives whole days from midnight to midnight, in no zone."""
        zone = self._owner.zone if one.is_all_day else UTC
        start, end = (at.at.replace(tzinfo=zone).astimezone(UTC) for at in (one.start, one.end))
        if end < start:
            raise self._unavailable("cannot be understood: a time ends before it begins.")
        return start, end

    def _understood(self, kind: type[_Told], told: Any) -> _Told:
        try:
            return kind.model_validate(told)
        except ValidationError:
            # Its text shows what was sent.
            raise self._unavailable("answered what Graph's API does not. Is it well?") from None

    def _unavailable(self, said: str) -> CalendarUnavailableError:
        return self._access.line.unavailable(self._api, said)


def foreign_uid(uid: str) -> str:
    """Return the UID of an invite as Exchange writes it in hexadecimal digits."""
    data = b"vCal-Uid\x01\x00\x00\x00" + uid.encode() + b"\x00"
    return _FOREIGN + (len(data).to_bytes(4, "little") + data).hex().upper()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
