"""A mail world on this machine, and people's mail programs.

The demo and the tests use both. `MailWorld` takes mail as any server does; the builders write what
a person's mail program would send in answer to a message.
"""

from __future__ import annotations

import email
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, parseaddr
from hashlib import sha256

from icalendar import Calendar, Event, vCalAddress, vText

from baton.domain.meeting import Attendance
from baton.errors import InputError
from baton.testing.mail_world import Delivery, MailWorld, base_address

__all__ = (
    "Delivery",
    "MailWorld",
    "auto_reply_mail",
    "base_address",
    "bounce_mail",
    "build_counter_ics",
    "build_reply_ics",
    "calendar_of",
    "calendar_reply_mail",
    "counter_mail",
    "recipients_of",
    "reply_mail",
)

Person = tuple[str, str]


def recipients_of(content: bytes) -> tuple[str, ...]:
    """Return the addresses in To and Cc: the envelope that a mail program would use."""
    message = email.message_from_bytes(content, policy=default)
    return tuple(
        address.addr_spec
        for name in ("To", "Cc")
        if message[name] is not None
        for address in message[name].addresses
    )


def calendar_of(content: bytes) -> bytes | None:
    """Return the iCalendar object of a mail, or None."""
    for part in email.message_from_bytes(content, policy=default).walk():
        if part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload
    return None


def build_reply_ics(
    request_ics: bytes,
    attendee_email: str,
    attendance: Attendance,
    *,
    at: datetime | None = None,
    comment: str = "",
) -> bytes:
    """Return the REPLY that the attendee's calendar program would send to this REQUEST.

    Args:
        request_ics: The invite.
        attendee_email: Who answers; need not be invited (a forger's reply looks like that).
        attendance: The answer.
        at: Aware UTC for DTSTAMP; the request's own without it.
        comment: The attendee's words.
    """
    request = Calendar.from_ical(request_ics)
    asked = request.walk("VEVENT")[0]
    event = Event()
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "ORGANIZER"):
        event[name] = asked[name]
    event.add("dtstamp", at or asked.decoded("DTSTAMP"))
    event.add("summary", f"{attendance.value.capitalize()}: {asked['SUMMARY']}")
    attendee = vCalAddress(f"mailto:{attendee_email}")
    attendee.params["PARTSTAT"] = vText(attendance.value.upper())
    event.add("attendee", attendee, encode=False)
    if comment:
        event.add("comment", comment)
    calendar = Calendar()
    calendar.add("prodid", "-//Somebody//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REPLY")
    for zone in request.walk("VTIMEZONE"):
        calendar.add_component(zone)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def build_counter_ics(
    request_ics: bytes, attendee_email: str, *, starts_at: datetime, at: datetime, comment: str = ""
) -> bytes:
    """Return the COUNTER by which the attendee's program proposes another time, as long as before.

    Args:
        request_ics: The invite.
        attendee_email: Who proposes.
        starts_at: The proposed start (aware).
        at: Aware UTC for DTSTAMP.
        comment: The attendee's words.
    """
    calendar = Calendar.from_ical(
        build_reply_ics(request_ics, attendee_email, Attendance.TENTATIVE, at=at, comment=comment)
    )
    calendar["METHOD"] = vText("COUNTER")
    event = calendar.walk("VEVENT")[0]
    length = event.decoded("DTEND") - event.decoded("DTSTART")
    for name, moment in (("DTSTART", starts_at), ("DTEND", starts_at + length)):
        del event[name]
        event.add(name, moment.astimezone(UTC))
    return bytes(calendar.to_ical())


def counter_mail(
    original: bytes, *, sender: Person, starts_at: datetime, at: datetime, comment: str = ""
) -> bytes:
    """Return the iMIP COUNTER that the person's calendar program mails to the ORGANIZER.

    Raises:
        InputError: The original is no invite.
    """
    return _calendar_mail(
        original,
        sender,
        lambda request: build_counter_ics(
            request, sender[1], starts_at=starts_at, at=at, comment=comment
        ),
        method="COUNTER",
        says=f"New time proposed {starts_at.isoformat()}",
        at=at,
    )


def reply_mail(
    original: bytes, *, sender: Person, text: str, at: datetime, to_all: bool = True
) -> bytes:
    """Return the person's answer: in thread, quoting below, to Reply-To or From (and all).

    Args:
        original: The message answered.
        sender: Name and address of who answers.
        text: What they write above the quote.
        at: Aware UTC, for Date.
        to_all: Answer everybody, without oneself.
    """
    asked = email.message_from_bytes(original, policy=default)
    answer = _answer(asked, sender, at, text)
    wanted = list((asked["Reply-To"] or asked["From"]).addresses)
    others = [a for n in ("To", "Cc") if asked[n] is not None for a in asked[n].addresses]
    answer["To"] = _unique(wanted, {sender[1].lower()})
    if to_all:
        shown = {sender[1].lower(), *(a.addr_spec.lower() for a in wanted)}
        if cc := _unique([*asked["From"].addresses, *others], shown):
            answer["Cc"] = cc
    answer.set_content(f"{text}\n\n{_quote(asked)}")
    return answer.as_bytes(policy=SMTP)


