"""Answers of calendar programs, as each of them writes them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail.messages import TRACKING
from tests.mail.samples.clients import encoded
from tests.mail.samples.model import Kind, Sample

UID = "7c1e@seller.example"
# Program, its PRODID, subject, PARTSTAT, more lines of the event.
REPLIES: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    (
        "google-yes",
        "-//Google Inc//Google Calendar 70.9054//EN",
        "Accepted: Introduction @ Tue Jun 3, 2025 10am",
        "ACCEPTED",
        (),
    ),
    (
        "google-no",
        "-//Google Inc//Google Calendar 70.9054//EN",
        "Declined: Introduction",
        "DECLINED",
        ("COMMENT:Sorry, I am travelling",),
    ),
    (
        "google-maybe",
        "-//Google Inc//Google Calendar 70.9054//EN",
        "Tentatively Accepted: Introduction",
        "TENTATIVE",
        (),
    ),
    (
        "outlook-yes",
        "Microsoft Exchange Server 2010",
        "Accepted: Introduction",
        "ACCEPTED",
        ("X-MICROSOFT-CDO-APPT-SEQUENCE:0",),
    ),
    (
        "outlook-de",
        "Microsoft Exchange Server 2010",
        "Zugesagt: Introduction",
        "ACCEPTED",
        ("X-MICROSOFT-CDO-BUSYSTATUS:BUSY",),
    ),
    ("outlook-no-fr", "Microsoft Exchange Server 2010", "Refusé : Introduction", "DECLINED", ()),
    (
        "apple",
        "-//Apple Inc.//macOS 15.5//EN",
        "Accepted: Introduction",
        "ACCEPTED",
        ("TRANSP:OPAQUE",),
    ),
    ("iphone", "-//Apple Inc.//iPhone OS 18.5//EN", "Accepted: Introduction", "ACCEPTED", ()),
    (
        "thunderbird",
        "-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN",
        "Invitation Reply (Accepted): Introduction",
        "ACCEPTED",
        (),
    ),
    (
        "lotus",
        "-//Lotus Development Corporation//NONSGML Notes 12.0//EN_C",
        "Accepted: Introduction",
        "ACCEPTED",
        ("X-LOTUS-UPDATE-SEQ:1",),
    ),
    ("zoho", "-//Zoho Corporation//Zoho Calendar-US//EN", "Accepted: Introduction", "ACCEPTED", ()),
    ("ja", "Microsoft Exchange Server 2010", "承諾: 紹介", "ACCEPTED", ()),
)


def samples() -> Iterator[Sample]:
    for name, product, subject, said, extra in REPLIES:
        yield Sample(f"calendar-{name}", Kind.CALENDAR, answer(product, subject, said, extra))
    product = "Microsoft Exchange Server 2010"
    counter = answer(product, "New Time Proposed: Introduction", "TENTATIVE", method="COUNTER")
    yield Sample("calendar-counter", Kind.CALENDAR, counter)
    delegated = answer(product, "Delegated: Introduction", "DELEGATED")
    yield Sample("calendar-delegated", Kind.LOOK, delegated)
    lost = answer(product, "Accepted: Introduction", "ACCEPTED").replace(b"UID:", b"X-UID:")
    yield Sample("calendar-without-uid", Kind.LOOK, lost)


def answer(
    product: str, subject: str, said: str, extra: tuple[str, ...] = (), method: str = "REPLY"
) -> bytes:
    event = (
        "BEGIN:VCALENDAR",
        f"PRODID:{product}",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        "BEGIN:VEVENT",
        "DTSTART:20250603T080000Z",
        "DTEND:20250603T083000Z",
        "DTSTAMP:20250601T101203Z",
        f"ORGANIZER;CN=Ana Ortiz:mailto:{TRACKING}",
        f"UID:{UID}",
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={said};CN=Jana",
        "  Novak;X-NUM-GUESTS=0:mailto:jana@alder.example",
        "SEQUENCE:0",
        "SUMMARY:Introduction",
        *extra,
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "\r\n".join(
        (
            "From: Jana Novak <jana@alder.example>",
            f"To: {TRACKING}",
            f"Subject: {encoded(subject)}",
            "Date: Sun, 1 Jun 2025 12:12:03 +0200",
            f"Message-ID: <calendar-{abs(len(product + subject))}{said}@alder.example>",
            "MIME-Version: 1.0",
            'Content-Type: multipart/alternative; boundary="cal"',
            "",
            "--cal",
            'Content-Type: text/plain; charset="utf-8"',
            "",
            "Jana Novak has answered this invitation.",
            "",
            "--cal",
            f'Content-Type: text/calendar; charset="utf-8"; method={method}',
            "",
            *event,
            "",
            "--cal--",
            "",
        )
    ).encode()
