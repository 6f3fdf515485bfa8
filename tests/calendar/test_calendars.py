"""What every calendar that Baton reads must do, and what it must do when it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from baton.adapters.calendar.calendars import Calendar, WritableCalendar
from baton.adapters.calendar.opening import (
    GoogleKey,
    MicrosoftApp,
    Passwords,
    open_calendar,
)
from baton.adapters.calendar.plain import PlainCalendar
from baton.domain.calendar_address import check_calendar
from baton.errors import CalendarUnavailableError, InputError, SettingsError
from tests.calendar.conftest import Room, TextRoom
from tests.calendar.google_room import GoogleRoom
from tests.calendar.microsoft_room import MicrosoftRoom
from tests.calendar.servers import (
    MOST_BYTES,
    OWNER,
    PASSWORD,
    PublishedRoom,
    as_calendar,
    event,
)

SINCE, UNTIL = datetime(2026, 3, 23, tzinfo=UTC), datetime(2026, 4, 6, tzinfo=UTC)
BERLIN = """BEGIN:VTIMEZONE
TZID:Office
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE
"""
HOUR = ("DTSTART:20260324T100000Z", "DTEND:20260324T110000Z")


def busy(calendar: Calendar) -> list[str]:
    return [f"{a:%d.%m %H:%M}-{b:%d.%m %H:%M}" for a, b in calendar.busy(SINCE, UNTIL)]


CASES: dict[str, tuple[list[str], list[str]]] = {
    "an event": ([event(*HOUR)], ["24.03 10:00-24.03 11:00"]),
    "a length instead of an end": (
        [event("DTSTART:20260324T100000Z", "DURATION:PT90M")],
        ["24.03 10:00-24.03 11:30"],
    ),
    "one outside the window": (
        [event("DTSTART:20260424T100000Z", "DTEND:20260424T110000Z")],
        [],
    ),
    "wall times on both sides of a change of the clocks": (
        [
            event(
                "DTSTART;TZID=Europe/Berlin:20260327T100000",
                "DTEND;TZID=Europe/Berlin:20260327T110000",
                "RRULE:FREQ=WEEKLY;COUNT=2",
            )
        ],
        ["27.03 09:00-27.03 10:00", "03.04 08:00-03.04 09:00"],
    ),
    "a zone that the text itself describes": (
        [
            BERLIN
            + event(
                "DTSTART;TZID=Office:20260327T100000",
                "DTEND;TZID=Office:20260327T110000",
                "RRULE:FREQ=WEEKLY;COUNT=2",
            )
        ],
        ["27.03 09:00-27.03 10:00", "03.04 08:00-03.04 09:00"],
    ),
    "a wall time without a zone is the owner's": (
        [event("DTSTART:20260324T100000", "DTEND:20260324T110000")],
        ["24.03 09:00-24.03 10:00"],
    ),
    "a whole day is the owner's day": (
        [event("DTSTART;VALUE=DATE:20260325", "DTEND;VALUE=DATE:20260326")],
        ["24.03 23:00-25.03 23:00"],
    ),
    "a whole day without an end": (
        [event("DTSTART;VALUE=DATE:20260401")],
        ["31.03 22:00-01.04 22:00"],
    ),
    "one that began long ago": (
        [event("DTSTART:20200106T100000Z", "DTEND:20200106T110000Z", "RRULE:FREQ=WEEKLY")],
        ["23.03 10:00-23.03 11:00", "30.03 10:00-30.03 11:00"],
    ),
    "days left out, added and moved": (
        [
            event(
                *HOUR,
                "RRULE:FREQ=DAILY;COUNT=4",
                "EXDATE:20260325T100000Z",
                "RDATE:20260402T100000Z",
            )
            + "\n"
            + event(
                "RECURRENCE-ID:20260326T100000Z",
                "DTSTART:20260326T140000Z",
                "DTEND:20260326T150000Z",
            )
            + "\n"
            + event("RECURRENCE-ID:20260327T100000Z", *HOUR, "STATUS:CANCELLED")
        ],
        ["24.03 10:00-24.03 11:00", "26.03 14:00-26.03 15:00", "02.04 10:00-02.04 11:00"],
    ),
    "time that its owner keeps free": ([event(*HOUR, "TRANSP:TRANSPARENT")], []),
    "one that was cancelled": ([event(*HOUR, "STATUS:CANCELLED")], []),
    "one that its owner declined": (
        [event(*HOUR, f"ATTENDEE;PARTSTAT=DECLINED:mailto:{OWNER.email.upper()}")],
        [],
    ),
    "one that somebody else declined": (
        [event(*HOUR, "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@seller.example")],
        ["24.03 10:00-24.03 11:00"],
    ),
    "one that its owner may yet accept": (
        [event(*HOUR, "STATUS:TENTATIVE", f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{OWNER.email}")],
        ["24.03 10:00-24.03 11:00"],
    ),
    "a zone that does not exist: busy wherever it may be": (
        [event("DTSTART;TZID=Mars/Base:20260325T120000", "DTEND;TZID=Mars/Base:20260325T130000")],
        ["24.03 22:00-26.03 01:00"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_busy_times(text_room: TextRoom, case: str) -> None:
    held, expected = CASES[case]
    text_room.hold(*held)
    assert busy(text_room.calendar()) == expected


def test_an_empty_calendar_is_free(room: Room) -> None:
    assert busy(room.calendar()) == []


def test_several_events_come_in_order(room: Room) -> None:
    later = event("DTSTART:20260325T100000Z", "DTEND:20260325T110000Z", uid="a@elsewhere.example")
    room.hold(later, event(*HOUR))
    assert busy(room.calendar()) == ["24.03 10:00-24.03 11:00", "25.03 10:00-25.03 11:00"]


UNREADABLE: dict[str, list[str]] = {
    "no beginning": ["SUMMARY:When?"],
    "a beginning that is none": ["DTSTART:tomorrow", "DTEND:20260324T110000Z"],
    "a rule that is none": [*HOUR, "RRULE:FREQ=SOMETIMES"],
    "a rule without end": [*HOUR, "RRULE:FREQ=SECONDLY"],
    "a rule that adds up": [
        *HOUR,
        "RRULE:FREQ=DAILY;BYHOUR="
        + ",".join(map(str, range(24)))
        + ";BYMINUTE="
        + ",".join(map(str, range(60))),
    ],
    "a year before all others": ["DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=DAILY"],
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_event_whose_time_cannot_be_told_is_not_left_out(text_room: TextRoom, case: str) -> None:
    """Left out, its owner would be free."""
    content = as_calendar(event(*HOUR, uid="right@elsewhere.example"), event(*UNREADABLE[case]))
    if isinstance(text_room, PublishedRoom):
        text_room.content = content
    else:
        text_room.door.trouble = _instead_of_the_events(content.decode())
    with pytest.raises(CalendarUnavailableError, match="cannot be understood"):
        busy(text_room.calendar())


def _instead_of_the_events(told: str) -> Callable[..., list[bytes] | None]:
    """Answer a query for events with this text; a good server would not take such an event in."""
    answer = (
        '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" '
        'xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>/x.ics</D:href><D:propstat>'
        f"<D:prop><C:calendar-data>{told}</C:calendar-data></D:prop></D:propstat></D:response>"
        "</D:multistatus>"
    )

    def trouble(environ: dict[str, object], start: Callable[..., object]) -> list[bytes] | None:
        if environ["REQUEST_METHOD"] != "REPORT":
            return None
        start("207 Multi-Status", [("Content-Type", "application/xml")])
        return [answer.encode()]

    return trouble


TROUBLES: dict[str, Callable[[Room], None]] = {
    "answered 401": lambda room: room.door.answers(401),
    "answered 403": lambda room: room.door.answers(403),
    "answered 404": lambda room: room.door.answers(404),
    "answered 410": lambda room: room.door.answers(410),
    "answered 429": lambda room: room.door.answers(429),
    "answered 500": lambda room: room.door.answers(500, b"Error at /private-secret-token"),
    "answered 503": lambda room: room.door.answers(503),
    "answered 204": lambda room: room.door.answers(204),
    "did not answer as it should": lambda room: room.door.holds_back(0.6),
    "took longer than": lambda room: room.door.drips(room.ok, 0.6),
    "larger than": lambda room: room.door.answers(room.ok, b"X" * 2 * MOST_BYTES),
}


SLOW = ("did not answer as it should", "took longer than")


@pytest.mark.parametrize("says", TROUBLES)
def test_a_calendar_that_cannot_be_read_is_not_free(room: Room, says: str) -> None:
    room.hold(event(*HOUR))
    room.calendar().busy(SINCE, UNTIL)
    TROUBLES[says](room)
    with pytest.raises(CalendarUnavailableError, match=says) as raised:
        room.calendar(patience_seconds=0.3 if says in SLOW else 5).busy(SINCE, UNTIL)
    said = str(raised.value)
    assert said.startswith(f"The calendar of {OWNER.email} on 127.0.0.1 ")
    assert not any(secret in said for secret in ("secret", PASSWORD, "/basic.ics"))
    room.door.is_well()
    assert busy(room.calendar()) == ["24.03 10:00-24.03 11:00"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"<html><body>Please log in</body></html>",
        b"\x00\xff\xfe\x01" * 50,
        as_calendar(event(*HOUR))[:-20],
        as_calendar(event(*HOUR)).replace(b"END:VEVENT\r\n", b""),
        b"BEGIN:VCALENDAR\r\nrubbish\r\nEND:VCALENDAR\r\n",
    ],
)
def test_what_is_no_calendar_is_not_free(room: Room, garbage: bytes) -> None:
    room.door.answers(room.ok, garbage)
    with pytest.raises(CalendarUnavailableError):
        busy(room.calendar())


def test_a_server_that_is_not_there_is_not_free(room: Room) -> None:
    with pytest.raises(CalendarUnavailableError, match="Is its server up") as raised:
        busy(room.calendar("http://127.0.0.1:1/secret/"))
    assert "secret" not in str(raised.value)


def test_free_busy_times_are_read_and_nothing_is_known_beyond_them(
    published: PublishedRoom,
) -> None:
    published.content = as_calendar(
        "BEGIN:VFREEBUSY\nUID:f\nDTSTAMP:20260301T000000Z\nDTSTART:20260324T000000Z\n"
        "DTEND:20260330T000000Z\nFREEBUSY:20260324T100000Z/20260324T110000Z,20260325T100000Z/PT2H\n"
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260326T100000Z/PT1H\n"
        "FREEBUSY;FBTYPE=FREE:20260327T100000Z/PT1H\nEND:VFREEBUSY"
    )
    assert busy(published.calendar()) == [
        "23.03 00:00-24.03 00:00",
        "24.03 10:00-24.03 11:00",
        "25.03 10:00-25.03 12:00",
        "26.03 10:00-26.03 11:00",
        "30.03 00:00-06.04 00:00",
    ]


def test_without_a_calendar_nothing_is_busy() -> None:
    assert PlainCalendar().busy(SINCE, UNTIL) == []
    assert not isinstance(PlainCalendar(), WritableCalendar)


# Which calendar


def opened(
    address: str | None,
    passwords: Passwords | None = None,
    google: GoogleKey | None = None,
    microsoft: MicrosoftApp | None = None,
) -> Calendar:
    return open_calendar(
        address,
        email=OWNER.email,
        time_zone="Europe/Berlin",
        passwords=passwords or Passwords("usual"),
        google=google,
        microsoft=microsoft,
    )


def test_the_address_says_which_calendar(room: Room) -> None:
    room.hold(event(*HOUR))
    key = room.key() if isinstance(room, GoogleRoom) else None
    app = room.microsoft() if isinstance(room, MicrosoftRoom) else None
    calendar = opened(room.rep_address(), Passwords(PASSWORD), key, app)
    assert busy(calendar) == ["24.03 10:00-24.03 11:00"]
    assert isinstance(calendar, WritableCalendar) == room.is_writable


@pytest.mark.parametrize("address", [None, "", "  "])
def test_no_address_is_no_calendar(address: str | None) -> None:
    assert isinstance(opened(address), PlainCalendar)


@pytest.mark.parametrize(
    "address",
    [
        "ida@seller.example",
        "ftp://cal.example/x.ics",
        "https:///x.ics",
        "https://cal.example:port/x.ics",
        "caldav+https://cal.example/no/user/",
        "caldav+https://ida:hunter2@cal.example/x/",
        "https://cal.example/two words.ics",
        "google:",
        "google:ida",
        "google:ida@seller.example/work",
        "google://ida@seller.example",
        "microsoft:ida",
        "microsoft:ida@seller.example/Work",
        "mailto:ida@seller.example",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(address: str) -> None:
    with pytest.raises(InputError) as raised:
        check_calendar(address)
    assert "hunter2" not in str(raised.value)


def test_a_password_is_found_by_user_and_host_by_host_or_is_the_usual_one() -> None:
    places = {"ida@cal.example": "hers", "cal.example": "the host's"}
    passwords = Passwords("usual", places)
    asked = [
        passwords.of(*at) for at in (("ida", "cal.example"), ("bo", "cal.example"), ("x", "y"))
    ]
    assert asked == ["hers", "the host's", "usual"]
    assert "hers" not in repr(passwords)
    with pytest.raises(SettingsError, match="BATON_CALENDAR_PASSWORD"):
        opened("caldav+https://ida@cal.example/x/", Passwords())
