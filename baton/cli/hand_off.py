"""`baton hand-off`: start one, cancel one."""

from __future__ import annotations

from typing import Annotated

import typer

from baton.cli.options import AsJson, HandOffId, LeadReference
from baton.cli.output import emit

group = typer.Typer(help="Start or cancel a hand-off.", no_args_is_help=True)
Actor = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does it, for the history.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="hand-off")


@group.command()
def start(lead: LeadReference, by: Actor = "command line", as_json: AsJson = False) -> None:
    """Open a hand-off for a lead; if one is open already, that one is shown.

    Example: baton hand-off start ada@harbour.example
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415
    from baton.store.histories import find_lead  # noqa: PLC0415

    runtime = current()
    with runtime.transaction() as session:
        lead_id = find_lead(session, lead)
    hand_off_id = actions.start_hand_off(runtime, lead_id, by=by)
    emit(
        {"hand_off": hand_off_id, "lead": lead_id},
        as_json=as_json,
        says=f"Hand-off {hand_off_id} of lead {lead_id} is open.",
    )


@group.command()
def cancel(
    hand_off: HandOffId,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept in the history.")],
    by: Actor = "command line",
    as_json: AsJson = False,
) -> None:
    """Close a hand-off; its lead goes to nurture, invites are called off.

    Example: baton hand-off cancel 5f0c... --reason "asked us to wait until spring"
    """
    from baton.engine import actions  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    actions.cancel_hand_off(current(), hand_off, by=by, reason=reason)
    emit(
        {"hand_off": hand_off, "state": "cancelled"},
        as_json=as_json,
        says=f"Hand-off {hand_off} is cancelled; its lead is in nurture.",
    )