def calendar_reply_mail(
    original: bytes, *, sender: Person, attendance: Attendance, at: datetime, comment: str = ""
) -> bytes:
    """Return the iMIP REPLY that the person's calendar program mails to the ORGANIZER.

    Raises:
        InputError: The original is no invite.
    """
    return _calendar_mail(
        original,
        sender,
        lambda request: build_reply_ics(request, sender[1], attendance, at=at, comment=comment),
        method="REPLY",
        says=attendance.value,
        at=at,
        comment=comment,
    )


def _calendar_mail(
    original: bytes,
    sender: Person,
    build: Callable[[bytes], bytes],
    *,
    method: str,
    says: str,
    at: datetime,
    comment: str = "",
) -> bytes:
    request = calendar_of(original)
    if request is None:
        raise InputError("That mail has no calendar part to answer.")
    asked = email.message_from_bytes(original, policy=default)
    organizer = str(Calendar.from_ical(request).walk("VEVENT")[0]["ORGANIZER"])
    answer = _answer(asked, sender, at, says)
    answer.replace_header("Subject", f"{says.capitalize()}: {asked['Subject']}")
    answer["To"] = organizer.partition(":")[2]
    answer.set_content(f"{sender[0]}: {says}\n{comment}\n")
    answer.add_alternative(
        build(request),
        maintype="text",
        subtype="calendar",
        params={"method": method, "charset": "UTF-8"},
    )
    return answer.as_bytes(policy=SMTP)


def auto_reply_mail(original: bytes, *, sender: Person, text: str, at: datetime) -> bytes:
    """Return an out-of-office answer, as a mail server sends it (RFC 3834)."""
    asked = email.message_from_bytes(original, policy=default)
    answer = _answer(asked, sender, at, text)
    answer.replace_header("Subject", f"Automatic reply: {asked['Subject']}")
    answer["To"] = (asked["Reply-To"] or asked["From"]).addresses
    answer["Auto-Submitted"] = "auto-replied"
    answer.set_content(text)
    return answer.as_bytes(policy=SMTP)


def bounce_mail(original: bytes, *, recipient: str, to: str, at: datetime) -> bytes:
    """Return the delivery report that says the recipient cannot be reached (RFC 3464)."""
    domain = recipient.rpartition("@")[2]
    asked = email.message_from_bytes(original, policy=default)
    identity = sha256(f"{asked['Message-ID']}{recipient}".encode()).hexdigest()[:20]
    lines = (
        f"From: Mail Delivery System <mailer-daemon@{domain}>",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{identity}@{domain}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"',
        "",
        "--=_report",
        "Content-Type: text/plain",
        "",
        f"The mail could not be delivered to {recipient}.",
        "",
        "--=_report",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; mx.{domain}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox",
        "",
        "--=_report",
        "Content-Type: message/rfc822",
        "",
    )
    head = "\r\n".join((*lines, "")).encode()
    return head + original.rstrip(b"\r\n") + b"\r\n\r\n--=_report--\r\n"


def _answer(asked: EmailMessage, sender: Person, at: datetime, salt: str) -> EmailMessage:
    """Return a message with the headers of an answer in the thread."""
    answer = EmailMessage(policy=SMTP)
    answer["From"] = Address(display_name=sender[0], addr_spec=sender[1])
    subject = str(asked["Subject"] or "")
    answer["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    answer["Date"] = at
    asked_id = str(asked["Message-ID"])
    seed = f"{asked_id}{sender[1]}{at.isoformat()}{salt}"
    domain = sender[1].rpartition("@")[2]
    answer["Message-ID"] = f"<{sha256(seed.encode()).hexdigest()[:24]}@{domain}>"
    answer["In-Reply-To"] = asked_id
    answer["References"] = f"{asked['References'] or ''} {asked_id}".strip()
    return answer


def _unique(people: Sequence[Address], without: set[str]) -> list[Address]:
    kept: dict[str, Address] = {}
    for person in people:
        if person.addr_spec.lower() not in without:
            kept.setdefault(person.addr_spec.lower(), person)
    return list(kept.values())


def _quote(asked: EmailMessage) -> str:
    body = asked.get_body(preferencelist=("plain",))
    text = body.get_content() if body is not None else ""
    quoted = "\n".join(f"> {line}" for line in str(text).splitlines())
    name = parseaddr(str(asked["From"]))[0] or "somebody"
    return f"On {asked['Date']}, {name} wrote:\n{quoted}"
