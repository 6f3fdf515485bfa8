"""`baton effects`: what could not be done outside, and what people decide about it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from baton.cli.options import AsJson
from baton.cli.output import emit, emit_json, out, table

group = typer.Typer(
    help="Mails and CRM writes that stand still: list, retry, resolve.", no_args_is_help=True
)
EffectId = Annotated[int, typer.Argument(metavar="ID", help="As 'baton effects list' shows it.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="effects")


@group.command("list")
def list_effects(
    state: Annotated[
        Literal["intended", "in_flight", "done", "failed", "withheld"] | None,
        typer.Option("--state", help="Those in this state, instead of those that stand still."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List effects that failed for good, are in doubt, or were tried in vain.

    Example: baton effects list --state withheld
    """
    from baton.domain.hand_off import EffectState  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415
    from baton.store import dead_letters  # noqa: PLC0415

    wanted = EffectState(state) if state else None
    with current().transaction() as session:
        rows = dead_letters.list_effects(session, state=wanted, limit=limit)
    if as_json:
        emit_json({"effects": rows})
        return
    what = state.replace("_", " ") if state else "standing still"
    out().print(
        table(
            f"{len(rows)} {what}" + (" (there may be more)" if len(rows) == limit else ""),
            ("id", "what", "state", "lead", "hand-off", "tried", "error", "since"),
            (
                (r.id, r.kind, r.state, r.lead_id, r.hand_off_id, r.attempts, r.error, r.since)
                for r in rows
            ),
        )
    )


@group.command()
def retry(
    effect_id: EffectId,
    by: By = "command line",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    as_json: AsJson = False,
) -> None:
    """Try an effect again, also one that failed for good; what happened is never done again.

    Example: baton effects retry 12 --reason "the mail server takes us again"
    """
    from baton.engine.resolving import retry_effect  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    done = retry_effect(current(), effect_id, by=by, reason=reason)
    says = f"Effect {effect_id} is {done.state}" + (f": {done.error}" if done.error else ".")
    emit({"id": effect_id, "state": done.state, "error": done.error}, as_json=as_json, says=says)


@group.command()
def resolve(
    effect_id: EffectId,
    decision: Annotated[
        Literal["done", "not_done", "dropped"],
        typer.Option(
            "--as",
            help="done: it happened. not_done: it was in doubt and did not happen, so it is done "
            "again. dropped: it is not wanted any more.",
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="How you know, for the record.")],
    by: By = "command line",
    as_json: AsJson = False,
) -> None:
    """Say what became of an effect, where Baton cannot find out.

    Example: baton effects resolve 12 --as done --reason "the AE has the mail"
    """
    from baton.domain.hand_off import EffectDecision  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.engine.resolving import resolve_effect  # noqa: PLC0415
    from baton.runtime import current  # noqa: PLC0415

    state = resolve_effect(current(), effect_id, EffectDecision(decision), by=by, reason=reason)
    emit(
        {"id": effect_id, "state": state},
        as_json=as_json,
        says=f"Effect {effect_id} is {state} now.",
    )
