"""Marketing's number of the month: what is there, what should be, what will be; sales beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from sqlalchemy.orm import Session

from baton.adapters.calendar.public_holidays import days_off
from baton.domain.forecast import INTERVAL_RATIO, Rate, chance_of, prospect, rate_of
from baton.domain.rep import Role
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Quota
from baton.store.agreements import active_id
from baton.store.follow_up import followed_up
from baton.store.month_promises import month_of, qualified_by_day, version_of_month
from baton.store.reports import Figures
from baton.store.reps import reps
from baton.store.sla_reports import FirstTouches, SlaFigures, first_touches, sla_figures

HISTORY = timedelta(days=91)
_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)

Countries = Sequence[str | None]


class QuotaDay(Figures):
    """A day (UTC) of the month; the numbers are those of the month up to the day's end.

    Attributes:
        on: Its date.
        working_ratio: How many of the countries work on it, 0 to 1.
        promised: How many leads should be there.
        there: How many are; on the day of the report by then; None on days ahead.
        low: How many there will be at least, in 80 % of cases with `high`; None on days that are
            over, and without a forecast.
        expected: How many there will be on average.
        high: How many there will be at most.
    """

    on: date
    working_ratio: float
    promised: float
    there: int | None
    low: int | None = None
    expected: float | None = None
    high: int | None = None


class Forecast(Figures):
    """How many there will be when the month ends.

    Attributes:
        low: The interval's lower end.
        expected: The mean.
        high: The interval's upper end.
        interval_ratio: How often the truth lies in the interval, if the days ahead are like those
            of the history.
        kept_chance: How probable it is that the promise is kept, 0 to 1.
        a_day: How many came on a working day.
        dispersion: How much more the daily numbers vary than chance alone would have it; from 1.
    """

    low: int
    expected: float
    high: int
    interval_ratio: float
    kept_chance: float
    a_day: float
    dispersion: float


class SalesSide(Figures):
    """What sales did meanwhile.

    Attributes:
        first_touch: How soon it tried to reach the leads that it got, in the month so far.
        leads: Leads that are with AEs now.
        attempts_a_lead: How often each was tried, on average; None without any.
        below: How many of them were tried less than agreed, and somebody must try again.
    """

    first_touch: FirstTouches
    leads: int
    attempts_a_lead: float | None
    below: int


class QuotaReport(Figures):
    """The month that `as_of` lies in; all instants are aware UTC.

    Attributes:
        month: Such as 2025-03.
        since: Its first instant.
        until: The first one of the next month.
        as_of: To where everything is counted.
        promised: How many leads marketing promised.
        there: How many became sales-qualified in the month so far.
        promised_by_now: How many should be there, by working days; today counts as far as it went.
        working_days: How many the month has; a day on which half of the countries work is half.
        working_days_gone: How many are over.
        countries: Whose public holidays and weekends count; without any, Saturday and Sunday.
        is_agreed: True if the agreement names the countries, False if they are those of the AEs.
        history_days: Working days on which the forecast rests, or too few for one.
        forecast: None while there are too few.
        days: The month's days.
        sales: The other side.
    """

    month: str
    since: datetime
    until: datetime
    as_of: datetime
    promised: int
    there: int
    promised_by_now: float
    working_days: float
    working_days_gone: float
    countries: tuple[str, ...]
    is_agreed: bool
    history_days: int
    forecast: Forecast | None
    days: tuple[QuotaDay, ...]
    sales: SalesSide


class SlaReport(Figures):
    """The promises of the period `since <= t < until` (aware UTC), and the month that it ends in.

    Attributes:
        promises: What became of them, by promise and team.
        quota: None if no number is promised for that month.
    """

    since: datetime
    until: datetime
    promises: tuple[SlaFigures, ...]
    quota: QuotaReport | None


def sla_report(session: Session, *, since: datetime, until: datetime, now: datetime) -> SlaReport:
    """Return what became of the promises of a period.

    Args:
        session: Only read from.
        since: The period's beginning (aware UTC).
        until: Its end, which does not belong to it.
        now: Aware UTC; nothing later is counted.
    """
    return SlaReport(
        since=since,
        until=until,
        promises=tuple(sla_figures(session, since=since, until=until)),
        quota=quota_report(session, as_of=min(until, now)),
    )


def quota_report(session: Session, *, as_of: datetime) -> QuotaReport | None:
    """Return how marketing's number of a month stands, with sales' side; None without a promise.

    The forecast is made of the working days of the 13 weeks before today, from the day after the
    first lead ever became sales-qualified. What came on a day that is not worked counts with the
    working day before it.

    Args:
        session: Only read from.
        as_of: Aware instant; the month is that of the instant before it.

    Raises:
        RulesError: The agreement's version cannot be read.
    """
    as_of = as_of.astimezone(UTC)
    since, until = month_of(as_of - _INSTANT)
    quota = _quota(session, since)
    if quota is None:
        return None
    countries = _countries(session, quota)
    came = qualified_by_day(session, until=as_of)
    history = _history(came, as_of.date(), countries)
    rate = rate_of(history)
    dates = [(since + _DAY * number).date() for number in range((until - since).days)]
    worked = [working_ratio(on, countries) for on in dates]
    gone = [part * _gone(on, as_of) for on, part in zip(dates, worked, strict=True)]
    there = sum(came.get(on, 0) for on in dates)
    promised = quota.sales_qualified_a_month
    left = sum(worked) - sum(gone)
    return QuotaReport(
        month=f"{since:%Y-%m}",
        since=since,
        until=until,
        as_of=as_of,
        promised=promised,
        there=there,
        promised_by_now=promised * sum(gone) / sum(worked),
        working_days=sum(worked),
        working_days_gone=sum(gone),
        countries=tuple(sorted({country for country in countries if country})),
        is_agreed=bool(quota.countries),
        history_days=len(history),
        forecast=_forecast(rate, left, there, promised) if rate else None,
        days=_days(dates, worked, gone, came=came, promised=promised, as_of=as_of, rate=rate),
        sales=_sales(session, since, as_of),
    )


def working_ratio(on: date, countries: Countries) -> float:
    """Return how many of the countries work on a date, 0 to 1; None is one without holidays."""
    known = [days_off(country, on.year) for country in countries]
    return sum(on.weekday() not in end and on not in named for named, end in known) / len(known)


def _quota(session: Session, since: datetime) -> Quota | None:
    version = version_of_month(session, since) or active_id(session)
    return None if version is None else agreement_of(session, version).quota


def _countries(session: Session, quota: Quota) -> Countries:
    return quota.countries or [rep.country for rep in reps(session, Role.AE)] or [None]


def _history(
    came: Mapping[date, int], today: date, countries: Countries
) -> list[tuple[float, int]]:
    """Return how much of a working day each past one was, and what came on it and after it."""
    if not came:
        return []
    on = max(today - HISTORY, min(came) + _DAY)
    found: list[tuple[float, int]] = []
    while on < today:
        part, leads = working_ratio(on, countries), came.get(on, 0)
        if part:
            found.append((part, leads))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + leads)
        on += _DAY
    return found


def _gone(on: date, as_of: datetime) -> float:
    """Return how much of the day is over, 0 to 1."""
    begun = as_of - datetime(on.year, on.month, on.day, tzinfo=UTC)
    return min(1.0, max(0.0, begun / _DAY))


def _forecast(rate: Rate, left: float, there: int, promised: int) -> Forecast:
    more = prospect(rate, left)
    return Forecast(
        low=there + more.low,
        expected=there + more.expected,
        high=there + more.high,
        interval_ratio=INTERVAL_RATIO,
        kept_chance=chance_of(rate, left, promised - there),
        a_day=rate.total / rate.days,
        dispersion=rate.dispersion,
    )


def _days(
    dates: Sequence[date],
    worked: Sequence[float],
    gone: Sequence[float],
    *,
    came: Mapping[date, int],
    promised: int,
    as_of: datetime,
    rate: Rate | None,
) -> tuple[QuotaDay, ...]:
    paced = accumulate(worked)
    there = accumulate(came.get(on, 0) for on in dates)
    ahead = accumulate(part - over for part, over in zip(worked, gone, strict=True))
    found = []
    for on, part, pace, by_then, left in zip(dates, worked, paced, there, ahead, strict=True):
        more = prospect(rate, left) if rate and on >= as_of.date() else None
        found.append(
            QuotaDay(
                on=on,
                working_ratio=part,
                promised=promised * pace / sum(worked),
                there=by_then if _gone(on, as_of) > 0 else None,
                low=by_then + more.low if more else None,
                expected=by_then + more.expected if more else None,
                high=by_then + more.high if more else None,
            )
        )
    return tuple(found)


def _sales(session: Session, since: datetime, as_of: datetime) -> SalesSide:
    leads = followed_up(session)
    return SalesSide(
        first_touch=first_touches(session, since=since, until=as_of),
        leads=len(leads),
        attempts_a_lead=sum(one.attempts for one in leads) / len(leads) if leads else None,
        below=sum(one.is_owed for one in leads),
    )
