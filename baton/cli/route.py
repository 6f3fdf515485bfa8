"""`baton route`: who gets a lead and why; `baton assign`: a person names the AE."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson, By, HandOffId, LeadReference, To
from baton.cli.output import emit, emit_json, out, table

if TYPE_CHECKING:
    from baton.engine.showing import ShownRoute
    from baton.engine.simulating import Simulated

SHOWN_LEADS = 50

group = typer.Typer(no_args_is_help=True, help="Who gets a lead, and why.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group, name="route")
    app.command()(assign)


@group.command("lead")
def route_lead(
    lead: LeadReference,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Who would get it now; nothing is written.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which AE got a lead, and why each other one could not, or was not next.

    Example: baton route lead ada@harbour.example --dry-run
    """
    from baton.engine.showing import stored_route, would_route  # noqa: PLC0415 (keeps '--help' fast)
    from baton.runtime import current  # noqa: PLC0415
    from baton.store.histories import find_lead  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        lead_id = find_lead(session, lead)
        shown = (
            would_route(session, lead_id, at=runtime.clock.now())
            if dry_run
            else stored_route(session, lead_id)
        )
    if as_json:
        emit_json(shown)
    else:
        _show(shown)


def _show(shown: ShownRoute) -> None:
    console = out()
    verb = "would go" if shown.is_dry_run else "went"
    to = f"{verb} to {shown.ae}" if shown.ae else f"{verb} to the fallback queue"
    console.print(
        f"Lead {shown.lead_id} {to}, by agreement version {shown.agreement_id}, as of "
        f"{shown.as_of:%Y-%m-%d %H:%M} UTC.",
        markup=False,
    )
    console.print("\n".join(f"  {reason}" for reason in shown.reasons), markup=False)
    console.print(
        table(
            "AEs",
            ("AE", "may have it", "share", "before", "with this lead"),
            (
                (
                    line.email,
                    line.why_not or "yes",
                    None if line.share is None else f"{line.share:.1%}",
                    line.before,
                    line.after,
                )
                for line in shown.lines
            ),
        )
    )


@group.command()
def simulate(
    *,
    since: Annotated[
        datetime,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day, UTC."),
    ],
    until: To = None,
    agreement: Annotated[
        str | None,
        typer.Option(
            "--agreement",
            metavar="NEW",
            help="A stored version's number, or a file; else the one that decided.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give the leads of a period anew, and show who had and who would have had them.

    Who was there is as it was; counters, caps and credits follow from the leads given anew. Nothing
    is written. Example: baton route simulate --from 2026-01-01 --agreement rules/agreement.yaml
    """
    from baton.cli.agreement import agreement_in  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.engine.simulating import simulate as simulated  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415

    new = agreement_in(agreement) if agreement else None
    runtime = current()
    with runtime.transaction() as session:
        told = simulated(
            session,
            since=since.replace(tzinfo=UTC),
            until=until.replace(tzinfo=UTC) if until else runtime.clock.now(),
            agreement=new,
        )
    if as_json:
        emit_json(told)
    else:
        _show_simulated(told)


def _show_simulated(told: Simulated) -> None:
    console = out()
    console.print(
        f"{told.leads} leads given anew, {len(told.moved)} would have gone elsewhere; "
        f"{told.skipped} stayed as they were, because a person gave them or nothing was kept.\n"
        f"The furthest that anybody was from their share: {told.furthest_had:.2f} leads as it was, "
        f"{told.furthest_would:.2f} given anew.",
        markup=False,
    )
    everybody = sorted({*told.had, *told.would}, key=lambda email: (email is None, email))
    console.print(
        table(
            "Leads by AE",
            ("AE", "had", "would have had"),
            ((one or "fallback queue", told.had[one], told.would[one]) for one in everybody),
        )
    )
    shown = told.moved[:SHOWN_LEADS]
    console.print(
        table(
            f"Leads that would have gone elsewhere ({len(shown)} of {len(told.moved)})",
            ("at", "lead", "had", "would have had"),
            (
                (one.at, one.lead_id, one.had or "fallback queue", one.would or "fallback queue")
                for one in shown
            ),
        )
    )


def assign(
    hand_off: HandOffId,
    ae: Annotated[str, typer.Argument(metavar="AE", help="Mail address of the AE.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Name the AE of a lead that waits in the fallback queue.

    Example: baton assign 5f0c... ida@seller.example --by max@seller.example
    """
    from baton.engine.queueing import name_ae  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    name_ae(current(), hand_off, ae=ae, by=by)
    emit(
        {"hand_off": hand_off, "ae": ae},
        as_json=as_json,
        says=f"Recorded: hand-off {hand_off} goes to {ae}.",
    )
