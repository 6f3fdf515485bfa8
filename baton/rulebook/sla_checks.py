"""What must hold within the agreement's sections `calendars` and `slas`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from itertools import pairwise

from baton.adapters.calendar.public_holidays import is_known
from baton.domain.business_time import WorkCalendar, due, open_spans
from baton.domain.promise import EVENT_NAMES, Act, Event
from baton.errors import NoWorkingTimeError
from baton.rulebook.agreement import Agreement, Promise
from baton.rulebook.document import Keys, written
from baton.rulebook.finding import Finding
from baton.rulebook.sla_calendars import office_calendar
from baton.rulebook.sla_part import OWN, OfficeCalendar, Sla
from baton.store.month_promises import QUOTA

TOP: Keys = ("slas",)
# A week in an ordinary year from which one may see whether a calendar is ever open.
_MONDAY = datetime(2025, 1, 13, tzinfo=UTC)
REPLACEABLE = (Event.ASSIGNED, Event.INTRODUCED, Event.INVITE_SENT)
"""Since these events another AE may take over: the lead has met nobody yet."""
_WAITED_FOR = {
    Event.QUESTIONS_ANSWERED: "answers",
    Event.APPROVAL_DECIDED: "approval",
    Event.INTRODUCTION_ANSWERED: "acceptance",
    Event.INVITE_ACCEPTED_BY_AE: "acceptance",
    Event.INVITE_ACCEPTED: "acceptance",
    Event.OUTCOME_SAID: "outcome",
}
"""The promise of the wait that ends with the event."""


def sla_findings(agreement: Agreement) -> Iterator[Finding]:
    """Yield everything that is wrong with the two sections, and with the quota's countries."""
    countries = agreement.quota.countries if agreement.quota else ()
    for place, country in enumerate(countries):
        if country in countries[:place]:
            message = f"'{country}' counts once; remove the repetition"
            yield Finding(("quota", "countries", place), message)
    yield from _twice(("calendars",), [one.id for one in agreement.calendars])
    yield from _twice(TOP, [sla.id for sla in agreement.slas])
    for place, office in enumerate(agreement.calendars):
        yield from _office(("calendars", place), office)
    offices = {office.id: office for office in agreement.calendars}
    for place, sla in enumerate(agreement.slas):
        keys: Keys = (*TOP, place)
        if sla.id == QUOTA:
            yield Finding((*keys, "id"), f"'{QUOTA}' means the leads a month; use another name")
        yield from _events(keys, sla)
        yield from _owing(keys, sla)
        yield from _calendar(keys, sla, offices)
        yield from _reminders(keys, sla)
        yield from _ladder(keys, sla)


def sla_doubts(agreement: Agreement) -> Iterator[Finding]:
    """Yield what the sections say and their authors hardly mean."""
    offices = {office.id: office for office in agreement.calendars}
    used = {sla.calendar for sla in agreement.slas}
    countries: list[tuple[Keys, str]] = []
    for place, office in enumerate(agreement.calendars):
        if office.id not in used:
            yield Finding(("calendars", place, "id"), f"no promise counts by '{office.id}'")
        if office.country is not None:
            countries.append((("calendars", place, "country"), office.country))
    for place, country in enumerate(agreement.quota.countries if agreement.quota else ()):
        countries.append((("quota", "countries", place), country))
    for keys, country in countries:
        if not is_known(country):
            message = f"the holidays of '{country}' are not known, so they count as other days"
            yield Finding(keys, message)
    for place, sla in enumerate(agreement.slas):
        yield from _told_twice(agreement, (*TOP, place, "escalate"), sla)
        office_of = offices.get(sla.calendar)
        if sla.minutes == "clock" and office_of is not None:
            closed = nights(sla, [(f"'{office_of.id}'", office_calendar(office_of))])
            if closed:
                yield Finding((*TOP, place, "within_minutes"), closed)


def _told_twice(agreement: Agreement, keys: Keys, sla: Sla) -> Iterator[Finding]:
    name = _WAITED_FOR.get(sla.until)
    if name is None or all(step.step is not Act.MANAGER for step in sla.escalate):
        return
    waited: Promise = getattr(agreement.promises, name)
    if waited.on_expiry == "escalate" or waited.escalate_after_minutes is not None:
        message = f"the manager is told of this by 'promises: {name}' too; leave it to one of them"
        yield Finding(keys, message)


def nights(sla: Sla, calendars: Sequence[tuple[str, WorkCalendar]]) -> str | None:
    """Return what to say of clock minutes that may all pass while nobody works; None if never."""
    for name, calendar in calendars:
        gap = longest_gap(calendar)
        if gap is not None and gap >= timedelta(minutes=sla.within_minutes):
            hours = gap / timedelta(hours=1)
            return (
                f"{name} is closed for up to {hours:g} hours, so no working hour can meet "
                f"{sla.within_minutes} clock minutes that begin then; write minutes: business"
            )
    return None


