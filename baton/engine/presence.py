"""Which AEs are surely free at this moment: by their word, their hours and their calendar (D2)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.adapters.calendar.public_holidays import days_off
from baton.adapters.calendar.slots import is_worked
from baton.domain.rep import Role
from baton.engine.checking import rep_among
from baton.engine.rep_calendars import Whose, busy_in
from baton.errors import CalendarUnavailableError, InputError
from baton.runtime import Runtime
from baton.store.absences import absences_of
from baton.store.meetings import busy_times
from baton.store.tables import Rep

logger = logging.getLogger(__name__)
LONGEST_MINUTES = 12 * 60


def set_presence(runtime: Runtime, *, by: str, minutes: int) -> datetime | None:
    """Record for how long from now a lead may be put through to an AE at once.

    Args:
        runtime: The installation.
        by: The AE's mail address.
        minutes: For how many; 0 ends it.

    Returns:
        Until when (aware UTC); None if not any more.

    Raises:
        RefusedError: `by` is no active AE.
        InputError: Less than nothing, or longer than anybody is sure of.
    """
    if not 0 <= minutes <= LONGEST_MINUTES:
        raise InputError(f"Give 0 to {LONGEST_MINUTES} minutes, not {minutes}.")
    until = runtime.clock.now() + timedelta(minutes=minutes) if minutes else None
    with runtime.transaction() as session:
        rep_among(session, by, Role.AE).present_until = until
    return until


def free_now(runtime: Runtime, minutes: int) -> frozenset[int]:
    """Return the ids of the AEs who are surely free for so many minutes from now.

    They are present as long as that, at work, not away, in no meeting, and their calendar was read
    and says nothing else. Never call it inside a transaction: calendars are asked.
    """
    now = runtime.clock.now()
    until = now + timedelta(minutes=minutes)
    with runtime.look() as session:
        present = session.scalars(
            select(Rep).where(Rep.role == Role.AE, Rep.is_active, Rep.present_until >= until)
        )
        asked = {rep.id: Whose.of(rep) for rep in present if _works(session, rep, now, until)}
    return frozenset(rep for rep, whose in asked.items() if _is_free(runtime, whose, now, until))


def _works(session: Session, rep: Rep, now: datetime, until: datetime) -> bool:
    today = now.astimezone(ZoneInfo(rep.time_zone)).date()
    return (
        is_worked(now, until, zone_name=rep.time_zone, hours=rep.working_hours)
        and today not in days_off(rep.country, today.year)[0]
        and not any(
            start < until
            for spans in absences_of(session, since=now, rep_ids=[rep.id]).values()
            for start, _ in spans
        )
        and not busy_times(session, rep.id, since=now, until=until)
    )


def _is_free(runtime: Runtime, whose: Whose, now: datetime, until: datetime) -> bool:
    try:
        return not any(
            start < until and end > now for start, end in busy_in(runtime, whose, now, until)
        )
    except CalendarUnavailableError as error:
        logger.warning("Nobody is put through to %s now: %s", whose.email, error)
        return False
