"""Invites as calendar programs exchange them by mail (RFC 5545, 5546 and 6047)."""

from __future__ import annotations

from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Component, Event, vCalAddress, vText

from baton.adapters.calendar.port import Attendee, CalendarReply, Invitation
from baton.adapters.calendar.zones import time_zone_component, zone
from baton.domain.meeting import Attendance

_PRODUCT = "-//Baton//Hand-off//EN"
_REMIND_BEFORE = timedelta(minutes=15)
_MAX_REPLY_BYTES = 1_000_000
# What icalendar raises on what it cannot read: mostly ValueError, the rest from broken values.
_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)


def build_request(invitation: Invitation) -> bytes:
    """Return the REQUEST that asks the attendees to come: iCalendar, UTF-8, CRLF.

    Raises:
        InputError: There is no such time zone.
    """
    event = _event(invitation, "CONFIRMED", "NEEDS-ACTION")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _line(invitation.summary))
    alarm.add("trigger", -_REMIND_BEFORE)
    event.add_component(alarm)
    return _calendar("REQUEST", event, invitation)


def build_cancellation(invitation: Invitation) -> bytes:
    """Return the CANCEL that takes the meeting back; its sequence must be above the last one's.

    Raises:
        InputError: There is no such time zone.
    """
    return _calendar("CANCEL", _event(invitation, "CANCELLED", None), invitation)


def parse_reply(content: bytes) -> CalendarReply | None:
    """Return what an attendee answered; None for what is no usable REPLY.

    Not usable: no UID, no or several answering attendees, another answer than accepted,
    tentative or declined (a delegation, for example).
    """
    if len(content) > _MAX_REPLY_BYTES:
        return None
    try:
        return _reply(content)
    except _UNREADABLE:
        return None


def method_of(content: bytes) -> str | None:
    """Return the METHOD of an iCalendar object in upper case; None if it cannot be read."""
    if len(content) > _MAX_REPLY_BYTES:
        return None
    try:
        return str(Calendar.from_ical(_text(content)).get("METHOD", "")).strip().upper() or None
    except _UNREADABLE:
        return None


def _reply(content: bytes) -> CalendarReply | None:
    calendar = Calendar.from_ical(_text(content))
    if str(calendar.get("METHOD", "")).strip().upper() != "REPLY":
        return None
    for event in calendar.walk("VEVENT"):
        uid = str(event.get("UID", "")).strip()
        answer = _answer(event)
        if uid and answer is not None:
            email, attendance = answer
            comment = event.get("COMMENT", "")
            first = comment[0] if isinstance(comment, list) else comment
            return CalendarReply(
                uid=uid,
                sequence=_sequence(event),
                email=email,
                reply=attendance,
                comment=str(first).strip(),
            )
    return None


def _answer(event: Component) -> tuple[str, Attendance] | None:
    attendees = event.get("ATTENDEE", [])
    found = []
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        said = str(getattr(attendee, "params", {}).get("PARTSTAT", "")).lower()
        email = _email(str(attendee))
        if email and said in {Attendance.ACCEPTED, Attendance.TENTATIVE, Attendance.DECLINED}:
            found.append((email, Attendance(said)))
    return found[0] if len(found) == 1 else None


def _email(address: str) -> str:
    scheme, _, email = address.strip().partition(":")
    return email.strip().lower() if scheme.lower() == "mailto" and "@" in email else ""


def _sequence(event: Component) -> int:
    text = str(event.get("SEQUENCE", 0))
    # Programs that leave it out mean the first version.
    return int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 (an int of SQL)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _event(invitation: Invitation, status: str, participation: str | None) -> Event:
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", invitation.stamped_at)
    event.add("dtstart", _local(invitation.starts_at, invitation))
    event.add("dtend", _local(invitation.ends_at, invitation))
    event.add("summary", _line(invitation.summary))
    event.add("description", invitation.description)
    if invitation.location:
        event.add("location", _line(invitation.location))
    event.add("status", status)
    event.add("transp", "OPAQUE")
    # Calendar programs send their REPLY to the ORGANIZER's address and to no other: not to the
    # mail's Reply-To, and SENT-BY is ignored by most. So the organizer carries the AE's name with
    # the tracking address. The AE is an attendee too, because a program does not let an
    # organizer accept, and I1 needs the AE's own acceptance.
    event.add("organizer", _person(invitation.organizer.name, invitation.reply_to), encode=False)
    for attendee in invitation.attendees:
        event.add("attendee", _attendee(attendee, participation), encode=False)
    return event


def _attendee(attendee: Attendee, participation: str | None) -> vCalAddress:
    address = _person(attendee.name, attendee.email)
    address.params["CUTYPE"] = vText("INDIVIDUAL")
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    if participation is not None:
        address.params["PARTSTAT"] = vText(participation)
        address.params["RSVP"] = vText("TRUE")
    return address


def _person(name: str, email: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{_line(email)}")
    # A double quote cannot stand in a parameter, and few programs know its escape (RFC 6868).
    if plain := _line(name).replace('"', "'").replace("^", " "):
        address.params["CN"] = vText(plain)
    return address


def _calendar(method: str, event: Event, invitation: Invitation) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if invitation.time_zone != "UTC":
        calendar.add_component(time_zone_component(invitation.time_zone, invitation.starts_at))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _local(at: datetime, invitation: Invitation) -> datetime:
    return at.astimezone(zone(invitation.time_zone))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
