"""Whatever comes in: nothing crashes, nothing is lost, and the next message is read."""

from __future__ import annotations

import base64
import time

import pytest
from sqlalchemy import Engine

from baton.adapters.mail.incoming import IncomingMail
from baton.adapters.mail.reading import read_mail
from baton.domain.meeting import Attendance, MessageClass
from baton.store.looks import list_looks
from baton.store.tables import InboundMessage
from tests.engine.worlds import World
from tests.mail.messages import OWN, SENT_ID, TRACKING, raw
from tests.mail.samples.calendars import answer
from tests.mail.samples.others import tnef

C = MessageClass
GOOGLE = "-//Google Inc//Google Calendar 70.9054//EN"
PATIENCE_SECONDS = 30


def read(content: bytes) -> IncomingMail:
    return read_mail(content, own_address=OWN)


@pytest.fixture
def world(database: Engine, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(database, monkeypatch)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        (
            "=?utf-8?q?Jana=0D=0ABcc:_eve=40evil.example?= <jana@alder.example>",
            "jana@alder.example",
        ),
        ('"Jana\r\n Novak" <jana@alder.example>', "jana@alder.example"),
        ('"Novak, Jana" <jana@alder.example>', "jana@alder.example"),
        ('"Jana \\"JJ\\" Novak" <jana@alder.example>', "jana@alder.example"),
        ("=?utf-8?b?8J+MsiBKYW5h?= <JANA@Alder.example>", "jana@alder.example"),
        ("=?utf-8?b?15nXkNeg15Q=?= <jana@alder.example>", "jana@alder.example"),
        ("\u202ejana@alder.example", "\u202ejana@alder.example"),
        ("jana@alder.example <eve@evil.example>", "eve@evil.example"),
        ("Jana <jana@alder.example>, Eve <eve@evil.example>", "jana@alder.example"),
        ("J\u00e1na Nov\u00e1k <jana@alder.example>", "jana@alder.example"),
        ("Jana", None),
        ("<>", None),
    ],
)
def test_names_are_never_taken_for_addresses_or_headers(sender: str, name: str | None) -> None:
    mail = read(raw("Yes.", f"Cc: {sender}", sender=sender))
    assert mail.sender == name
    for contact in mail.contacts:
        assert contact.name == " ".join(contact.name.split())
        assert "@" in contact.email
    assert "eve@evil.example" not in mail.recipients or "eve@evil.example" in sender


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ("us-ascii", "cp1252"),
        ("us-ascii", "utf-8"),
        ("utf-8", "cp1252"),
        ("iso-8859-1", "cp1252"),
        ("x-unknown", "utf-8"),
        ('"utf-8', "utf-8"),
    ],
)
def test_wrongly_declared_charsets_still_give_words(declared: str, used: str) -> None:
    words = "Schöne Grüße aus Köln, wir können am Dienstag über die Verträge sprechen."
    head = raw(
        "", f"Content-Type: text/plain; charset={declared}", "Content-Transfer-Encoding: 8bit"
    )
    mail = read(head + words.encode(used))
    assert mail.message_class is C.HUMAN_REPLY
    assert "sprechen." in mail.text
    assert declared == "iso-8859-1" or "Grüße" in mail.text


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_headers_of_plain_8_bit_are_read(charset: str) -> None:
    mail = read(
        raw("x", "Subject: Gr\u00fc\u00dfe aus K\u00f6ln am Rhein").decode().encode(charset)
    )
    assert mail.subject == "Gr\u00fc\u00dfe aus K\u00f6ln am Rhein"


@pytest.mark.parametrize("declared", ["utf-16", "utf-7", "iso-2022-jp", "base64", "zip", "idna"])
def test_codecs_that_fit_nothing_raise_nothing(declared: str) -> None:
    head = raw("", f"Content-Type: text/plain; charset={declared}")
    assert read(head + b"caf\xe9 \xff\x00 +AGE- \x1b$B").message_class is not C.OPT_OUT


def large_mail(megabytes: int) -> bytes:
    attached = base64.encodebytes(b"\x00" * (megabytes << 20)).replace(b"\n", b"\r\n")
    head = raw(
        "--b\nContent-Type: text/plain\n\nHere is the drawing.\n--b\n"
        "Content-Type: application/pdf; name=drawing.pdf\nContent-Transfer-Encoding: base64\n"
        "Content-Disposition: attachment; filename=drawing.pdf\n\n",
        "Content-Type: multipart/mixed; boundary=b",
    )
    return head + attached + b"--b--\r\n"


