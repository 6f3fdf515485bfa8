"""How the funnel does, in figures."""

from __future__ import annotations

from datetime import datetime, timedelta

from fastapi import APIRouter
from pydantic import AwareDatetime

from baton.desk.access import RuntimeOf
from baton.engine.following_up import FollowUp, follow_ups
from baton.errors import InputError
from baton.rulebook.quota_report import SlaReport, sla_report
from baton.store.reports import Report, funnel_report

router = APIRouter(tags=["report"])
DEFAULT_PERIOD = timedelta(days=30)


@router.get("/report/follow-up")
def follow_up(runtime: RuntimeOf) -> list[FollowUp]:
    """Return how each AE's lead is followed up, and when to try next, by owner."""
    with runtime.transaction() as session:
        return follow_ups(session, now=runtime.clock.now())


@router.get("/report/sla")
def sla(
    runtime: RuntimeOf, since: AwareDatetime | None = None, until: AwareDatetime | None = None
) -> SlaReport:
    """Return the promises of a period, and marketing's number of the month that it ends in."""
    now = runtime.clock.now()
    begin, end = _period(since, until, now)
    with runtime.transaction() as session:
        return sla_report(session, since=begin, until=end, now=now)


@router.get("/report")
def report(
    runtime: RuntimeOf, since: AwareDatetime | None = None, until: AwareDatetime | None = None
) -> Report:
    """Return acceptance, speed, sources, reasons and promises; the last 30 days by default."""
    begin, end = _period(since, until, runtime.clock.now())
    with runtime.transaction() as session:
        return funnel_report(session, since=begin, until=end)


def _period(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    end = until or now
    try:
        begin = since or end - DEFAULT_PERIOD
    except OverflowError as error:
        raise InputError(f"30 days before {end} is no instant; say since.") from error
    if begin >= end:
        raise InputError(f"The period is empty: since {begin} is not before until {end}.")
    return begin, end
