"""Reads what calendar programs send back: answers to an invite, and other times (RFC 5546)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Timezone

from baton.adapters.calendar.port import CalendarReply
from baton.adapters.enrichment.normalising import is_free_mail
from baton.domain.meeting import Attendance

_MAX_REPLY_BYTES = 1_000_000
_LONGEST = timedelta(days=1)
# What icalendar raises on what it cannot read: mostly ValueError, the rest from broken values.
_UNREADABLE = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    RecursionError,
    OverflowError,
)
_ANSWERS = {Attendance.ACCEPTED, Attendance.TENTATIVE, Attendance.DECLINED}
Span = tuple[datetime, datetime]


def parse_reply(content: bytes) -> CalendarReply | None:
    """Return what an attendee answered or proposed; None for what is no usable REPLY or COUNTER.

    Not usable: no UID; in a REPLY no or several answering attendees, or another answer than
    accepted, tentative or declined (a delegation, for example); in a COUNTER no start and end
    that are instants, in this order and within a day.
    """
    if len(content) > _MAX_REPLY_BYTES:
        return None
    try:
        calendar = Calendar.from_ical(_text(content))
        read = {"REPLY": _reply, "COUNTER": _counter}.get(_method(calendar))
        events = calendar.walk("VEVENT") if read is not None else []
        found = (read(calendar, event) for event in events if read is not None)
        return next((reply for reply in found if reply is not None), None)
    except _UNREADABLE:
        return None


def method_of(content: bytes) -> str | None:
    """Return the METHOD of an iCalendar object in upper case; None if it cannot be read."""
    if len(content) > _MAX_REPLY_BYTES:
        return None
    try:
        return _method(Calendar.from_ical(_text(content))) or None
    except _UNREADABLE:
        return None


def speaker(sender: str, reply: CalendarReply) -> str:
    """Return for whom a mail from `sender` speaks: the attendee of the answer, or only itself."""
    return reply.email if speaks_for(sender, reply) else sender


def speaks_for(sender: str, reply: CalendarReply) -> bool:
    """Tell whether a mail from `sender` may carry this answer.

    It may if the sender is the attendee, with or without a plus-part, or if the answer itself
    says that the sender acts for the attendee and both are of one company. An address at a
    provider where anyone gets one proves no company.
    """
    if _without_tag(sender) == _without_tag(reply.email):
        return True
    domain = sender.rpartition("@")[2]
    is_colleague = domain == reply.email.rpartition("@")[2] and not is_free_mail(sender)
    return is_colleague and bool(domain) and sender == reply.sent_by


def _without_tag(email: str) -> str:
    local, _, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _method(calendar: Component) -> str:
    return str(calendar.get("METHOD", "")).strip().upper()


def _reply(calendar: Component, event: Component) -> CalendarReply | None:
    answering = [
        (email, Attendance(said), sent_by)
        for email, said, sent_by in _attendees(event)
        if said in _ANSWERS
    ]
    uid = str(event.get("UID", "")).strip()
    if not uid or len(answering) != 1:
        return None
    email, reply, sent_by = answering[0]
    return CalendarReply(
        uid=uid,
        sequence=_sequence(event),
        email=email,
        reply=reply,
        comment=_comment(event),
        stamped_at=_instant(calendar, event, "DTSTAMP", floating=UTC),
        sent_by=sent_by,
    )


def _counter(calendar: Component, event: Component) -> CalendarReply | None:
    uid, span = str(event.get("UID", "")).strip(), _span(calendar, event)
    named = _attendees(event)
    if not uid or span is None or not named:
        return None
    # A program that sends the whole event along names everybody; then the sender proposes.
    email, _, sent_by = named[0] if len(named) == 1 else ("", "", "")
    return CalendarReply(
        uid=uid,
        sequence=_sequence(event),
        email=email,
        reply=Attendance.NEEDS_ACTION,
        comment=_comment(event),
        stamped_at=_instant(calendar, event, "DTSTAMP", floating=UTC),
        sent_by=sent_by,
        proposes=span,
    )


def _attendees(event: Component) -> list[tuple[str, str, str]]:
    """Return address, PARTSTAT and SENT-BY of each attendee with a mail address, lower case."""
    attendees = event.get("ATTENDEE", [])
    found = []
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        params = getattr(attendee, "params", {})
        if email := _email(str(attendee)):
            sent_by = _email(str(params.get("SENT-BY", "")))
            found.append((email, str(params.get("PARTSTAT", "")).lower(), sent_by))
    return found


def _email(address: str) -> str:
    scheme, _, email = address.strip().partition(":")
    return email.strip().lower() if scheme.lower() == "mailto" and "@" in email else ""


def _sequence(event: Component) -> int:
    text = str(event.get("SEQUENCE", 0))
    # Programs that leave it out mean the first version.
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 (an int of SQL)


def _comment(event: Component) -> str:
    comment = event.get("COMMENT", "")
    return str(comment[0] if isinstance(comment, list) else comment).strip()


def _span(calendar: Component, event: Component) -> Span | None:
    start = _instant(calendar, event, "DTSTART")
    end = _instant(calendar, event, "DTEND")
    if start is not None and end is None and "DURATION" in event:
        end = start + event.decoded("DURATION")
    if start is None or end is None or not timedelta() < end - start <= _LONGEST:
        return None
    return start, end


def _instant(
    calendar: Component, event: Component, name: str, *, floating: tzinfo | None = None
) -> datetime | None:
    """Return the property as aware UTC; None for a date, for no zone, and for what is broken."""
    value = event.get(name)
    try:
        at = getattr(value, "dt", None)
    except ValueError:  # what the library kept because it could not read it
        return None
    if not isinstance(at, datetime):
        return None
    there = _zone(calendar, str(value.params.get("TZID", ""))) or at.tzinfo or floating
    return None if there is None else at.replace(tzinfo=there).astimezone(UTC)


def _zone(calendar: Component, name: str) -> tzinfo | None:
    """Return the zone that the object means: the world's of this name, else its own definition.

    The library keeps definitions from object to object by name, and names such as
    "Customized Time Zone" mean another zone in each.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # the last is ZoneInfoNotFoundError
        zones = (zone for zone in calendar.walk("VTIMEZONE") if isinstance(zone, Timezone))
        own = next((zone for zone in zones if str(zone.get("TZID", "")) == name), None)
        return own.to_tz(lookup_tzid=False) if own is not None else None


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