def test_an_attachment_of_50_mb_is_read_in_time_and_kept_whole(world: World) -> None:
    content = large_mail(50)
    begun_at = time.monotonic()
    mail = read(content)
    assert time.monotonic() - begun_at < PATIENCE_SECONDS
    assert (mail.message_class, mail.text) == (C.HUMAN_REPLY, "Here is the drawing.")
    assert world.take_in(content) == 1
    with world.runtime.transaction() as session:
        (line,) = list_looks(session)
    assert len(world.row(InboundMessage, line.id).raw) == len(content)


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=b{}", "message/rfc822"])
def test_endless_nesting_ends(kind: str) -> None:
    parts = [
        f"Content-Type: {kind.format(n)}\r\n\r\n" + (f"--b{n}\r\n" if "boundary" in kind else "")
        for n in range(3000)
    ]
    begun_at = time.monotonic()
    mail = read(
        f"From: jana@alder.example\r\nIn-Reply-To: {SENT_ID}\r\n".encode() + "".join(parts).encode()
    )
    assert time.monotonic() - begun_at < PATIENCE_SECONDS
    assert mail.message_class in {C.UNREADABLE, C.UNKNOWN, C.HUMAN_REPLY}


def test_thousands_of_parts_are_not_all_opened() -> None:
    body = "".join(f"--b\nContent-Type: text/plain\n\npart {n}\n" for n in range(5000))
    mail = read(raw(body + "--b--", "Content-Type: multipart/mixed; boundary=b"))
    assert (mail.message_class, mail.text) == (C.HUMAN_REPLY, "part 0")


@pytest.mark.parametrize("missing", [b"UID:", b"ATTENDEE;"])
def test_a_calendar_part_without_what_it_needs_is_looked_at(missing: bytes) -> None:
    mail = read(answer(GOOGLE, "Accepted", "ACCEPTED").replace(missing, b"X-" + missing))
    assert mail.message_class is C.UNKNOWN
    assert mail.note


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"DTSTART:20250603T080000Z\r\n", b""),
        (b"DTSTART:20250603T080000Z", b"DTSTART:20259999T080000Z"),
        (b"DTSTART:20250603T080000Z", b"DTSTART;TZID=Mars/Olympus:20250603T080000"),
        (b"DTSTART:20250603T080000Z", b"DTSTART;TZID=:20250603T080000"),
        (b"DTSTAMP:20250601T101203Z\r\n", b""),
        (b"SUMMARY", b"RRULE:FREQ=SECONDLY;COUNT=10000\r\nSUMMARY"),
        (b"SUMMARY", b"RRULE:FREQ=NEVER\r\nSUMMARY"),
        (b"SUMMARY", b"RDATE:" + b",".join([b"20250603T080000Z"] * 10_000) + b"\r\nSUMMARY"),
        (b"SEQUENCE:0", b"SEQUENCE:99999999999999999999"),
        (b"END:VEVENT", b"END:VEVENT\r\n" + b"BEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\n" * 10_000),
    ],
)
def test_odd_calendar_parts_are_an_answer_or_looked_at_soon(old: bytes, new: bytes) -> None:
    content = answer(GOOGLE, "Accepted", "ACCEPTED")
    assert old in content
    begun_at = time.monotonic()
    mail = read(content.replace(old, new))
    assert time.monotonic() - begun_at < PATIENCE_SECONDS
    assert mail.message_class in {C.CALENDAR_REPLY, C.UNKNOWN}
    if mail.calendar_reply is not None:
        assert mail.calendar_reply.reply is Attendance.ACCEPTED
        assert mail.calendar_reply.sequence < 2**31


def test_a_winmail_dat_alone_is_shown_and_beside_words_the_words_are_read() -> None:
    alone = tnef().replace(f"To: {OWN}".encode(), f"To: {TRACKING}".encode())
    mail = read(alone)
    assert (mail.message_class, "winmail.dat" in mail.note) == (C.UNKNOWN, True)
    beside = (
        "--b\nContent-Type: text/plain\n\nTuesday is fine.\n--b\n"
        "Content-Type: application/ms-tnef; name=winmail.dat\n\neJ8+IgAAAQaQ\n--b--\n"
    )
    mail = read(raw(beside, "Content-Type: multipart/mixed; boundary=b"))
    assert (mail.message_class, mail.text) == (C.HUMAN_REPLY, "Tuesday is fine.")


def test_nothing_of_it_stops_the_poll_and_all_of_it_is_kept(world: World) -> None:
    calendar = answer(GOOGLE, "Accepted", "ACCEPTED")
    contents = [
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" * 500,
        calendar.replace(b"DTSTART:20250603T080000Z\r\n", b""),
        calendar.replace(b"UID:", b"X-UID:"),
        calendar.replace(b"Accepted: Introduction", b"=?utf-8?q?=00=0D=0A?="),
        raw(
            "\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
            "Message-ID: <\x00@a.example>",
        ),
        raw("x", sender="=?utf-8?q?=ED=A0=80?= <jana@alder.example>"),
        tnef(),
        b"From: jana@alder.example\r\n\r\nThe last one.\r\n",
    ]
    for content in contents:
        world.mailbox.deliver(content)
    assert world.read_inbox() == len(contents)
    assert sorted(m.raw for m in world.all(InboundMessage)) == sorted(contents)
    assert world.read_inbox() == 0
