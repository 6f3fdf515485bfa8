"""A small Microsoft for tests, behind doors: tokens, and Graph's events as its documents show them.

Tokens are asked for over TLS, as MSAL insists on it, so everything here is.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import trustme
from icalendar import Calendar
from pydantic import SecretStr

from baton.adapters.calendar import microsoft_access
from baton.adapters.calendar.asking import Line
from baton.adapters.calendar.microsoft import MicrosoftCalendar
from baton.adapters.calendar.microsoft_access import Access
from baton.adapters.calendar.opening import MicrosoftApp
from tests.calendar.servers import MOST_BYTES, OWNER, Door, Start, as_calendar, serving

Json = dict[str, Any]
ROOT = "/v1.0/"
TENANT = "7d0e5a34-tenant"
SECRET = "secret-of-the-app"
CALENDAR = f"{ROOT}users/{OWNER.email}/calendar"
EVENTS, VIEW = f"{CALENDAR}/events", f"{CALENDAR}/calendarView"
PROPERTIES, SEQUENCE = "singleValueExtendedProperties", "Name BatonSequence"
# What Graph takes in a filter, of what Baton asks.
BY_PROPERTY = re.compile(
    r"singleValueExtendedProperties/Any\(ep: ep/id eq '([^']+)' and ep/value eq '(.*)'\)"
)
BY_UID = re.compile(r"iCalUId eq '(.*)' or iCalUId eq '(.*)'")
PAGE = 2


class RefusedError(Exception):
    """What Graph answers instead."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(status, code)
        self.status, self.code = status, code


