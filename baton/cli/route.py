"""`baton route`: who gets a lead and why; `baton assign`: a person names the AE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from baton.cli.options import AsJson, By, HandOffId, LeadReference
from baton.cli.output import emit, emit_json, out, table

if TYPE_CHECKING:
    from baton.engine.showing import ShownRoute

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
