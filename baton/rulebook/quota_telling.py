"""Marketing's number of the month in words: for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from baton.domain.forecast import FEWEST_DAYS
from baton.rulebook.quota_report import QuotaReport, SalesSide


def quota_lines(found: QuotaReport) -> list[tuple[str, str]]:
    """Return what is to be said of a month, as pairs of a name and a value; nobody's name."""
    return [
        ("promised by marketing", f"{found.promised:,} sales-qualified leads"),
        ("there by now", f"{found.there:,}"),
        (
            "should be there by now",
            (
                f"{found.promised_by_now:,.1f}, after {found.working_days_gone:.1f} of "
                f"{found.working_days:g} working days of {_whose(found)}"
            ),
        ),
        *_of_forecast(found),
        *_of_sales(found.sales),
    ]


def quota_markdown(found: QuotaReport) -> str:
    """Return the month as a Markdown table."""
    rows = "\n".join(f"| {name} | {value} |" for name, value in quota_lines(found))
    return f"# {title_of(found)}\n\n| | |\n|---|---|\n{rows}\n"


def title_of(found: QuotaReport) -> str:
    """Return the month and the instant to which it is counted."""
    return f"Sales-qualified leads, {found.since:%B %Y} to {found.as_of:%Y-%m-%d %H:%M} UTC"


def interval_of(found: QuotaReport) -> str:
    """Return the forecast's interval in words, or why there is none."""
    forecast = found.forecast
    if forecast is None:
        return (
            f"cannot be told yet: {found.history_days} working days are known since the first one, "
            f"{FEWEST_DAYS} are needed"
        )
    return (
        f"{forecast.expected:,.0f}, in {forecast.interval_ratio:.0%} of cases "
        f"{forecast.low:,} to {forecast.high:,}"
    )


def _of_forecast(found: QuotaReport) -> Iterator[tuple[str, str]]:
    yield "at the month's end", interval_of(found)
    forecast = found.forecast
    if forecast is None:
        return
    yield "chance that the promise is kept", f"{forecast.kept_chance:.0%}"
    yield (
        "if the days ahead are like",
        (
            f"the last {found.history_days} working days: {forecast.a_day:.2f} a day, varying "
            f"{forecast.dispersion:.1f} times as much as by chance alone"
        ),
    )


def _of_sales(sales: SalesSide) -> Iterator[tuple[str, str]]:
    touch = sales.first_touch
    if touch.in_time_ratio is None:
        yield "sales: first touch, this month", "no promise of one was kept or fell due"
    else:
        minutes = "-" if touch.median_minutes is None else f"{touch.median_minutes:.0f} minutes"
        yield (
            "sales: first touch, this month",
            f"{touch.in_time_ratio:.0%} of {touch.judged:,} in time, median {minutes}",
        )
    if sales.attempts_a_lead is None:
        yield "sales: attempts a lead, now", "no lead is with an AE"
    else:
        yield (
            "sales: attempts a lead, now",
            f"{sales.attempts_a_lead:.1f} on each of {sales.leads:,} leads with AEs",
        )
    yield "sales: leads tried less than agreed, now", f"{sales.below:,}"


def _whose(found: QuotaReport) -> str:
    if not found.countries:
        return "Monday to Friday"
    return f"{', '.join(found.countries)} ({'agreed' if found.is_agreed else 'where the AEs are'})"
