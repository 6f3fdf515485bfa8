"""A calendar at Microsoft 365: its tokens, its refusals, and what it says in words of its own."""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from baton.adapters import calendar as package
from baton.adapters.calendar import microsoft_access, opening
from baton.adapters.calendar.calendars import Calendar
from baton.adapters.calendar.opening import MicrosoftApp, Passwords, open_calendar
from baton.errors import CalendarUnavailableError, SettingsError
from tests.calendar.microsoft_room import MicrosoftRoom
from tests.calendar.servers import OWNER, Start, event
from tests.calendar.test_writing import AT, DAY, HOUR, UID, meeting


def refusal(code: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": "secret words"}}).encode()


# Tokens


def test_one_token_serves_all_mailboxes_and_is_kept(microsoft: MicrosoftRoom) -> None:
    microsoft.hold(event(*HOUR))
    for _ in range(3):
        assert microsoft.calendar().busy(*DAY) == [(AT, AT + timedelta(hours=1))]
    assert microsoft.asked_of == [f"{microsoft.address}/.default"]


def test_a_token_that_graph_takes_no_more_is_renewed(microsoft: MicrosoftRoom) -> None:
    microsoft.calendar().busy(*DAY)
    microsoft.tokens.clear()
    assert microsoft.calendar().busy(*DAY) == []
    assert len(microsoft.asked_of) == 2


def test_a_token_is_used_while_it_is_good(microsoft: MicrosoftRoom) -> None:
    microsoft.refresh_in = -1
    microsoft.calendar().busy(*DAY)
    microsoft.token_door.answers(503)
    assert microsoft.calendar().busy(*DAY) == []


def test_new_tokens_that_are_refused_too_are_an_end(microsoft: MicrosoftRoom) -> None:
    microsoft.calendar().busy(*DAY)
    microsoft.door.asked.clear()
    microsoft.door.answers(401, refusal("InvalidAuthenticationToken"))
    with pytest.raises(CalendarUnavailableError, match=r"401 \(InvalidAuth.*Calendars.ReadWrite"):
        microsoft.calendar().busy(*DAY)
    assert len(microsoft.door.asked) == 2


TOKEN_TROUBLES: dict[str, tuple[int, bytes]] = {
    r"400 \(invalid_request, AADSTS90002\). See that BATON_MICROSOFT_TENANT": (
        400,
        b'{"error": "invalid_request", "error_description": "secret", "error_codes": [90002]}',
    ),
    "429. It was asked too often": (429, b"secret"),
    "503. Is Microsoft well": (503, b'{"error": "secret words"}'),
    "is no token": (200, b"<html>secret</html>"),
    "is no token.": (200, b'{"access_token": "", "expires_in": "secret"}'),
    "gave Baton what is no token": (200, b'{"token_endpoint": "http://secret.example/"}'),
}


@pytest.mark.parametrize(
    ("says", "is_first"),
    [*((one, True) for one in TOKEN_TROUBLES), *((one, False) for one in list(TOKEN_TROUBLES)[:4])],
)
def test_without_a_token_nothing_is_free(
    microsoft: MicrosoftRoom, caplog: pytest.LogCaptureFixture, says: str, is_first: bool
) -> None:
    if not is_first:
        microsoft.calendar().busy(*DAY)
        microsoft_access._application(microsoft.microsoft()).remove_tokens_for_client()
        microsoft.token_door.asked.clear()
    microsoft.token_door.answers(*TOKEN_TROUBLES[says])
    with pytest.raises(CalendarUnavailableError, match=says) as raised:
        microsoft.calendar().busy(*DAY)
    said = str(raised.value)
    assert said.startswith(f"The calendar of {OWNER.email} on 127.0.0.1 cannot be asked for")
    assert "secret" not in said.replace("its secret has", "")
    assert OWNER.email not in caplog.text
    assert "secret" not in caplog.text
    assert len(microsoft.token_door.asked) == 1
    microsoft.token_door.is_well()
    assert microsoft.calendar().busy(*DAY) == []


def test_a_wrong_secret_is_said_in_microsofts_number(microsoft: MicrosoftRoom) -> None:
    app = replace(microsoft.microsoft(), secret="another")
    with pytest.raises(CalendarUnavailableError, match=r"invalid_client, AADSTS7000215") as raised:
        opened(app).busy(*DAY)
    assert "another" not in str(raised.value) + repr(app)


def test_a_token_that_does_not_come_in_time_is_not_waited_for(microsoft: MicrosoftRoom) -> None:
    microsoft.token_door.holds_back(0.5)
    with pytest.raises(CalendarUnavailableError, match="did not answer as it should"):
        microsoft.calendar(patience_seconds=0.2).busy(*DAY)


# Refusals


REFUSALS = [
    (429, "ApplicationThrottled", "asked too often"),
    (403, "ErrorAccessDenied", "does not let Baton in"),
    (404, "ErrorInvalidUser", "no such mailbox"),
    (404, "MailboxNotEnabledForRESTAPI", "no such mailbox"),
    (503, "ServiceUnavailable", "Is Microsoft well"),
    (418, "secret words", "answered 418. Is Microsoft well"),
]
ACTS: dict[str, Callable[[MicrosoftRoom], object]] = {
    "busy": lambda room: room.calendar().busy(*DAY),
    "put": lambda room: room.calendar().put(UID, meeting("SUMMARY:new", sequence=1)),
    "remove": lambda room: room.calendar().remove(UID),
    "standing": lambda room: room.calendar().standing(UID),
}


@pytest.mark.parametrize(
    ("act", "status", "code", "says"),
    [
        *(("busy", *one) for one in REFUSALS),
        *((act, *one) for act in ACTS for one in REFUSALS[2:3]),
        *((act, *one) for act in ("put", "remove") for one in REFUSALS[:2]),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    microsoft: MicrosoftRoom, act: str, status: int, code: str, says: str
) -> None:
    microsoft.calendar().put(UID, meeting())

    def refuse(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if act in ("put", "remove") and environ["REQUEST_METHOD"] == "GET":
            return None
        start(f"{status} Said by the test", [])
        return [refusal(code)]

    microsoft.door.trouble = refuse
    with pytest.raises(CalendarUnavailableError, match=says) as raised:
        ACTS[act](microsoft)
    assert "secret" not in str(raised.value)


def test_a_mailbox_that_wants_to_be_left_alone_is(
    microsoft: MicrosoftRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttled(_: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("429 Too Many Requests", [("Retry-After", "7")])
        return [refusal("ApplicationThrottled")]

    microsoft.door.trouble = throttled
    with pytest.raises(CalendarUnavailableError, match=r"429 \(ApplicationThrottled\)"):
        microsoft.calendar().busy(*DAY)
    microsoft.door.is_well()
    microsoft.door.asked.clear()
    with pytest.raises(CalendarUnavailableError, match=r"left alone for [67] more seconds"):
        microsoft.calendar().standing(UID)
    assert microsoft.door.asked == []
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 7)
    assert microsoft.calendar().busy(*DAY) == []


@pytest.mark.parametrize("told", ["soon", "", "-1", "99999999999"])
def test_a_wish_to_be_left_alone_that_is_not_understood_is_none(
    microsoft: MicrosoftRoom, told: str
) -> None:
    def throttled(_: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("429 Too Many Requests", [("Retry-After", told)])
        return [b""]

    microsoft.door.trouble = throttled
    with pytest.raises(CalendarUnavailableError, match="429"):
        microsoft.calendar().busy(*DAY)
    microsoft.door.is_well()
    assert microsoft.calendar().busy(*DAY) == []


# The app


def opened(app: MicrosoftApp | None, opens: Callable[..., Calendar] = open_calendar) -> Calendar:
    return opens(
        f"microsoft:{OWNER.email}",
        email=OWNER.email,
        time_zone="UTC",
        passwords=Passwords(),
        microsoft=app,
    )


def test_without_an_app_the_settings_are_named() -> None:
    with pytest.raises(SettingsError, match="BATON_MICROSOFT_TENANT, BATON_MICROSOFT_CLIENT and"):
        opened(None)


def test_without_microsofts_library_the_extra_is_named(
    microsoft: MicrosoftRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And whoever has no such calendar neither needs it nor waits for it."""
    monkeypatch.setattr(package, "opening", opening)
    for name in ("opening", "microsoft", "microsoft_access"):
        monkeypatch.delitem(sys.modules, f"baton.adapters.calendar.{name}")
    for name in ("msal", "googleapiclient"):
        monkeypatch.setitem(sys.modules, name, None)
    without = importlib.import_module("baton.adapters.calendar.opening")
    with pytest.raises(SettingsError, match=r"pip install 'baton-handoff\[microsoft\]'"):
        opened(microsoft.microsoft(), without.open_calendar)
