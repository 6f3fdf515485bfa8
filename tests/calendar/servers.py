"""Calendar servers for tests: a real Radicale and a plain web server, on a free port each.

Both stand behind a door at which a test can let things go wrong.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
from radicale import config
from radicale.app import Application

from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.caldav import CalDavCalendar
from baton.adapters.calendar.calendars import Calendar
from baton.adapters.calendar.published import PublishedCalendar
from baton.adapters.calendar.reading import Owner
from baton.adapters.calendar.zones import zone

Start = Callable[[str, list[tuple[str, str]]], Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]
OWNER = Owner("ida@seller.example", zone("Europe/Berlin"))
MOST_BYTES = 100_000
USER, PASSWORD = "baton", "pass-word-that-nobody-says"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


class Door:
    """What stands before a server; `trouble` may answer in its place.

    Attributes:
        trouble: Given the request, an answer, or None to let it through; cleared by setting None.
        asked: The method of each request that came, also of those that were not let through.
        changed: Method and path of each request that changed something.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self.trouble: Callable[[dict[str, Any], Start], Iterable[bytes] | None] | None = None
        self.asked: list[str] = []
        self.changed: list[tuple[str, str]] = []

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.asked.append(method)
        answer = self.trouble(environ, start) if self.trouble else None
        if answer is not None:
            return answer

        def noting(status: str, headers: list[tuple[str, str]]) -> Any:
            if method in ("PUT", "DELETE") and status.startswith("2"):
                self.changed.append((method, environ["PATH_INFO"]))
            return start(status, headers)

        return self._app(environ, noting)

    def holds_back(self, seconds: float) -> None:
        """From now on no request is answered before so long."""

        def trouble(_: dict[str, Any], _start: Start) -> None:
            time.sleep(seconds)

        self.trouble = trouble

    def answers(self, status: int, body: bytes = b"") -> None:
        """From now on every request gets this."""

        def trouble(_: dict[str, Any], start: Start) -> Iterable[bytes]:
            start(f"{status} Said by the test", [("Content-Type", "text/calendar")])
            return [body]

        self.trouble = trouble

    def drips(self, status: int, seconds: float) -> None:
        """From now on an answer comes in drops, for so long."""

        def trouble(_: dict[str, Any], start: Start) -> Iterable[bytes]:
            start(f"{status} Said by the test", [("Content-Type", "text/calendar")])
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                yield b"X"
                time.sleep(0.02)

        self.trouble = trouble

    def is_well(self) -> None:
        self.trouble = None


@contextmanager
def serving(app: App, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve the app on a free port while the block runs; gives its address without a path."""
    with make_server("127.0.0.1", 0, app, _Server, _Silent) as server:
        if tls is not None:
            # Each thread shakes hands for itself: nobody waits for a slow one.
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class CalDavRoom:
    """A calendar on a Radicale of its own."""

    ok = 207
    is_writable = True

    def __init__(self, door: Door, address: str) -> None:
        self.door, self.address = door, address
        self._client = httpx.Client(auth=(USER, PASSWORD), base_url=address)
        self.folder = f"{address}/{USER}/"
        self.url = f"{self.folder}secret-calendar/"
        made = self._client.request("MKCALENDAR", self.url)
        assert made.status_code == 201, made.text

    def hold(self, *events: str) -> None:
        """Put events into the calendar, each a VEVENT, in place of all that are there."""
        for path in self.files():
            self._client.delete(path).raise_for_status()
        for number, held in enumerate(events):
            self.write(f"{number}.ics", as_calendar(held))

    def writes(self) -> int:
        """Return how often somebody tried to write through the door."""
        return self.door.asked.count("PUT")

    def is_write(self, environ: dict[str, Any]) -> bool:
        return bool(environ["REQUEST_METHOD"] == "PUT")

    def files(self) -> list[str]:
        """Return the paths of what is in the calendar."""
        told = self._client.request("PROPFIND", self.url, headers={"Depth": "1"}).text
        paths = [line.partition("<")[0] for line in told.split("<href>")[1:]]
        return [path for path in paths if path.endswith(".ics")]

    def write(self, name: str, content: bytes) -> None:
        """Put a file into the calendar, as its owner's program does."""
        self._client.put(f"{self.url}{name}", content=content).raise_for_status()

    def read(self, path: str) -> str:
        return self._client.get(path).raise_for_status().text

    def delete(self, path: str) -> None:
        self._client.delete(path).raise_for_status()

    def close(self) -> None:
        self._client.close()

    def calendar(
        self, url: str | None = None, *, patience_seconds: float = 5, password: str = PASSWORD
    ) -> CalDavCalendar:
        line = Line(OWNER.email, (USER, password), patience_seconds, MOST_BYTES)
        return CalDavCalendar(url or self.url, OWNER, line)

    def rep_address(self) -> str:
        """What stands in the reps' file."""
        return self.url.replace("http://", f"caldav+http://{USER}@")


class PublishedRoom:
    """A calendar that a web server publishes."""

    ok = 200
    is_writable = False

    def __init__(self) -> None:
        self.content = as_calendar()
        self.door = Door(self._answer)
        self.url = ""

    def _answer(self, _: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/calendar; charset=utf-8")])
        return [self.content]

    def hold(self, *events: str) -> None:
        self.content = as_calendar(*events)

    def calendar(self, url: str | None = None, *, patience_seconds: float = 5) -> Calendar:
        line = Line(OWNER.email, None, patience_seconds, MOST_BYTES)
        return PublishedCalendar(url or self.url, OWNER, line)

    def rep_address(self) -> str:
        return self.url


@contextmanager
def caldav_room(folder: Path) -> Iterator[CalDavRoom]:
    """A Radicale that keeps its calendars in the folder."""
    users = folder / "users"
    users.write_text(f"{USER}:{PASSWORD}\n", encoding="utf-8")
    chosen = config.load()
    chosen.update(
        {
            "auth": {
                "type": "htpasswd",
                "htpasswd_filename": str(users),
                "htpasswd_encryption": "plain",
                "delay": "0",
            },
            "storage": {"filesystem_folder": str(folder / "collections")},
            "logging": {"level": "critical"},
        },
        "test",
        privileged=True,
    )
    door = Door(Application(chosen))
    with serving(door) as address:
        room = CalDavRoom(door, address)
        yield room
        room.close()


@contextmanager
def published_room() -> Iterator[PublishedRoom]:
    room = PublishedRoom()
    with serving(room.door) as address:
        room.url = f"{address}/private-secret-token/basic.ics"
        yield room


def as_calendar(*events: str) -> bytes:
    """Return an iCalendar object with these components."""
    inside = "".join(event.strip() + "\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{inside}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def event(*lines: str, uid: str = "one@elsewhere.example") -> str:
    """Return a VEVENT with these lines."""
    stamped = ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260301T000000Z", *lines, "END:VEVENT")
    return "\n".join(stamped)
