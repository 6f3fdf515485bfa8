"""`baton reviews`: the oversight committee's sample of rejected leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from baton.cli.options import AsJson, By
from baton.cli.output import emit, emit_json, out, table

if TYPE_CHECKING:
    from baton.store.reviews import ReviewReport

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
    from baton.store.reviews import (  # noqa: PLC0415
        agreed_sampling,
        draw_reviews,
        period_before,
    )

    runtime = current()
    at = runtime.clock.now()
    period = month or period_before(at)
    with runtime.transaction() as session:
        sampling = agreed_sampling(session)
        drawn = draw_reviews(
            session,
            period=period,
            seed=seed,
            sample_ratio=sampling.ratio,
            minimum=sampling.minimum,
            at=at,
        )
    emit(
        {"period": period, "drawn": drawn},
        as_json=as_json,
        says=f"{len(drawn)} rejections of {period} are to be reviewed: 'baton reviews list'.",
    )


@group.command("list")
def list_open(as_json: AsJson = False) -> None:
    """List the cases that nobody has judged, without who did what.

    Example: baton reviews list
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.reviews import open_reviews  # noqa: PLC0415

    with current().transaction() as session:
        cases = open_reviews(session)
    if as_json:
        emit_json({"open": len(cases), "reviews": cases})
        return
    out().print(
        table(
            f"{len(cases)} open reviews",
            ("review", "month", "said to be unmet", "the AE's words"),
            (
                (
                    case.id,
                    case.period,
                    ", ".join(one.name for one in case.criteria if one.said == "unmet"),
                    case.feedback,
                )
                for case in cases
            ),
        )
    )


@group.command()
def record(  # noqa: PLR0917 (options of a command)
    review: Annotated[int, typer.Argument(help="Its number in 'baton reviews list'.")],
    fitted: Annotated[
        bool, typer.Option("--fitted/--not-fitted", help="Did the lead fit the definition?")
    ],
    miss: Annotated[
        Literal["sales", "marketing", "definition", "nobody"],
        typer.Option("--miss", help="Whose miss was it?"),
    ],
    follow_up: Annotated[str, typer.Option("--follow-up", help="What follows.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Record what the committee found in one case; a finding stands.

    Example: baton reviews record 12 --fitted --miss sales --follow-up "AEs hear the call first"
    --by rosa@seller.example
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.reviews import record_review  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        record_review(
            session,
            review,
            reviewer_email=by,
            fitted=fitted,
            miss=miss,
            follow_up=follow_up,
            at=runtime.clock.now(),
        )
    emit(
        {"review": review, "fitted": fitted, "miss": miss},
        as_json=as_json,
        says=f"Review {review} is recorded.",
    )


@group.command("report")
def report(month: Month = None, as_json: AsJson = False) -> None:
    """Show what the committee found in a month, and the patterns in it.

    Example: baton reviews report --month 2026-02
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.reviews import period_before, review_report  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        found = review_report(session, month or period_before(runtime.clock.now()))
    if as_json:
        emit_json(found)
    else:
        _show(found)


def _show(found: ReviewReport) -> None:
    console = out()
    console.print(
        table(
            f"Reviews of {found.period}",
            ("figure", "value"),
            [
                ("rejections", found.rejections),
                ("drawn", found.drawn),
                ("decided", found.decided),
                ("fitted the definition", found.fitted),
                *((f"miss: {whose}", count) for whose, count in found.misses.items()),
            ],
        )
    )
    console.print(
        table(
            "By criterion",
            ("criterion", "reviewed", "fitted"),
            ((p.criterion, p.reviewed, p.fitted) for p in found.patterns),
        )
    )
    for follow_up in found.follow_ups:
        console.print(f"- {follow_up}", markup=False)
