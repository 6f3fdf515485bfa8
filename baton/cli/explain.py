"""`baton explain`: why Baton decided as it did about a lead."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import typer

from baton.cli.options import AsJson, LeadReference
from baton.cli.output import emit_json, out, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from baton.store.histories import LeadStory


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(lead: LeadReference, as_json: AsJson = False) -> None:
    """Explain a lead: verdicts, points and decisions with their reasons, and its history.

    Example: baton explain ada@harbour.example
    """
    from baton.rulebook.explaining import explain_lead  # noqa: PLC0415 (keeps '--help' fast)
    from baton.runtime import current  # noqa: PLC0415
    from baton.store.histories import find_lead  # noqa: PLC0415

    with current().transaction() as session:
        explained = explain_lead(session, find_lead(session, lead))
    if as_json:
        emit_json(explained)
    else:
        _show(explained.story, explained.explanation)


def _show(story: LeadStory, verdict: list[str]) -> None:
    console = out()
    lead = story.lead
    console.print(
        f"{lead.name}, {lead.title or 'title unknown'}, {lead.company or 'company unknown'} "
        f"<{lead.email or 'no address'}>\n"
        f"lead {lead.id}: {lead.status}, {lead.place}"
        f"{f' ({lead.place_reason})' if lead.place_reason else ''}, "
        f"owner {lead.owner or 'nobody'}"
        f"{f', check-in on {lead.check_in_on}' if lead.check_in_on else ''}"
        f"{f', opted out of {chr(44).join(lead.opted_out)}' if lead.opted_out else ''}\n",
        markup=False,
    )
    console.print("\n".join([*_account(story), *_merges(story), ""]), markup=False)
    console.print(
        "\n".join(verdict) if verdict else "The agreement has not judged this lead yet.",
        markup=False,
    )
    for one in _tables(story):
        console.print(one)


def _tables(story: LeadStory) -> Iterator[Table | str]:
    yield table(
        "Decisions",
        ("at", "what", "agreement", "reasons"),
        _decisions(story),
    )
    yield table(
        "Hand-offs",
        ("hand-off", "state", "stage", "waits for, or why it ended", "from", "due"),
        ((h.id, h.state, h.stage, h.waits_for, h.responsible, h.due_at) for h in story.hand_offs),
    )
    yield table(
        "Promises",
        ("promise", "owed by", "since", "due", "state", "took, minutes", "why"),
        (
            (p.sla, p.responsible, p.since, p.due_at, p.state, p.took_minutes, p.why)
            for p in story.promises
        ),
    )
    yield table(
        "History",
        ("at", "what", "", "by"),
        ((event.at, event.kind, event.what, event.by) for event in story.history),
    )


def _decisions(story: LeadStory) -> Iterator[tuple[object, ...]]:
    """Yield a line for each decision; the same one made again at once is a line with it."""
    said = ((d.at, d.kind, d.agreement_id, "; ".join(map(str, d.reasons))) for d in story.decisions)
    for line, alike in groupby(said):
        times = len(list(alike))
        yield (*line[:3], f"{line[3]} ({times} times)" if times > 1 else line[3])


def _account(story: LeadStory) -> list[str]:
    account = story.account
    if account.name is None:
        return [f"Account: none{f', {account.why}' if account.why else ''}."]
    why = f", by {account.why}" if account.why else ""
    parent = f"; it is part of {account.parent}" if account.parent else ""
    owner = f" {account.owner} has {account.owns}." if account.owner else ""
    return [f"Account: {account.name} ({account.domain}){why}{parent}.{owner}"]


def _merges(story: LeadStory) -> list[str]:
    lines = []
    for merge in story.merges:
        lines.append(
            f"Lead {merge.dropped} was merged into lead {merge.kept} by {merge.by}, "
            f"{merge.at:%Y-%m-%d %H:%M} UTC: {'; '.join(merge.reasons)}."
        )
        if merge.undone_at is not None:
            lines.append(
                f"  Told apart by {merge.undone_by}, {merge.undone_at:%Y-%m-%d %H:%M} UTC: "
                f"{merge.undone_reason}."
            )
    return lines
