"""`baton inbox`: messages that nobody could place, and what people say that they are."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import typer

from baton.cli.options import AsJson
from baton.cli.output import emit, emit_json, out, table

group = typer.Typer(
    help="Messages that came in and need a person's look: list, show, settle.",
    no_args_is_help=True,
)
Number = Annotated[int, typer.Argument(metavar="ID", help="As 'baton inbox list' shows it.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="inbox")


@group.command("list")
def list_messages(
    settled: Annotated[
        bool, typer.Option("--settled", help="Those that somebody has settled, newest first.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List messages that need a look, with why, oldest first.

    Example: baton inbox list --limit 20
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.looks import list_looks  # noqa: PLC0415

    with current().transaction() as session:
        rows = list_looks(session, is_settled=settled, limit=limit)
    if as_json:
        emit_json({"messages": rows})
        return
    what = "settled" if settled else "to look at"
    out().print(
        table(
            f"{len(rows)} {what}" + (" (there may be more)" if len(rows) == limit else ""),
            ("id", "why", "taken for", "from", "subject", "hand-off", "SDR", "since"),
            (
                (
                    row.id,
                    row.look,
                    row.message_class,
                    row.sender,
                    row.subject,
                    row.hand_off_id,
                    row.sdr,
                    row.received_at,
                )
                for row in rows
            ),
        )
    )


@group.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """Show a message: what it says, what it was taken for, whom it names, and the whole of it.

    Example: baton inbox show 12
    """
    from baton.runtime import current  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.store.looks import show_message  # noqa: PLC0415

    with current().transaction() as session:
        shown = show_message(session, number)
    if as_json:
        emit_json(shown)
        return
    line = shown.line
    facts = {
        "why": line.look,
        "taken for": f"{line.message_class}: {shown.note}",
        "from": line.sender,
        "subject": line.subject,
        "hand-off": line.hand_off_id,
        "SDR": line.sdr,
        "names": ", ".join(f"{one['name']} <{one['email']}>".strip() for one in shown.named),
        "bounce": shown.bounce,
        "back on": shown.returns_on,
        "settled": "; ".join(f"{one.decision} by {one.by} {one.reason}" for one in shown.settled),
    }
    rows = ((name, value) for name, value in facts.items() if value)
    out().print(table(f"Message {number}", ("", ""), rows))
    out().print(shown.text or shown.raw, markup=False)


@group.command()
def settle(  # noqa: PLR0917 (options of a command)
    number: Number,
    decision: Annotated[
        Literal["lead", "ae", "opt_out", "contact", "nothing"],
        typer.Option(
            "--as",
            help="lead, ae: that side's answer in the hand-off. opt_out: the sender wishes not to "
            "be contacted. contact: whom it names becomes a lead. nothing: nothing follows.",
        ),
    ],
    hand_off: Annotated[
        UUID | None, typer.Option("--hand-off", help="Which one, if the message does not say it.")
    ] = None,
    email: Annotated[
        str | None, typer.Option("--email", help="Whose address, if it is not the obvious one.")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")] = "command line",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what a message is; that is kept and applied, and the message leaves the list.

    Example: baton inbox settle 12 --as contact --email tom@harbour.example
    """
    from baton.domain.meeting import InboundDecision  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.engine.settling import settle_message  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415

    done = settle_message(
        current(),
        number,
        InboundDecision(decision),
        by=by,
        reason=reason,
        hand_off_id=hand_off,
        address=email,
    )
    says = f"Message {number} is settled: {decision.replace('_', ' ')}."
    if done.lead_id is not None:
        says += f" Lead {done.lead_id} is who it names."
    emit(
        {"id": number, "decision": decision, "closed": done.closed, "lead_id": done.lead_id},
        as_json=as_json,
        says=says,
    )
