"""`baton reviews`: the oversight committee's sample of rejected leads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson, By
from baton.cli.output import aside, emit, emit_json, out, percent, table
from baton.domain.oversight import REVIEWERS, SENTENCES, Miss

if TYPE_CHECKING:
    from rich.table import Table

    from baton.store.review_draws import DrawnStratum
    from baton.store.review_reports import OverturnRate, ReviewReport
    from baton.store.reviews import Recorded

MOST_MONTHS = 120

group = typer.Typer(help="Review a random sample of rejected leads.", no_args_is_help=True)
Month = Annotated[
    str | None, typer.Option("--month", metavar="YYYY-MM", help="The month; else the last one.")
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="reviews")


@group.command()
def draw(
    month: Month = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="The same seed draws the same cases.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the month's sample, as large as the agreement says; a month is drawn once.

    Example: baton reviews draw --month 2026-02
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.review_draws import (  # noqa: PLC0415
        agreed_sampling,
        draw_reviews,
        drawn_strata,
        period_before,
    )
    from baton.store.reviewers import active_reviewers  # noqa: PLC0415

    runtime = current()
    at = runtime.clock.now()
    period = month or period_before(at)
    with runtime.transaction() as session:
        sampling = agreed_sampling(session)
        drawn = draw_reviews(session, period=period, seed=seed, sampling=sampling, at=at)
        strata = drawn_strata(session, period, period)
        reviewers = active_reviewers(session)
    if reviewers <= REVIEWERS:
        aside().print(
            f"{REVIEWERS} reviewers judge a case, and a third where they differ; there are "
            f"{reviewers}. Add some with 'baton import --reps'.",
            style="yellow",
        )
    emit(
        {"period": period, "drawn": drawn, "strata": strata, "reviewers": reviewers},
        as_json=as_json,
        says=f"{len(drawn)} rejections of {period} are to be reviewed: 'baton reviews list'.",
    )
    if strata and not as_json:
        out().print(_strata(strata))


@group.command("list")
def list_open(
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="EMAIL", help="Only what this reviewer may still judge."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the cases that are not decided, without who did or said what.

    Example: baton reviews list --by rosa@seller.example
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.review_cases import open_reviews  # noqa: PLC0415

    with current().transaction() as session:
        cases = open_reviews(session, reviewer_email=by)
    if as_json:
        emit_json({"open": len(cases), "reviews": cases})
        return
    out().print(
        table(
            f"{len(cases)} open reviews",
            ("review", "month", "judged by", "said to be unmet", "the AE's words"),
            (
                (
                    case.id,
                    case.period,
                    "two, who differ" if case.given == REVIEWERS else case.given,
                    ", ".join(one.name for one in case.criteria if one.said == "unmet"),
                    case.feedback,
                )
                for case in cases
            ),
        )
    )


@group.command()
def show(
    review: Annotated[int, typer.Argument(help="Its number in 'baton reviews list'.")],
    as_json: AsJson = False,
) -> None:
    """Show one case: what the agreement saw of the lead, and what the AE said of it.

    Example: baton reviews show 12
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.review_cases import open_review  # noqa: PLC0415

    with current().transaction() as session:
        case = open_review(session, review)
    if as_json:
        emit_json(case)
        return
    console = out()
    console.print(
        table(
            f"Review {case.id} of {case.period}",
            ("criterion", "name", "met when", "before", "the AE says"),
            ((c.id, c.name, c.met_when, c.judged, c.said) for c in case.criteria),
        )
    )
    console.print(table("What was known of the lead", ("fact", "value"), case.facts.items()))
    console.print(f"The AE's words: {case.feedback}", markup=False)


