"""The agreement's sections `calendars` and `slas`: who promises what to whom, by when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from baton.domain.promise import Act, Event
from baton.rulebook.parts import CountryCode, Identifier, Minutes, Part, Word, Words

OWN = "own"
"""The calendar of whoever owes it."""


class OfficeCalendar(Part):
    """Hours that promises may count by, instead of those of the rep who owes them."""

    id: Identifier
    """What promises call it."""
    name: Words
    """What people call it."""
    zone: Word
    """IANA name, such as Europe/Berlin."""
    country: CountryCode | None = None
    """Whose public holidays do not count, as ISO 3166 code; none, if not given."""
    hours: Words
    """Such as "mon-thu 09:00-17:30; fri 09:00-13:00"."""


class Rung(Part):
    """What is done about a promise that was broken."""

    after_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 90)]
    """So many minutes after it was due, counted as the promise counts."""
    step: Act
    """remind who owes it, tell the manager, or reassign: give the lead to another AE."""


class Sla(Part):
    """One promise: from which event to which, within how many minutes of whose calendar."""

    id: Identifier
    """Its name for Baton; it stays the same when the promise is called otherwise."""
    name: Words
    """What people call it."""
    owed_by: Literal["sdr", "ae", "approver"]
    """Who owes it: the hand-off's SDR, its AE, or who approves."""
    since: Event
    """What starts the clock."""
    until: Event
    """What keeps the promise."""
    within_minutes: Minutes
    """Within how many minutes."""
    minutes: Literal["business", "clock"] = "business"
    """business: only minutes count in which the calendar says that somebody works; clock: all."""
    calendar: Identifier = OWN
    """Whose hours and holidays: own for the rep's, with their absences, or one of calendars."""
    remind_before_minutes: tuple[Minutes, ...] = ()
    """So many minutes before it is due, whoever owes it is reminded; the earliest first."""
    escalate: tuple[Rung, ...] = ()
    """What is done after it was broken, step by step; nothing, if none is given."""
    measure_on: bool = True
    """Whether it is measured how late it is fulfilled after all; no, if false."""
