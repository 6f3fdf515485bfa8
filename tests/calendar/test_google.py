"""A calendar at Google: its tokens, its refusals, and what it says in words of its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from baton.adapters.calendar.calendars import Standing
from baton.adapters.calendar.google import event_id
from baton.adapters.calendar.google_access import Access
from baton.adapters.calendar.opening import GoogleKey, Passwords, open_calendar
from baton.errors import CalendarUnavailableError, SettingsError
from tests.calendar.google_room import GoogleRoom
from tests.calendar.servers import OWNER, Start, event
from tests.calendar.test_writing import AT, DAY, HOUR, UID, meeting


def refusal(reason: str) -> bytes:
    told = {"errors": [{"reason": reason, "message": "secret words"}], "message": "secret words"}
    return json.dumps({"error": told}).encode()


# Tokens


def test_a_token_is_asked_for_in_the_reps_name_and_kept(google: GoogleRoom) -> None:
    google.hold(event(*HOUR))
    for _ in range(3):
        assert google.calendar().busy(*DAY) == [(AT, AT + timedelta(hours=1))]
    assert google.asked_of == [OWNER.email]


def test_a_token_that_google_takes_no_more_is_renewed(google: GoogleRoom) -> None:
    google.calendar().busy(*DAY)
    google.tokens.clear()
    assert google.calendar().busy(*DAY) == []
    assert google.asked_of == [OWNER.email, OWNER.email]


def test_new_tokens_that_are_refused_too_are_an_end(google: GoogleRoom) -> None:
    google.calendar().busy(*DAY)
    google.door.asked.clear()
    google.door.answers(401, refusal("authError"))
    with pytest.raises(CalendarUnavailableError, match=r"401 \(authError\).*delegation"):
        google.calendar().busy(*DAY)
    assert len(google.door.asked) == 2


TOKEN_TROUBLES: dict[str, tuple[int, bytes]] = {
    r"400 \(invalid_grant\)": (400, b'{"error": "invalid_grant", "error_description": "secret"}'),
    r"401 \(unauthorized_client\)": (401, b'{"error": "unauthorized_client"}'),
    "429. It was asked too often": (429, b"secret"),
    "503. Is Google well": (503, b"secret"),
    "is no token": (200, b"<html>secret</html>"),
    "is no token.": (200, b'{"access_token": 7, "expires_in": "secret"}'),
    "gave Baton what is no token": (200, b"{}"),
}


@pytest.mark.parametrize("says", TOKEN_TROUBLES)
def test_without_a_token_nothing_is_free(google: GoogleRoom, says: str) -> None:
    google.token_door.answers(*TOKEN_TROUBLES[says])
    with pytest.raises(CalendarUnavailableError, match=says) as raised:
        google.calendar().busy(*DAY)
    assert str(raised.value).startswith(f"The calendar of {OWNER.email} on 127.0.0.1 cannot be ask")
    assert "secret" not in str(raised.value)
    assert len(google.token_door.asked) == 1
    google.token_door.is_well()
    assert google.calendar().busy(*DAY) == []


def test_a_token_that_does_not_come_in_time_is_not_waited_for(google: GoogleRoom) -> None:
    google.token_door.holds_back(0.5)
    with pytest.raises(CalendarUnavailableError, match="did not answer as it should"):
        google.calendar(patience_seconds=0.2).busy(*DAY)


# Refusals


REFUSALS = [
    (403, "rateLimitExceeded", "asked too often"),
    (403, "userRateLimitExceeded", "asked too often"),
    (429, "rateLimitExceeded", "asked too often"),
    (403, "forbidden", "does not let Baton in"),
    (403, "accessNotConfigured", "Calendar API is switched on"),
    (503, "backendError", "Is Google well"),
    (418, "secret words", "answered 418. Is Google well"),
]


@pytest.mark.parametrize(
    ("act", "status", "reason", "says"),
    [
        *(("busy", *one) for one in REFUSALS),
        *(("put", *one) for one in REFUSALS),
        ("busy", 404, "notFound", "correct the rep's 'calendar'"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    google: GoogleRoom, act: str, status: int, reason: str, says: str
) -> None:
    calendar = google.calendar()
    if act == "put":

        def only_writes(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
            if not google.is_write(environ):
                return None
            start(f"{status} Said by the test", [])
            return [refusal(reason)]

        google.door.trouble = only_writes
    else:
        google.door.answers(status, refusal(reason))
    with pytest.raises(CalendarUnavailableError, match=says) as raised:
        calendar.busy(*DAY) if act == "busy" else calendar.put(UID, meeting())
    assert "secret" not in str(raised.value)


STRANGE: dict[str, Any] = {
    "nothing of it": {"calendars": {}},
    "no times": {"calendars": {OWNER.email: {}}},
    "not found": {"calendars": {OWNER.email: {"errors": [{"reason": "notFound"}], "busy": []}}},
    "some of it": {
        "calendars": {OWNER.email: {"errors": [{"reason": "internalError"}], "busy": []}}
    },
    "no zone": {
        "calendars": {
            OWNER.email: {"busy": [{"start": "2026-03-24T10:00:00", "end": "2026-03-24T11:00:00"}]}
        }
    },
    "backwards": {
        "calendars": {
            OWNER.email: {
                "busy": [{"start": "2026-03-24T11:00:00Z", "end": "2026-03-24T10:00:00Z"}]
            }
        }
    },
    "no times at all": {"calendars": {OWNER.email: {"busy": "secret"}}},
    "a list": [],
}


@pytest.mark.parametrize("case", STRANGE)
def test_free_busy_times_that_are_not_told_are_not_free(google: GoogleRoom, case: str) -> None:
    google.door.answers(200, json.dumps(STRANGE[case]).encode())
    with pytest.raises(CalendarUnavailableError) as raised:
        google.calendar().busy(*DAY)
    assert "secret" not in str(raised.value)


def test_who_has_no_calendar_there_is_not_free(google: GoogleRoom) -> None:
    key = google.key()
    calendar = open_calendar(
        "google:nobody@seller.example",
        email=OWNER.email,
        time_zone="UTC",
        passwords=Passwords(),
        google=key,
    )
    with pytest.raises(CalendarUnavailableError, match=r"cannot be read \(notFound\)"):
        calendar.busy(*DAY)


def test_a_long_time_is_asked_for_in_parts(google: GoogleRoom) -> None:
    """Google refuses to tell of some months at once."""
    far = ("DTSTART:20260520T100000Z", "DTEND:20260520T110000Z")
    google.hold(event(*HOUR), event(*far))
    google.calendar().busy(*DAY)
    google.door.asked.clear()
    told = google.calendar().busy(DAY[0], datetime(2026, 6, 1, tzinfo=UTC))
    assert [start for start, _ in told] == [AT, datetime(2026, 5, 20, 10, tzinfo=UTC)]
    assert len(google.door.asked) == 3


# Entries


def test_an_entry_has_an_id_of_the_uid_and_asks_nobody_to_come(google: GoogleRoom) -> None:
    asked = f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER.email}"
    google.calendar().put(UID, meeting(asked, "SUMMARY:Ida and Ada", sequence=2))
    (entry,) = google.events.values()
    assert entry["id"] == event_id(UID)
    assert entry["start"] == {"dateTime": "2026-03-24T10:00:00+00:00", "timeZone": "UTC"}
    assert (entry["summary"], entry["status"]) == ("Ida and Ada", "confirmed")
    assert "attendees" not in entry


def test_a_lost_answer_is_not_written_twice(google: GoogleRoom) -> None:
    calendar = google.calendar()

    def lost(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if not google.is_write(environ):
            return None
        google.door.is_well()
        google.door(environ, lambda *_: None)
        start("502 Bad Gateway", [])
        return [b""]

    google.door.trouble = lost
    with pytest.raises(CalendarUnavailableError, match="502"):
        calendar.put(UID, meeting())
    calendar.put(UID, meeting())
    assert (len(google.files()), google.writes()) == (1, 1)


def test_what_the_owner_added_stays_when_the_meeting_is_moved(google: GoogleRoom) -> None:
    calendar = google.calendar()
    calendar.put(UID, meeting())
    google.events[event_id(UID)]["colorId"] = "7"
    calendar.put(UID, meeting("SUMMARY:moved", sequence=1))
    entry = google.events[event_id(UID)]
    assert (entry["colorId"], entry["summary"]) == ("7", "moved")


def test_googles_own_copy_of_the_invite_is_left_to_the_mail_that_moves_it(
    google: GoogleRoom,
) -> None:
    google.write("copy", meeting("SUMMARY:copy"))
    google.foreign.add("copy")
    google.calendar().put(UID, meeting("SUMMARY:moved", sequence=1))
    assert google.files() == ["copy"]
    assert google.calendar().standing(UID) is Standing.STANDS
    google.calendar().remove(UID)
    assert google.files() == []


ACTS: dict[str, Callable[[GoogleRoom], object]] = {
    "put": lambda room: room.calendar().put(UID, meeting()),
    "remove": lambda room: room.calendar().remove(UID),
    "standing": lambda room: room.calendar().standing(UID),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("garbage", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 50_000])
def test_garbage_is_no_answer(google: GoogleRoom, act: str, garbage: bytes) -> None:
    google.door.answers(200, garbage)
    with pytest.raises(CalendarUnavailableError, match=r"no JSON|Google's API does not"):
        ACTS[act](google)


def test_pages_without_end_are_not_turned_for_ever(google: GoogleRoom) -> None:
    def trouble(environ: dict[str, Any], start: Start) -> Iterable[bytes] | None:
        if "iCalUID" not in environ["QUERY_STRING"]:
            return None
        start("200 OK", [("Content-Type", "application/json")])
        return [b'{"items": [], "nextPageToken": "more"}']

    google.door.trouble = trouble
    with pytest.raises(CalendarUnavailableError, match="without end"):
        google.calendar().standing(UID)


# The key


@pytest.mark.parametrize("content", [None, b"", b"secret", b"[]", b'{"private_key": "secret"}'])
def test_a_key_that_is_none_is_said_at_once(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match="BATON_GOOGLE_KEY") as raised:
        opened(GoogleKey(path, "http://127.0.0.1:1/"))
    assert "secret" not in str(raised.value)


def test_without_a_key_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="set BATON_GOOGLE_KEY"):
        opened(None)


def test_without_googles_client_the_extra_is_named(
    google: GoogleRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("google", "google_access"):
        monkeypatch.delitem(sys.modules, f"baton.adapters.calendar.{name}")
    monkeypatch.setitem(sys.modules, "googleapiclient.discovery", None)
    with pytest.raises(SettingsError, match=r"pip install 'baton-handoff\[google\]'"):
        opened(google.key())


def opened(key: GoogleKey | None) -> object:
    return open_calendar(
        "google:ida@seller.example",
        email=OWNER.email,
        time_zone="UTC",
        passwords=Passwords(),
        google=key,
    )


def test_a_new_key_is_taken_without_a_restart(google: GoogleRoom) -> None:
    before = Access(google.key_file, OWNER.email, google.calendar()._access.line)
    content = google.key_file.read_bytes()
    google.key_file.write_bytes(content)
    after = Access(google.key_file, OWNER.email, before.line)
    assert before._credentials is not after._credentials