@group.command()
def record(  # noqa: PLR0917 (options of a command)
    review: Annotated[int, typer.Argument(help="Its number in 'baton reviews list'.")],
    miss: Annotated[
        Miss,
        typer.Option(
            "--miss",
            help="Whose miss it was. sales: it fitted; marketing: it did not; definition: the "
            "agreement does not say; nobody: it did not fit, and nobody could know.",
        ),
    ],
    follow_up: Annotated[str, typer.Option("--follow-up", help="What follows.")],
    by: By,
    criterion: Annotated[
        str | None, typer.Option("--criterion", help="With definition: which criterion.")
    ] = None,
    proposal: Annotated[
        str | None, typer.Option("--proposal", help="With definition: what it should say.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record what one reviewer says of a case; two judge it, and a third where they differ.

    Example: baton reviews record 12 --miss sales --follow-up "AEs hear the call first"
    --by rosa@seller.example
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.reviews import Said, record_review  # noqa: PLC0415

    runtime = current()
    said = Said(miss, follow_up, criterion, proposal)
    with runtime.transaction() as session:
        recorded = record_review(session, review, said, reviewer_email=by, at=runtime.clock.now())
    emit(recorded, as_json=as_json, says=_says(recorded))


def _says(recorded: Recorded) -> str:
    if recorded.finding is not None:
        followed = [f"  {SENTENCES[one]}" for one in recorded.came_of_it]
        decided = f"Review {recorded.review} is decided; the miss: {recorded.finding}."
        return "\n".join([decided, *followed])
    if recorded.given < REVIEWERS:
        return f"Review {recorded.review} is recorded; another reviewer judges it too."
    return f"Review {recorded.review} is recorded; the two differ, and a third reviewer decides."


@group.command("report")
def report(
    month: Month = None,
    months: Annotated[
        int,
        typer.Option("--months", min=1, max=MOST_MONTHS, help="So many months, up to that one."),
    ] = 1,
    as_json: AsJson = False,
) -> None:
    """Show what the committee found in a month or some, and the patterns in it.

    Example: baton reviews report --month 2026-02 --months 6
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.review_draws import period_before  # noqa: PLC0415
    from baton.store.review_reports import review_report  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        period = month or period_before(runtime.clock.now())
        found = review_report(session, period, months=months)
    if as_json:
        emit_json(found)
    else:
        _show(found)


def _show(found: ReviewReport) -> None:
    console = out()
    until = found.period if found.months == 1 else f"{found.months} months to {found.period}"
    console.print(
        table(
            f"Reviews of {until}",
            ("figure", "value"),
            [
                ("rejections", found.rejections),
                ("drawn", found.drawn),
                ("decided", found.decided),
                ("wait for a third reviewer", found.differing),
                *((f"miss: {whose}", count) for whose, count in found.misses.items()),
            ],
        )
    )
    console.print(_strata(found.strata))
    for name, rates in (
        ("reason", found.by_reason),
        ("source", found.by_source),
        ("team", found.by_team),
    ):
        console.print(_rates(name, (found.total, *rates)))
    console.print(
        table(
            "What came of it",
            ("consequence", "cases"),
            ((SENTENCES[one], count) for one, count in found.came_of_it.items()),
        )
    )
    console.print(
        table(
            "Proposals for the agreement",
            ("month", "criterion", "should say"),
            ((one.period, one.name, one.proposal) for one in dict.fromkeys(found.proposals)),
        )
    )
    for follow_up in dict.fromkeys(found.follow_ups):
        console.print(f"- {follow_up}", markup=False)


def _strata(strata: Iterable[DrawnStratum]) -> Table | str:
    return table(
        "Drawn",
        ("month", "stratum", "rejections", "drawn"),
        ((one.period, one.name, one.rejections, one.drawn) for one in strata),
    )


def _rates(of: str, rates: Iterable[OverturnRate]) -> Table | str:
    """Return how often rejections did not stand, with the interval that it may as well be."""
    return table(
        f"Fitted after all, by {of}",
        (of, "judged", "fitted", "rate", "95 % interval"),
        (
            (one.name, one.judged, one.overturned, percent(one.ratio), _interval(one))
            for one in rates
        ),
    )


def _interval(one: OverturnRate) -> str | None:
    if one.judged is None:
        return "too few to tell"
    if one.low is None or one.high is None:
        return None
    return f"{one.low:.0%} to {one.high:.0%}"
