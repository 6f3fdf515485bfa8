"""The fire's last page: what burned, what happened, how often, and what was broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks.chaos.evidence import Evidence, Placed, Violation
from benchmarks.chaos.fire import Fire, logs_of
from benchmarks.chaos.judge import is_after

MOST_SHOWN = 40
_PLACES = text("select email, place from lead order by id")


def gather(fire: Fire) -> Evidence:
    """Return what the judge may see; where leads are is asked of Baton, the rest is the logs'."""
    if fire.is_cut_short:
        return logs_of(fire)
    with fire.observer.connect() as connection:
        rows = connection.execute(_PLACES).all()
    return replace(
        logs_of(fire),
        imported=[lead.email for lead in fire.leads],
        placed=[Placed(row.email, row.place) for row in rows],
        stuck=fire.stuck,
    )


def ledger(evidence: Evidence) -> list[tuple[str, int]]:
    """Return what happened, counted."""
    kinds = Counter(mail.kind for mail in evidence.mails)
    taken = Counter(
        f"{w.kind} {w.body.get('status', '')}".strip() for w in evidence.writes if not w.is_repeat
    )
    places = Counter(placed.place for placed in evidence.placed)
    said = Counter(saying.what for saying in evidence.sayings)
    return [
        ("leads imported", len(evidence.imported)),
        *((f"  now {place.replace('_', ' ')}", number) for place, number in sorted(places.items())),
        ("mails taken by the mail server", len(evidence.mails)),
        *((f"  {kind.replace('_', ' ')}", number) for kind, number in sorted(kinds.items())),
        ("writes at the CRM", taken.total()),
        *((f"  {kind.replace('_', ' ')}", number) for kind, number in sorted(taken.items())),
        ("  repeats that changed nothing", sum(w.is_repeat for w in evidence.writes)),
        ("things that people said to Baton", len(evidence.sayings)),
        *((f"  {what.replace('_', ' ')}", number) for what, number in sorted(said.items())),
        ("mails that crossed an opt-out", _crossed(evidence)),
    ]


def _crossed(evidence: Evidence) -> int:
    wishes = {
        s.who: s for s in evidence.sayings if s.what == "opted_out" and s.known_tick is not None
    }
    return sum(
        mail.tick > (wishes[who].known_tick or 0) and not is_after(mail, wishes[who])
        for mail in evidence.mails
        for who in mail.recipients
        if who in wishes
    )


def fuel(fire: Fire) -> list[tuple[str, int]]:
    """Return what was done to Baton, counted."""
    crew = fire.crew
    never = sum(1 for point in crew.known if not crew.killed_at[point])
    mischief = fire.mischiefs["mail"].counts + fire.mischiefs["crm"].counts
    return [
        ("kinds of crash points passed", len(crew.known)),
        ("  of them nobody died at", never),
        ("kill -9 at a crash point", crew.killed_at.total()),
        ("kill -9 from outside", crew.random_kills),
        ("processes stopped and let go on", crew.stalls),
        ("processes that ended, all reasons", crew.deaths),
        ("PostgreSQL restarted", fire.postgres.restarts),
        ("outages of the engine", fire.engine_outages),
        ("jumps of the clock", fire.jumps),
        *((f"calls: {what.value}", number) for what, number in sorted(mischief.items())),
        *((f"people: {what}", number) for what, number in sorted(fire.people.deeds.items())),
    ]


def show(
    console: Console, title: str, rows: list[tuple[str, int]], violations: list[Violation]
) -> None:
    """Print the ledger, and what was broken."""
    table = Table("", "count", title=title, title_justify="left")
    for name, number in rows:
        table.add_row(name, str(number))
    table.columns[1].justify = "right"
    console.print(table)
    by_rule = Counter(violation.rule for violation in violations)
    for violation in violations[:MOST_SHOWN]:
        console.print(f"{violation.rule} {violation.who}: {violation.what}", markup=False)
    if len(violations) > MOST_SHOWN:
        console.print(f"... and {len(violations) - MOST_SHOWN} more")
    counted = ", ".join(f"{rule}: {number}" for rule, number in sorted(by_rule.items()))
    console.print(f"{len(violations)} violations{f' ({counted})' if counted else ''}")
