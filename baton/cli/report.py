"""`baton report`: how the funnel does, what was promised, how sales follows its leads up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli import report_sla
from baton.cli.options import AsJson, Since, Until, period
from baton.cli.output import emit_json, out, percent, table

if TYPE_CHECKING:
    from baton.engine.following_up import FollowUp
    from baton.store.reports import Report

group = typer.Typer(invoke_without_command=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    report_sla.register(group)
    app.add_typer(group, name="report")


@group.callback()
def report(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Show acceptance rate, speed to lead, conversion by source, reasons and kept promises.

    Example: baton report --since 2026-01-01 --until 2026-02-01
    """
    if context.invoked_subcommand is not None:
        return
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.reports import funnel_report  # noqa: PLC0415

    runtime = current()
    begin, end = period(since, until, runtime.clock.now())
    with runtime.transaction() as session:
        figures = funnel_report(session, since=begin, until=end)
    if as_json:
        emit_json(figures)
    else:
        _show(figures)


@group.command("follow-up")
def follow_up(
    all_: Annotated[
        bool, typer.Option("--all", help="Also who was tried enough, answered or opted out.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which AE's leads were tried less than agreed, and when to try next.

    Example: baton report follow-up
    """
    from baton.engine.following_up import follow_ups  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        found = follow_ups(session, now=runtime.clock.now())
    below = [one for one in found if one.is_owed]
    if as_json:
        emit_json({"below": len(below), "leads": found if all_ else below})
        return
    console = out()
    console.print(
        table(
            f"{len(below)} of {len(found)} leads with AEs were tried less than agreed",
            ("AE", "lead", "since", "attempts", "over days", "channels", "missing", "next (UTC)"),
            (
                (
                    one.owner_name,
                    one.lead_id,
                    f"{one.since:%Y-%m-%d}",
                    one.attempts,
                    f"{one.days:.0f}",
                    ", ".join(one.channels),
                    _missing(one),
                    f"{one.next_at:%a %Y-%m-%d %H:%M}" if one.next_at else None,
                )
                for one in (found if all_ else below)
            ),
        )
    )


def _missing(one: FollowUp) -> str:
    if one.has_opted_out:
        return "opted out"
    return "answered" if one.answered_at else ", ".join(one.missing) or "nothing"


def _show(figures: Report) -> None:
    speed = figures.speed_to_lead
    console = out()
    console.print(
        table(
            f"{figures.since:%Y-%m-%d} to {figures.until:%Y-%m-%d}",
            ("figure", "value"),
            [
                *((f"hand-offs {state}", n) for state, n in figures.hand_offs.items()),
                ("accepted by sales", figures.transferred),
                ("returned with feedback", figures.returned),
                ("acceptance rate", percent(figures.acceptance_ratio)),
                ("introductions", speed.introductions),
                ("speed to lead, median minutes", speed.median_minutes),
                ("speed to lead, 90th percentile", speed.p90_minutes),
            ],
        )
    )
    console.print(
        table(
            "By source",
            ("source", "leads", "handed off", "transferred", "conversion"),
            (
                (s.source, s.leads, s.handed_off, s.transferred, percent(s.conversion_ratio))
                for s in figures.sources
            ),
        )
    )
    console.print(
        table(
            "Why sales returned them",
            ("criterion", "rejections", "share"),
            ((r.name, r.rejections, percent(r.ratio)) for r in figures.rejections),
        )
    )
    console.print(
        table(
            "Promises",
            ("wait", "kept", "overdue", "open", "kept rate"),
            ((p.kind, p.kept, p.overdue, p.open, percent(p.kept_ratio)) for p in figures.promises),
        )
    )
