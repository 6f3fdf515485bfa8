"""Promises in words: what an agreement says of them, and how a due time came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo

from baton.domain.business_time import Due, Span
from baton.domain.promise import EVENT_NAMES, Act
from baton.rulebook.periods import counted, duration
from baton.rulebook.sla_part import OWN, OfficeCalendar, Sla

OWES = {"sdr": "the SDR", "ae": "the AE", "approver": "who approves"}
DOES = {
    Act.REMIND: "remind",
    Act.MANAGER: "tell the manager",
    Act.REASSIGN: "give the lead to another AE",
}
Said = tuple[str, str, str]
"""The value, the words before it, and those after."""


def office_clauses(office: OfficeCalendar) -> Mapping[str, Said]:
    """Return what an office's calendar says, by aspect."""
    return {
        "hours": (office.hours, "open ", ""),
        "zone": (office.zone, "in ", ""),
        "holidays": (office.country or "none", "holidays of ", ""),
    }


def sla_clauses(sla: Sla) -> Mapping[str, Said]:
    """Return what a promise says, by aspect."""
    before = ", ".join(duration(minutes) for minutes in sla.remind_before_minutes)
    ladder = ", ".join(_rung(rung.after_minutes, rung.step) for rung in sla.escalate)
    return {
        "name": (f'"{sla.name}"', "called ", ""),
        "who": (OWES[sla.owed_by], "owed by ", ""),
        "since": (EVENT_NAMES[sla.since], "since ", ""),
        "until": (EVENT_NAMES[sla.until], "until ", ""),
        "within": (within(sla), "within ", ""),
        "calendar": ("the rep's own" if sla.calendar == OWN else sla.calendar, "calendar ", ""),
        "reminders": (before or "never", "reminded before: ", ""),
        "escalation": (ladder or "nothing", "if broken: ", ""),
        "measuring": ("goes on" if sla.measure_on else "ends", "after that measuring ", ""),
    }


def _rung(after_minutes: int, act: Act) -> str:
    return f"{DOES[act]} {f'after {duration(after_minutes)}' if after_minutes else 'at once'}"


def within(sla: Sla) -> str:
    """Return how long a promise has: `240 working minutes`, or `2 days` by the clock."""
    if sla.minutes == "business":
        return counted(sla.within_minutes, "working minute")
    return duration(sla.within_minutes)


def told(due: Due, zone: ZoneInfo) -> Iterator[str]:
    """Yield how a due time came about, in the wall time of the calendar's zone."""
    yield f"due on {_wall(due.counted[-1], zone)[1]} ({zone.key})"
    spans = [f"{_span(one, zone)} ({_minutes(one)} min)" for one in due.counted]
    yield f"counted: {', '.join(spans)}"
    if due.skipped:
        days = ", ".join(f"{one.on:%a %d %b}: {one.why}" for one in due.skipped)
        yield f"skipped: {days}"


def _minutes(span: Span) -> str:
    return f"{(span[1] - span[0]) / timedelta(minutes=1):g}"


def _span(span: Span, zone: ZoneInfo) -> str:
    start, end = (instant.astimezone(zone) for instant in span)
    return f"{start:%a %d %b %H:%M}-{end:%H:%M}"


def _wall(span: Span, zone: ZoneInfo) -> tuple[str, str]:
    start, end = (f"{instant.astimezone(zone):%a %d %b %Y %H:%M}" for instant in span)
    return start, end
