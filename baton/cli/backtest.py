"""`baton agreement backtest`: what an agreement would have decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson, To
from baton.cli.output import emit_json, out, percent, table, write_picture

if TYPE_CHECKING:
    from rich.table import Table

    from baton.rulebook.agreement import Agreement
    from baton.rulebook.backtest_figures import Backtest, Change

SHOWN_LEADS = 50


def register(group: typer.Typer) -> None:
    """Add the command to the group."""
    group.command()(backtest)


def backtest(
    new: Annotated[str, typer.Argument(help="A stored version's number, or a file.")],
    *,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="First day, UTC; else the day of the first decision.",
        ),
    ] = None,
    until: To = None,
    outcome: Annotated[
        str | None,
        typer.Option(
            "--outcome",
            metavar="COLUMN",
            help="Column of the import that says yes or no to what became of a lead; else what "
            "sales said after the meeting.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE.svg",
            help="Draw the scores by outcome, and precision and recall by threshold, there.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge past decisions again under NEW: who would come out otherwise, and why.

    Nothing is written. Example: baton agreement backtest rules/agreement.yaml --from 2026-01-01
    """
    from baton.cli.agreement import agreement_in  # noqa: PLC0415 (it registers this command)
    from baton.rulebook import backtesting, plotting  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.rulebook.replaying import Period  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415
    from baton.store.lead_names import lead_names  # noqa: PLC0415

    agreement: Agreement = agreement_in(new)
    runtime = current()
    with runtime.transaction() as session:
        found = backtesting.backtest(
            session,
            agreement,
            since=since.replace(tzinfo=UTC) if since else None,
            until=until.replace(tzinfo=UTC) if until else runtime.clock.now(),
            outcome_column=outcome,
        )
        scored = (
            plotting.score_leads(
                session,
                agreement,
                period=Period(found.since, found.until),
                outcome_column=outcome,
            )
            if plot
            else []
        )
        names = lead_names(session, [change.lead_id for _, change in _shown(found)])
    if plot:
        write_picture(plot, plotting.draw(found, agreement, scored))
    if as_json:
        emit_json(found)
    else:
        _show(found, names)


def _shown(found: Backtest) -> list[tuple[str, Change]]:
    """Return the changes that fit a screen, each with what it is called."""
    return [
        (says, change)
        for says, changes in (
            ("newly qualifies", found.newly),
            ("no longer qualifies", found.no_longer),
            ("waits for an answer", found.unsettled),
        )
        for change in changes[:SHOWN_LEADS]
    ]


def _show(found: Backtest, names: Mapping[int, str]) -> None:
    console = out()
    console.print(_summary(found))
    called = {figures.reason: figures.name for figures in found.reasons}
    console.print(
        table(
            "Why",
            ("criterion", "newly", "no longer", "waits for an answer"),
            ((r.name, r.newly, r.no_longer, r.unsettled) for r in found.reasons),
        )
    )
    console.print(
        table(
            "By source",
            ("source", "leads", "as decided", "under NEW", "newly", "no longer", "waits"),
            (
                (
                    o.origin,
                    o.leads,
                    o.qualified_before,
                    o.qualified_now,
                    o.newly,
                    o.no_longer,
                    o.unsettled,
                )
                for o in found.origins
            ),
        )
    )
    console.print(
        table(
            "Leads that come out otherwise",
            ("lead", "name", "source", "under NEW", "because of"),
            (
                (
                    change.lead_id,
                    names.get(change.lead_id),
                    change.origin,
                    says,
                    "; ".join(called[reason] for reason in change.reasons),
                )
                for says, change in _shown(found)
            ),
        )
    )
    for line in _remarks(found):
        console.print(line, markup=False)


def _summary(found: Backtest) -> Table | str:
    before, now = found.before, found.now
    return table(
        f"{found.title}, {found.since:%Y-%m-%d} to {found.until:%Y-%m-%d}: "
        f"{found.decisions} decisions on {found.leads} leads",
        ("figure", "as decided", "under NEW"),
        [
            ("leads that qualify", before.qualified, now.qualified),
            ("a month", before.a_month, now.a_month),
            *_of_quota(found),
            (
                "accepted by sales, of those that qualify (precision)",
                percent(before.precision_ratio),
                percent(now.precision_ratio),
            ),
            (
                "qualify, of those that sales accepted (recall)",
                percent(before.recall_ratio),
                percent(now.recall_ratio),
            ),
        ],
    )


def _of_quota(found: Backtest) -> list[tuple[str, str | None, str | None]]:
    quota = found.quota
    if quota is None:
        return []
    says = f"of the {quota.a_month:,} a month that NEW promises"
    return [(says, percent(quota.before_ratio), percent(quota.now_ratio))]


def _remarks(found: Backtest) -> list[str]:
    same = found.reproduction
    lines = [
        f"Unknown: {fact.fact} was not kept by {fact.decisions} of {found.decisions} decisions, "
        "so what reads it is unknown there, not unmet."
        for fact in found.unknown_facts
    ]
    if found.recounted_facts:
        lines.append(
            f"Counted anew from the touches up to each decision: {', '.join(found.recounted_facts)}"
        )
    if same.decisions:
        lines.append(
            f"Decided by this very agreement: {same.decisions}, of which {same.equal} "
            f"({same.equal / same.decisions:.2%}) come out equal."
        )
    if same.differing:
        others = ", ".join(f"{number} on lead {lead}" for lead, number in same.differing)
        lines.append(f"These do not: decisions {others}")
    hidden = sum(max(0, len(changes) - SHOWN_LEADS) for changes in _changes(found))
    if hidden:
        lines.append(f"{hidden} more leads come out otherwise; --json lists all of them.")
    return [*lines, "Nothing was written."]


def _changes(found: Backtest) -> tuple[tuple[Change, ...], ...]:
    return found.newly, found.no_longer, found.unsettled
