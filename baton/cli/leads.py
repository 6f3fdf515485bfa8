"""`baton leads`: which leads are one person, and which are not."""

from __future__ import annotations

from typing import Annotated

import typer

from baton.cli.options import AsJson, By, LeadReference
from baton.cli.output import emit, emit_json, out, table

group = typer.Typer(
    help="Leads that are one person: list the suspected, merge, tell apart.", no_args_is_help=True
)
Why = Annotated[str, typer.Option("--reason", help="Why; kept for the record.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="leads")


@group.command()
def duplicates(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List leads that may be one person, and why; nobody merges them but you.

    Example: baton leads duplicates
    """
    from baton.engine import merging  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    pairs = merging.suspected(current(), limit=limit)
    if as_json:
        emit_json({"pairs": pairs})
        return
    out().print(
        table(
            f"{len(pairs)} suspected" + (" (there may be more)" if len(pairs) == limit else ""),
            ("lead", "", "older", "", "why", "since"),
            ((p.lead_id, p.lead, p.older_id, p.older, "; ".join(p.reasons), p.at) for p in pairs),
        )
    )


@group.command()
def merge(
    keep: Annotated[str, typer.Argument(metavar="KEEP", help="The lead that stays.")],
    drop: Annotated[str, typer.Argument(metavar="DROP", help="The one that is merged into it.")],
    by: By,
    reason: Why = "",
    as_json: AsJson = False,
) -> None:
    """Merge a lead into another; nothing is lost, and 'baton leads unmerge' undoes it.

    A wish of either not to be contacted counts for both.

    Example: baton leads merge 12 15 --by sam@seller.example
    """
    from baton.engine import merging  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    done = merging.merge(current(), keep, drop, by=by, reason=reason)
    emit(done, as_json=as_json, says=f"Lead {done.dropped} is merged into lead {done.kept}.")


@group.command()
def unmerge(lead: LeadReference, by: By, reason: Why = "", as_json: AsJson = False) -> None:
    """Tell a merged lead apart again; it is where it was before, and stays apart.

    Example: baton leads unmerge 15 --by sam@seller.example
    """
    from baton.engine import merging  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    done = merging.unmerge(current(), lead, by=by, reason=reason)
    emit(done, as_json=as_json, says=f"Lead {done.dropped} is apart from lead {done.kept} again.")


@group.command()
def distinct(
    one: Annotated[str, typer.Argument(metavar="LEAD", help="One lead.")],
    other: Annotated[str, typer.Argument(metavar="OTHER", help="Another one.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """Say that two leads are two people; they are neither suspected nor merged again.

    Example: baton leads distinct 12 15 --by sam@seller.example
    """
    from baton.engine import merging  # noqa: PLC0415 (keeps 'baton --help' fast)
    from baton.runtime import current  # noqa: PLC0415

    merging.distinct(current(), one, other, by=by)
    says = f"Recorded: {one} and {other} are two people."
    emit({"one": one, "other": other, "distinct": True}, as_json=as_json, says=says)
