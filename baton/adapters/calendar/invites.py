"""Invites as calendar programs exchange them by mail (RFC 5545, 5546 and 6047)."""

from __future__ import annotations

from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from baton.adapters.calendar.port import Attendee, Invitation
from baton.adapters.calendar.zones import time_zone_component, zone

_PRODUCT = "-//Baton//Hand-off//EN"
_REMIND_BEFORE = timedelta(minutes=15)


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


def build_counter_refusal(invitation: Invitation, comment: str) -> bytes:
    """Return the DECLINECOUNTER: the time that an attendee proposed is not taken.

    Args:
        invitation: The meeting as it stands; `sequence` is the one that was countered.
        comment: For the attendee, one line.
    """
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", invitation.stamped_at)
    event.add("organizer", _organizer(invitation), encode=False)
    event.add("summary", _line(invitation.summary))
    event.add("comment", _line(comment))
    return _calendar("DECLINECOUNTER", event, None)


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
    # No TRANSP: opaque is what its absence means, and Cyrus 3.6 doubles it in an update, and then
    # takes no answer to that.
    event.add("status", status)
    event.add("organizer", _organizer(invitation), encode=False)
    for attendee in invitation.attendees:
        event.add("attendee", _attendee(attendee, participation), encode=False)
    return event


def _organizer(invitation: Invitation) -> vCalAddress:
    # Calendar programs send their REPLY to the ORGANIZER's address and to no other: not to the
    # mail's Reply-To, and SENT-BY is ignored by most. So the organizer carries the AE's name with
    # the tracking address. The AE is an attendee too, because a program does not let an
    # organizer accept, and I1 needs the AE's own acceptance.
    return _person(invitation.organizer.name, invitation.reply_to)


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


def _calendar(method: str, event: Event, zoned: Invitation | None) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if zoned is not None and zoned.time_zone != "UTC":
        calendar.add_component(time_zone_component(zoned.time_zone, zoned.starts_at))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _local(at: datetime, invitation: Invitation) -> datetime:
    return at.astimezone(zone(invitation.time_zone))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
