"""A small Google for tests, behind a door: tokens, free/busy and events, as its API has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.auth import jwt
from icalendar import Calendar

from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.google import GoogleCalendar
from baton.adapters.calendar.google_access import SCOPES, Access
from baton.adapters.calendar.opening import GoogleKey
from tests.calendar.servers import MOST_BYTES, OWNER, Door, Start, as_calendar, serving

Json = dict[str, Any]
ROOT = "/calendar/v3/"
EVENTS = f"{ROOT}calendars/{OWNER.email}/events"


class RefusedError(Exception):
    """What Google answers instead."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason


class GoogleRoom:
    """The primary calendar of one person.

    Attributes:
        events: What is in it, by id; deleted ones stay as cancelled.
        tokens: Those that are taken.
        token_door: The way to tokens, at which things can go wrong too.
        asked_of: The subject of each token that was given.
        foreign: Ids of events whose organizer is somebody else.
    """

    ok = 200
    is_writable = True

    def __init__(self, folder: Path) -> None:
        self.events: dict[str, Json] = {}
        self.tokens: set[str] = set()
        self.asked_of: list[str] = []
        self.foreign: set[str] = set()
        self.door, self.token_door = Door(self._api), Door(self._token)
        self.url, self.key_file = "", folder / "key.json"
        self._changes = 0
        self._written: list[str] = []
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def app(self, environ: Json, start: Start) -> Iterable[bytes]:
        door = self.token_door if environ["PATH_INFO"] == "/token" else self.door
        return door(environ, start)

    def opens_at(self, address: str) -> None:
        """Say where it is, and write a key as Google's console gives it."""
        self.url = f"{address}{ROOT}"
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.key_file.write_text(
            json.dumps(
                {
                    "type": "service_account",
                    "private_key_id": "k1",
                    "private_key": pem,
                    "client_email": "baton@project.iam.example",
                    "token_uri": f"{address}/token",
                }
            ),
            encoding="utf-8",
        )

    def forget(self) -> None:
        """Be as new and well; earlier tokens count no more."""
        for door in (self.door, self.token_door):
            door.is_well()
            door.asked.clear()
        for kept in (self.events, self.tokens, self.asked_of, self.foreign, self._written):
            kept.clear()

    # What a room does

    def hold(self, *events: str) -> None:
        self.events.clear()
        for number, held in enumerate(events):
            self.write(f"{number}.ics", as_calendar(held))

    def writes(self) -> int:
        """Return how often something was written to the events, deletions aside."""
        return len(self._written)

    def is_write(self, environ: Json) -> bool:
        method = environ["REQUEST_METHOD"]
        return method in ("PUT", "PATCH") or (method == "POST" and environ["PATH_INFO"] == EVENTS)

    def files(self) -> list[str]:
        return [name for name, event in self.events.items() if event["status"] != "cancelled"]

    def write(self, name: str, content: bytes) -> None:
        """Put an event there, as Google does with an invite that comes by mail."""
        (event,) = Calendar.from_ical(content).walk("VEVENT")
        found: Any = event.get("ATTENDEE", [])
        self._keep(
            name,
            {
                "iCalUID": str(event["UID"]),
                "summary": str(event.get("SUMMARY", "")),
                "sequence": int(event.get("SEQUENCE", 0)),
                "status": str(event.get("STATUS", "confirmed")).lower(),
                "start": {"dateTime": event.decoded("DTSTART").isoformat()},
                "end": {"dateTime": event.decoded("DTEND").isoformat()},
                "attendees": [
                    {
                        "email": str(one).removeprefix("mailto:"),
                        "responseStatus": str(one.params["PARTSTAT"]).lower(),
                    }
                    for one in (found if isinstance(found, list) else [found])
                ],
            },
        )

    def read(self, name: str) -> str:
        return f"SUMMARY:{self.events[name]['summary']}"

    def delete(self, name: str) -> None:
        self.events[name]["status"] = "cancelled"

    def starts_at(self, name: str) -> datetime:
        return datetime.fromisoformat(self.events[name]["start"]["dateTime"])

    def calendar(self, url: str | None = None, *, patience_seconds: float = 5) -> GoogleCalendar:
        line = Line(OWNER.email, None, patience_seconds, MOST_BYTES)
        return GoogleCalendar(
            OWNER.email, url or self.url, Access(self.key_file, OWNER.email, line)
        )

    def rep_address(self) -> str:
        return f"google:{OWNER.email}"

    def settings(self) -> Json:
        return {"google_key": self.key_file, "google_api": self.url}

    def key(self) -> GoogleKey:
        return GoogleKey(self.key_file, self.url)

    # What Google does

    def _token(self, environ: Json, start: Start) -> Iterable[bytes]:
        form = parse_qs(_body(environ).decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = _claims(form["assertion"][0])
        assert claims["scope"] == " ".join(SCOPES)
        self.asked_of.append(claims["sub"])
        token = f"secret-token-{len(self.asked_of)}"
        self.tokens.add(token)
        return _answer(start, 200, {"access_token": token, "expires_in": 3600})

    def _api(self, environ: Json, start: Start) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].encode("latin-1").decode()
        if self.is_write(environ):
            self._written.append(method)
        try:
            return self._may_answer(method, path, environ, start)
        except RefusedError as error:
            told = {"errors": [{"reason": error.reason, "message": f"{OWNER.email}: no"}]}
            return _answer(start, error.status, {"error": {"code": error.status, **told}})

    def _may_answer(self, method: str, path: str, environ: Json, start: Start) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ") not in self.tokens:
            raise RefusedError(401, "authError")
        if (method, path) == ("POST", f"{ROOT}freeBusy"):
            return _answer(start, 200, self._free_busy(json.loads(_body(environ))))
        if not path.startswith(EVENTS):
            raise RefusedError(404, "notFound")
        name = path.removeprefix(EVENTS).removeprefix("/")
        return self._about_events(method, name, environ, start)

    def _about_events(self, method: str, name: str, environ: Json, start: Start) -> Iterable[bytes]:
        if method == "GET" and not name:
            (uid,) = parse_qs(environ["QUERY_STRING"])["iCalUID"]
            found = [event for event in self.events.values() if event["iCalUID"] == uid]
            return _answer(start, 200, {"items": found})
        if method == "POST":
            body = json.loads(_body(environ))
            if body["id"] in self.events:
                raise RefusedError(409, "duplicate")
            assert set(body["id"]) <= set("0123456789abcdefghijklmnopqrstuv")
            return _answer(start, 200, self._keep(body["id"], {"sequence": 0, **body}))
        if name not in self.events:
            raise RefusedError(404, "notFound")
        if method == "GET":
            return _answer(start, 200, self.events[name])
        if method == "DELETE":
            if self.events[name]["status"] == "cancelled":
                raise RefusedError(410, "deleted")
            self.delete(name)
            return _answer(start, 204, None)
        if environ.get("HTTP_IF_MATCH") != self.events[name]["etag"]:
            raise RefusedError(412, "conditionNotMet")
        if name in self.foreign:
            raise RefusedError(403, "forbiddenForNonOrganizer")
        before = self.events[name] if method == "PATCH" else {}
        kept = {**before, "iCalUID": self.events[name]["iCalUID"], **json.loads(_body(environ))}
        return _answer(start, 200, self._keep(name, {"sequence": 0, **kept}))

    def _keep(self, name: str, event: Json) -> Json:
        self._changes += 1
        kept = {"iCalUID": f"{name}@google.com", **event, "id": name, "etag": f'"{self._changes}"'}
        self.events[name] = kept
        return kept

    def _free_busy(self, asked: Json) -> Json:
        ((wanted,),) = ([one["id"] for one in asked["items"]],)
        if wanted != OWNER.email:
            return {"calendars": {wanted: {"errors": [{"reason": "notFound"}], "busy": []}}}
        since, until = (datetime.fromisoformat(asked[name]) for name in ("timeMin", "timeMax"))
        busy = []
        for name in self.files():
            times = [self.events[name][edge]["dateTime"] for edge in ("start", "end")]
            first, last = (datetime.fromisoformat(one) for one in times)
            if first < until and last > since:
                busy.append({"start": times[0], "end": times[1]})
        return {"kind": "calendar#freeBusy", "calendars": {wanted: {"busy": busy}}}


@contextmanager
def google_room(folder: Path) -> Iterator[GoogleRoom]:
    room = GoogleRoom(folder)
    with serving(room.app) as address:
        room.opens_at(address)
        yield room


def _claims(assertion: str) -> Json:
    claims: Json = jwt.decode(assertion, verify=False)  # type: ignore[no-untyped-call]
    return claims


def _body(environ: Json) -> bytes:
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return content


def _answer(start: Start, status: int, told: Json | None) -> list[bytes]:
    start(f"{status} Said by Google", [("Content-Type", "application/json; charset=UTF-8")])
    return [] if told is None else [json.dumps(told).encode()]