def longest_gap(calendar: WorkCalendar) -> timedelta | None:
    """Return how long nobody works at most in a week without holidays; None if nobody ever does."""
    usual = replace(calendar, holiday=lambda _: None, away=())
    spans = open_spans(_MONDAY, _MONDAY + timedelta(days=15), usual)
    gaps = (later[0] - earlier[1] for earlier, later in pairwise(spans))
    return max(gaps, default=timedelta()) if spans else None


def _twice(keys: Keys, names: Sequence[str]) -> Iterator[Finding]:
    for place, name in enumerate(names):
        if name in names[:place]:
            other = written((*keys, names.index(name)))
            yield Finding((*keys, place, "id"), f"'{name}' is {other} already; use another name")


def _office(keys: Keys, office: OfficeCalendar) -> Iterator[Finding]:
    if office.id == OWN:
        yield Finding((*keys, "id"), f"'{OWN}' means the rep's own calendar; use another name")
    try:
        calendar = office_calendar(office)
    except ValueError as error:
        place = "zone" if "time zone" in str(error) else "hours"
        yield Finding((*keys, place), str(error))
        return
    if longest_gap(calendar) is None:
        yield Finding((*keys, "hours"), "nobody ever works then; write 'mon-fri 09:00-17:00'")


def _events(keys: Keys, sla: Sla) -> Iterator[Finding]:
    if sla.until.place <= sla.since.place:
        after = [event.value for event in Event if event.place > sla.since.place]
        hint = f"after it come {', '.join(after)}" if after else "nothing comes after it"
        yield Finding(
            (*keys, "until"), f"'{sla.until.value}' does not come after '{sla.since.value}'; {hint}"
        )


def _owing(keys: Keys, sla: Sla) -> Iterator[Finding]:
    if sla.owed_by == "ae" and sla.since.place < Event.ASSIGNED.place:
        yield Finding(
            (*keys, "owed_by"),
            f"there is no AE yet when {EVENT_NAMES[sla.since]}; begin with 'assigned' or later",
        )
    if sla.owed_by == "approver" and sla.since is not Event.APPROVAL_ASKED:
        yield Finding(
            (*keys, "since"), "an approver owes something since 'approval_asked' alone; write that"
        )


def _calendar(keys: Keys, sla: Sla, offices: dict[str, OfficeCalendar]) -> Iterator[Finding]:
    if sla.calendar == OWN:
        return
    office = offices.get(sla.calendar)
    if office is None:
        near = get_close_matches(sla.calendar, offices, n=1)
        there = f"there are {', '.join(offices)}" if offices else f"write {OWN}, or add it there"
        hint = f"did you mean '{near[0]}'?" if near else there
        yield Finding(
            (*keys, "calendar"), f"there is no '{sla.calendar}' in the section calendars; {hint}"
        )
        return
    if sla.minutes == "clock":
        return
    try:
        due(_MONDAY, sla.within_minutes, office_calendar(office))
    except NoWorkingTimeError:
        yield Finding(
            (*keys, "within_minutes"),
            f"no working hour of '{office.id}' can meet it: {sla.within_minutes} working minutes "
            "take years there; lower them, or give more hours",
        )
    except ValueError:
        return  # the calendar's own finding


def _reminders(keys: Keys, sla: Sla) -> Iterator[Finding]:
    before = sla.remind_before_minutes
    at: Keys = (*keys, "remind_before_minutes")
    if list(before) != sorted(set(before), reverse=True):
        yield Finding(at, "reminders stand in order, the earliest first: [120, 30]")
    if before and max(before) >= sla.within_minutes:
        yield Finding(
            at,
            f"a reminder {max(before)} minutes before comes too early: the promise takes "
            f"{sla.within_minutes}",
        )


def _ladder(keys: Keys, sla: Sla) -> Iterator[Finding]:
    after = [rung.after_minutes for rung in sla.escalate]
    if after != sorted(set(after)):
        yield Finding((*keys, "escalate"), "steps stand in order, each later than the one before")
    for place, rung in enumerate(sla.escalate):
        if rung.step is Act.REASSIGN:
            yield from _reassign((*keys, "escalate", place, "step"), sla, place)
    if sla.escalate and sla.escalate[-1].step is Act.REMIND:
        yield Finding(
            (*keys, "escalate", len(sla.escalate) - 1, "step"),
            "the escalation ends nowhere: nobody but who broke the promise hears of it; end with "
            "'manager' or 'reassign'",
        )


def _reassign(keys: Keys, sla: Sla, place: int) -> Iterator[Finding]:
    if sla.owed_by != "ae":
        yield Finding(keys, "only an AE can be replaced; write 'manager'")
    elif sla.since not in REPLACEABLE:
        since = ", ".join(event.value for event in REPLACEABLE)
        yield Finding(
            keys,
            f"after '{sla.since.value}' the lead knows its AE; another one may take over only "
            f"since {since}; write 'manager'",
        )
    if place < len(sla.escalate) - 1:
        yield Finding(keys, "with another AE the promise begins anew; nothing can follow this step")
