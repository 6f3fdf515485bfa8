"""When a promise falls due, what is done around that, and how it came about (I8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from baton.domain.business_time import Span, WorkCalendar, due, worked_minutes
from baton.domain.promise import EVENT_NAMES, Act
from baton.errors import NoWorkingTimeError
from baton.rulebook.sla_calendars import rep_calendar
from baton.rulebook.sla_part import Sla
from baton.rulebook.sla_telling import OWES, told, within
from baton.store.reps import parse_working_hours


@dataclass(frozen=True, slots=True)
class Clock:
    """Whose minutes count, as a decision keeps it; plain data.

    Attributes:
        name: Whose, for people.
        zone: IANA name.
        hours: `{"mon": ["09:00", "17:00"], ...}`.
        country: ISO 3166 code of the public holidays; None for none.
        away: Absences (aware UTC), in order.
    """

    name: str
    zone: str
    hours: dict[str, Any]
    country: str | None
    away: Sequence[Span] = ()

    def calendar(self) -> WorkCalendar:
        """Return it as a calendar.

        Raises:
            ValueError: Hours or zone cannot be read; the message says what is wrong.
        """
        return rep_calendar(self.zone, self.hours, self.country, self.away)

    def as_facts(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        away = [[start.isoformat(), end.isoformat()] for start, end in self.away]
        return {
            "name": self.name,
            "zone": self.zone,
            "hours": self.hours,
            "country": self.country,
            "away": away,
        }

    @classmethod
    def of_facts(cls, facts: dict[str, Any]) -> Clock:
        """Return what `as_facts` gave."""
        away = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in facts["away"]]
        return cls(facts["name"], facts["zone"], facts["hours"], facts["country"], away)


@dataclass(frozen=True, slots=True)
class DueTime:
    """When a promise is due.

    Attributes:
        due_at: Aware UTC instant.
        acts: What is done when, in order: reminders before it, the escalation from it on.
        by_clock: Whether every minute counted: as agreed, or because nobody ever works.
        reasons: How it came about, in plain sentences.
    """

    due_at: datetime
    acts: tuple[tuple[datetime, Act], ...]
    by_clock: bool
    reasons: tuple[str, ...]


def due_time(sla: Sla, since: datetime, clock: Clock) -> DueTime:
    """Return when the promise that began at `since` (aware UTC) is due.

    Where the calendar has no such working minutes, or cannot be read, every minute counts, and the
    reasons say so: nothing that was promised is forgotten.
    """
    head = f"{sla.name}: {OWES[sla.owed_by]} has {within(sla)} from when {EVENT_NAMES[sla.since]}"
    if sla.minutes == "clock":
        return _by_clock(sla, since, (head, "every minute counts"))
    try:
        calendar = clock.calendar()
        found = due(since, sla.within_minutes, calendar)
        acts = tuple((due(since, minutes, calendar).due_at, act) for minutes, act in _offsets(sla))
    except (NoWorkingTimeError, ValueError) as error:
        return _by_clock(sla, since, (head, f"every minute counts, because of this: {error}"))
    reasons = (f"{head}, by the hours of {clock.name}", *told(found, calendar.zone))
    return DueTime(found.due_at, acts, by_clock=False, reasons=reasons)


def _by_clock(sla: Sla, since: datetime, reasons: tuple[str, ...]) -> DueTime:
    due_at = since + timedelta(minutes=sla.within_minutes)
    acts = tuple((since + timedelta(minutes=minutes), act) for minutes, act in _offsets(sla))
    reasons = (*reasons, f"due on {due_at:%a %d %b %Y %H:%M} UTC")
    return DueTime(due_at, acts, by_clock=True, reasons=reasons)


def _offsets(sla: Sla) -> list[tuple[int, Act]]:
    before = [(sla.within_minutes - minutes, Act.REMIND) for minutes in sla.remind_before_minutes]
    after = [(sla.within_minutes + rung.after_minutes, rung.step) for rung in sla.escalate]
    return [*before, *after]


def minutes_taken(since: datetime, until: datetime, clock: Clock, *, by_clock: bool) -> float:
    """Return how many of the promise's minutes lie between two aware instants; never below 0."""
    if by_clock:
        return max(0.0, (until - since) / timedelta(minutes=1))
    return worked_minutes(since, until, clock.calendar())


def office_clock(name: str, zone: str, hours: str, country: str | None) -> Clock:
    """Return the hours of an office of the agreement."""
    return Clock(name, zone, parse_working_hours(hours), country)