class MicrosoftRoom:
    """The main calendar of one mailbox.

    Attributes:
        events: What is in it, by id; deleted ones are gone.
        tokens: Those that are taken.
        token_door: The way to tokens, at which things can go wrong too.
        asked_of: The scope of each token that was given.
        written_to: Whom Exchange has written to, because a meeting with attendees was changed.
        refresh_in: After how many seconds a token may be renewed, though it is good for longer.
        trusts: What a client must trust to talk to it.
    """

    ok = 200
    is_writable = True

    def __init__(self, trusts: ssl.SSLContext) -> None:
        self.trusts = trusts
        self.events: dict[str, Json] = {}
        self.tokens: set[str] = set()
        self.asked_of: list[str] = []
        self.written_to: list[str] = []
        self.refresh_in = 43199
        self.door, self.token_door = Door(self._api), Door(self._login)
        self.address = self.url = ""
        self._apps = 0
        self._changes = 0
        self._written: list[str] = []
        self._transactions: set[str] = set()

    def app(self, environ: Json, start: Start) -> Iterable[bytes]:
        is_api = environ["PATH_INFO"].startswith(ROOT)
        return (self.door if is_api else self.token_door)(environ, start)

    def opens_at(self, address: str) -> None:
        self.address, self.url = address, f"{address}{ROOT}"

    def forget(self) -> None:
        """Be as new and well; earlier tokens count no more, and another app is registered."""
        for door in (self.door, self.token_door):
            door.is_well()
            door.asked.clear()
        kept = (self.events, self.tokens, self.asked_of, self.written_to, self._written)
        for one in (*kept, self._transactions, microsoft_access._RESTS):
            one.clear()
        self._apps += 1
        self.refresh_in = 43199

    # What a room does

    def hold(self, *events: str) -> None:
        self.events.clear()
        for number, held in enumerate(events):
            self.write(f"{number}.ics", as_calendar(held))

    def writes(self) -> int:
        """Return how often something was written to the events, deletions aside."""
        return len(self._written)

    def is_write(self, environ: Json) -> bool:
        return environ["REQUEST_METHOD"] in ("POST", "PATCH")

    def files(self) -> list[str]:
        return [name for name, event in self.events.items() if not event["isCancelled"]]

    def write(self, name: str, content: bytes, *, uid: str | None = None) -> None:
        """Put an event there, as Exchange does with an invite, or change what Baton put there."""
        (event,) = Calendar.from_ical(content).walk("VEVENT")
        found: Any = event.get("ATTENDEE", [])
        people = found if isinstance(found, list) else [found]
        answers = {str(one).removeprefix("mailto:"): str(one.params["PARTSTAT"]) for one in people}
        own = {}
        if name in self.events:
            # Another one of Baton's processes.
            own = {one["id"]: one["value"] for one in self.events[name][PROPERTIES]}
            own.update({one: str(event["SEQUENCE"]) for one in own if one.endswith(SEQUENCE)})
        start, end = event.decoded("DTSTART"), event.decoded("DTEND")
        is_all_day = not isinstance(start, datetime)
        self._keep(
            name,
            {
                "iCalUId": uid or str(event["UID"]),
                "subject": str(event.get("SUMMARY", "")),
                "start": _midnight(start) if is_all_day else _time(start),
                "end": _midnight(end) if is_all_day else _time(end),
                "isAllDay": is_all_day,
                "showAs": "free" if event.get("TRANSP") == "TRANSPARENT" else "busy",
                "isCancelled": event.get("STATUS") == "CANCELLED",
                "isOrganizer": "ORGANIZER" in event or not answers,
                "attendees": [_person(one, answer) for one, answer in answers.items()],
                "responseStatus": {"response": answers.get(OWNER.email, "none").lower()},
                PROPERTIES: [{"id": one, "value": value} for one, value in own.items()],
            },
        )

    def read(self, name: str) -> str:
        return f"SUMMARY:{self.events[name]['subject']}"

    def delete(self, name: str) -> None:
        del self.events[name]

    def starts_at(self, name: str) -> datetime:
        return _read_time(self.events[name]["start"])

    def calendar(self, url: str | None = None, *, patience_seconds: float = 5) -> MicrosoftCalendar:
        line = Line(OWNER.email, None, patience_seconds, MOST_BYTES)
        app = self.microsoft(url)
        return MicrosoftCalendar(OWNER.email, OWNER, app.api, Access(app, OWNER.email, line))

    def rep_address(self) -> str:
        return f"microsoft:{OWNER.email}"

    def settings(self) -> Json:
        app = self.microsoft()
        return {
            "microsoft_tenant": app.tenant,
            "microsoft_client": app.client,
            "microsoft_secret": SecretStr(app.secret),
            "microsoft_api": app.api,
            "microsoft_login": app.login,
        }

    def microsoft(self, url: str | None = None) -> MicrosoftApp:
        return MicrosoftApp(
            TENANT, f"app-{self._apps}", SECRET, url or self.url, f"{self.address}/"
        )

    # What Microsoft does

    def _login(self, environ: Json, start: Start) -> Iterable[bytes]:
        at = f"{self.address}/{TENANT}/oauth2/v2.0"
        path = environ["PATH_INFO"]
        if path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            told = {
                "issuer": f"{self.address}/{TENANT}/v2.0",
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
            }
            return _answer(start, 200, told)
        assert path == f"/{TENANT}/oauth2/v2.0/token"
        form = dict(parse_qsl(_body(environ).decode()))
        assert form["grant_type"] == "client_credentials"
        assert form["client_id"] == f"app-{self._apps}"
        if form["client_secret"] != SECRET:
            said = "AADSTS7000215: Invalid client secret provided. Secret words."
            no = {"error": "invalid_client", "error_description": said, "error_codes": [7000215]}
            return _answer(start, 401, no)
        self.asked_of.append(form["scope"])
        token = f"secret-token-{self._apps}-{len(self.asked_of)}"
        self.tokens.add(token)
        yes = {"token_type": "Bearer", "expires_in": 86399, "access_token": token}
        yes["refresh_in"] = self.refresh_in
        return _answer(start, 200, yes)

    def _api(self, environ: Json, start: Start) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].encode("latin-1").decode()
        if self.is_write(environ):
            self._written.append(method)
        try:
            return self._may_answer(method, path, environ, start)
        except RefusedError as error:
            said = f"The requested user '{OWNER.email}' is secret."
            told = {"code": error.code, "message": said, "innerError": {"request-id": "0"}}
            return _answer(start, error.status, {"error": told})

    def _may_answer(self, method: str, path: str, environ: Json, start: Start) -> Iterable[bytes]:
        if environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ") not in self.tokens:
            raise RefusedError(401, "InvalidAuthenticationToken")
        if not path.startswith(CALENDAR):
            raise RefusedError(404, "ErrorInvalidUser")
        if method == "GET":
            return _answer(start, 200, self._listed(path, environ))
        if method == "POST":
            return _answer(start, 201, self._new(json.loads(_body(environ))))
        name = unquote(path.removeprefix(f"{EVENTS}/"))
        if name not in self.events:
            raise RefusedError(404, "ErrorItemNotFound")
        there = self.events[name]
        if method == "PATCH" and environ.get("HTTP_IF_MATCH") != there["@odata.etag"]:
            raise RefusedError(412, "ErrorIrresolvableConflict")
        if there["isOrganizer"]:
            self.written_to += [one["emailAddress"]["address"] for one in there["attendees"]]
        if method == "DELETE":
            self.delete(name)
            return _answer(start, 204, None)
        return _answer(start, 200, self._keep(name, {**there, **json.loads(_body(environ))}))

    def _new(self, body: Json) -> Json:
        if body["transactionId"] in self._transactions:
            raise RefusedError(409, "ErrorDuplicateTransactionId")
        self._transactions.add(body["transactionId"])
        made = {
            "iCalUId": f"040000008200E00074C5B7101A82E008{self._changes:08X}",
            "isAllDay": False,
            "isCancelled": False,
            "isOrganizer": True,
            "attendees": [],
            "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        }
        return self._keep(f"AAMk+{self._changes}=", {**made, **body})

    def _listed(self, path: str, environ: Json) -> Json:
        assert environ["HTTP_PREFER"] == 'outlook.timezone="UTC"'
        asked = dict(parse_qsl(environ["QUERY_STRING"]))
        if path == VIEW:
            found = self._view(asked)
        else:
            assert path == EVENTS
            found = self._filtered(asked["$filter"])
        skipped = int(asked.get("$skip", 0))
        told: Json = {"value": [_shown(one, asked) for one in found[skipped : skipped + PAGE]]}
        if len(found) > skipped + PAGE:
            after = urlencode({**asked, "$skip": skipped + PAGE})
            told["@odata.nextLink"] = f"{self.address}{path}?{after}"
        return told

    def _view(self, asked: Json) -> list[Json]:
        since, until = (
            datetime.fromisoformat(asked[edge]) for edge in ("startDateTime", "endDateTime")
        )
        # Whole days are those of the mailbox's own zone, which is not the rep's here.
        away = timedelta(hours=9)
        return [
            one
            for one in self.events.values()
            if _read_time(one["start"]) + away * one["isAllDay"] < until
            and _read_time(one["end"]) + away * one["isAllDay"] > since
        ]

    def _filtered(self, asked: str) -> list[Json]:
        if (found := BY_PROPERTY.fullmatch(asked)) is not None:
            wanted = {"id": found[1], "value": found[2].replace("''", "'")}
            return [one for one in self.events.values() if wanted in one[PROPERTIES]]
        found = BY_UID.fullmatch(asked)
        if found is None:
            raise RefusedError(400, "ErrorInvalidUrlQueryFilter")
        uids = [one.replace("''", "'") for one in found.groups()]
        return [one for one in self.events.values() if one["iCalUId"] in uids]

    def _keep(self, name: str, event: Json) -> Json:
        self._changes += 1
        kept = {**event, "id": name, "@odata.etag": f'W/"{self._changes}"'}
        self.events[name] = kept
        return kept


@contextmanager
def microsoft_room() -> Iterator[MicrosoftRoom]:
    authority = trustme.CA()
    tls, trusts = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.configure_trust(trusts)
    room = MicrosoftRoom(trusts)
    with serving(room.app, tls) as address:
        room.opens_at(address)
        yield room


def _shown(event: Json, asked: Json) -> Json:
    """Return what was asked for; extended properties come only if they are."""
    wanted = {*asked["$select"].split(","), "id", "@odata.etag"}
    shown = {name: value for name, value in event.items() if name in wanted}
    expanded = re.fullmatch(rf"{PROPERTIES}\(\$filter=id eq '(.*)'\)", asked.get("$expand", ""))
    if expanded:
        found = [one for one in event[PROPERTIES] if one["id"] == expanded[1]]
        shown.update({PROPERTIES: found} if found else {})
    return shown


def _person(address: str, answer: str) -> Json:
    return {"emailAddress": {"address": address}, "status": {"response": answer.lower()}}


def _time(at: datetime) -> Json:
    return {"dateTime": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def _midnight(day: Any) -> Json:
    return {"dateTime": f"{day}T00:00:00.0000000", "timeZone": "UTC"}


def _read_time(told: Json) -> datetime:
    assert told["timeZone"] == "UTC"
    return datetime.fromisoformat(told["dateTime"]).replace(tzinfo=UTC)


def _body(environ: Json) -> bytes:
    content: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return content


def _answer(start: Start, status: int, told: Json | None) -> list[bytes]:
    start(f"{status} Said by Microsoft", [("Content-Type", "application/json")])
    return [] if told is None else [json.dumps(told).encode()]
