"""What an agreement asks of the reps who are there: hours, a zone, a manager, enough of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from baton.domain.business_time import WorkCalendar, open_spans
from baton.domain.oversight import REVIEWERS
from baton.domain.promise import Act
from baton.domain.rep import Role
from baton.rulebook.agreement import Agreement
from baton.rulebook.document import Keys
from baton.rulebook.finding import Finding, some
from baton.rulebook.periods import counted
from baton.rulebook.sla_calendars import rep_calendar
from baton.store.absences import absences_of
from baton.store.reps import reps
from baton.store.tables import Rep

MEETING: Keys = ("techniques", "appointment")
AHEAD = timedelta(days=60)
_OWING = (Role.SDR, Role.AE, Role.APPROVER)
_ABOVE = (Role.MANAGER, Role.APPROVER, Role.SDR)


def rep_doubts_on_data(
    session: Session, agreement: Agreement, *, as_of: datetime
) -> Iterator[Finding]:
    """Yield where the reps cannot do what the agreement counts on.

    Args:
        session: Reads; nothing is written.
        agreement: It need not be stored.
        as_of: Now (aware UTC); absences of the next 60 days count.
    """
    everybody = reps(session)
    calendars, unreadable = calendars_of(session, everybody, as_of=as_of)
    yield from unreadable
    yield from _without_hours_or_zone(everybody)
    yield from _without_manager(agreement, everybody)
    yield from _few_reviewers(everybody)
    yield from _nobody_there(
        agreement, [rep for rep in everybody if rep.role == Role.AE], calendars, as_of
    )


def calendars_of(
    session: Session, everybody: Sequence[Rep], *, as_of: datetime
) -> tuple[dict[int, WorkCalendar], list[Finding]]:
    """Return when reps work from an instant (aware UTC) on, by id, and whose hours are unreadable.

    Those have no calendar.
    """
    away = absences_of(session, since=as_of)
    calendars: dict[int, WorkCalendar] = {}
    unreadable: list[Finding] = []
    for rep in everybody:
        try:
            calendars[rep.id] = rep_calendar(
                rep.time_zone, rep.working_hours, rep.country, away.get(rep.id, ())
            )
        except ValueError as error:
            message = f"the hours of {rep.email} cannot be read ({error}); import them anew"
            unreadable.append(Finding(MEETING, message))
    return calendars, unreadable


def _without_hours_or_zone(everybody: Sequence[Rep]) -> Iterator[Finding]:
    idle = [rep.email for rep in everybody if rep.role == Role.AE and not rep.working_hours]
    if idle:
        yield Finding(
            MEETING,
            f"no meeting can be with {some(idle)}, who has no working hours; give working_hours "
            "in the reps' file",
        )
    # The import gives this zone to whoever's row has none.
    nowhere = [r.email for r in everybody if r.role in (Role.AE, Role.SDR) and r.time_zone == "UTC"]
    if nowhere:
        yield Finding(
            MEETING,
            f"the zone of {some(nowhere)} is UTC, as where the reps' file names none; hours and "
            "due times go by it: give time_zone",
        )


def _without_manager(agreement: Agreement, everybody: Sequence[Rep]) -> Iterator[Finding]:
    """Yield who has nobody above, save those whom a promise of `slas` finds already."""
    found = {s.owed_by for s in agreement.slas if any(r.step is Act.MANAGER for r in s.escalate)}
    owing = [rep for rep in everybody if rep.role in _OWING and rep.role.lower() not in found]
    alone = without_manager(owing, everybody)
    if not alone:
        return
    yield Finding(
        ("promises", "outcome", "on_expiry"),
        f"{some(alone)} has no active manager, so {who_is_told(alone, everybody)}; give "
        "manager_email in the reps' file",
    )


def without_manager(owing: Sequence[Rep], everybody: Sequence[Rep]) -> list[str]:
    """Return the addresses of those whose manager is nobody, or nobody who is active."""
    active = {rep.id for rep in everybody}
    return [rep.email for rep in owing if rep.manager_id not in active]


def who_is_told(alone: Sequence[str], everybody: Sequence[Rep]) -> str:
    """Return in words who hears of what these people leave overdue, as `manager_of` has it."""
    above = [rep.email for role in _ABOVE for rep in everybody if rep.role == role][:1]
    if not above or above[0] in alone:
        return "the escalation ends nowhere"
    return f"{above[0]} is told"


def _few_reviewers(everybody: Sequence[Rep]) -> Iterator[Finding]:
    there = sum(rep.role == Role.REVIEWER for rep in everybody)
    if everybody and there <= REVIEWERS:
        yield Finding(
            ("oversight",),
            f"{counted(there, 'REVIEWER')} can judge rejections, and a case takes two, and a third "
            "where they differ: some may never be decided; add people without a stake to the "
            "reps' file",
        )


def _nobody_there(
    agreement: Agreement,
    aes: Sequence[Rep],
    calendars: Mapping[int, WorkCalendar],
    as_of: datetime,
) -> Iterator[Finding]:
    routing = agreement.routing
    days = {rep.id: _days(calendars[rep.id], as_of) for rep in aes if rep.id in calendars}
    empty = _empty_days(aes, days)
    if empty:
        waits = "no meeting can be then" if routing is None else "leads wait in the queue"
        yield Finding(
            MEETING if routing is None else ("routing", "fallback"),
            f"all AEs are away on {_dates(empty)}: {waits}; let somebody be there",
        )
    for place, territory in enumerate(routing.territories if routing else ()):
        own = [r for r in aes if r.team in territory.teams or r.email in territory.reps]
        more = [on for on in _empty_days(own, days) if on not in empty]
        if more:
            yield Finding(
                ("routing", "territories", place),
                f"all its AEs are away on {_dates(more)}: its leads wait in the queue; add "
                "somebody, or let somebody be there",
            )


def _days(calendar: WorkCalendar, as_of: datetime) -> tuple[set[date], set[date]]:
    """Return the dates ahead on which somebody works, and on which they would if never away."""
    there, usual = (
        {start.astimezone(one.zone).date() for start, _ in open_spans(as_of, as_of + AHEAD, one)}
        for one in (calendar, replace(calendar, away=()))
    )
    return there, usual


def _empty_days(aes: Sequence[Rep], days: Mapping[int, tuple[set[date], set[date]]]) -> list[date]:
    """Return the dates on which nobody is there, and somebody would be but for an absence."""
    known = [days[rep.id] for rep in aes if rep.id in days]
    there = {on for worked, _ in known for on in worked}
    return sorted({on for _, usual in known for on in usual} - there)


def _dates(found: Sequence[date]) -> str:
    if len(found) == 1:
        return f"{found[0]}"
    return f"{found[0]} and {counted(len(found) - 1, 'day')} more, up to {found[-1]}"
