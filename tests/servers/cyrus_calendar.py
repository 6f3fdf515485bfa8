"""Somebody's calendar at Cyrus, as the calendar program uses it in which they look and answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
from icalendar import Calendar

from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.caldav import CalDavCalendar
from baton.adapters.calendar.reading import Owner
from baton.adapters.calendar.zones import zone
from tests.servers.cyrus import Cyrus
from tests.servers.debian import PASSWORD

WAIT_SECONDS = 60


class PersonsCalendar:
    """The calendar of a new person at Cyrus.

    Attributes:
        email: Theirs.
        url: Address of the calendar.
    """

    def __init__(self, server: Cyrus, user: str) -> None:
        self.email, self.url = server.join(user), server.calendar(user)
        self._user = user
        self._client = httpx.Client(auth=(user, PASSWORD), timeout=30)
        # Cyrus makes the calendar when its owner first looks.
        assert self.entries() == {}

    def for_baton(self) -> CalDavCalendar:
        """The same calendar as Baton reads and writes it."""
        owner = Owner(self.email, zone("Europe/Berlin"))
        return CalDavCalendar(self.url, owner, Line(self.email, (self._user, PASSWORD)))

    def entries(self) -> dict[str, str]:
        """Return what is in it, by path."""
        told = self._client.request("PROPFIND", self.url, headers={"Depth": "1"})
        assert told.status_code == httpx.codes.MULTI_STATUS, told.text
        found = [part.partition("<")[0] for part in told.text.split("<D:href>")[1:]]
        root = self.url.partition("/dav/")[0]
        return {path: self._text(f"{root}{path}") for path in found if path.endswith(".ics")}

    def event(self, uid: str) -> Any:
        """Return the event with this UID; None if there is none."""
        events = [
            event
            for text in self.entries().values()
            for event in Calendar.from_ical(text).walk("VEVENT")
        ]
        return next((event for event in events if str(event["UID"]) == uid), None)

    def await_event(self, uid: str, is_it: Callable[[Any], bool]) -> Any:
        """Return the event (or None) as soon as it is as it shall be, within a minute."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_it(found := self.event(uid)):
            assert time.monotonic() < deadline, f"the event of {self.email} is {found}"
            time.sleep(0.2)
        return found

    def answer(self, uid: str, partstat: str) -> None:
        """Answer the invite that stands there; Cyrus tells the organizer."""
        path, text = self._entry(uid)
        calendar = Calendar.from_ical(text)
        for event in calendar.walk("VEVENT"):
            attendees: Any = event["ATTENDEE"]
            for attendee in attendees if isinstance(attendees, list) else [attendees]:
                if str(attendee).lower() == f"mailto:{self.email}":
                    attendee.params["PARTSTAT"] = partstat
        self.put(path.rpartition("/")[2], bytes(calendar.to_ical()))

    def put(self, name: str, content: bytes) -> None:
        """Put a file into the calendar."""
        kind = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = self._client.put(f"{self.url}{name}", content=content, headers=kind)
        assert answer.is_success, answer.text

    def delete(self, uid: str) -> None:
        """Throw an event away."""
        path, _ = self._entry(uid)
        answer = self._client.delete(f"{self.url.partition('/dav/')[0]}{path}")
        assert answer.is_success, answer.text

    def close(self) -> None:
        self._client.close()

    def _entry(self, uid: str) -> tuple[str, str]:
        return next((path, text) for path, text in self.entries().items() if f"UID:{uid}" in text)

    def _text(self, url: str) -> str:
        return self._client.get(url).raise_for_status().text
