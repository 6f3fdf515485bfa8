"""What the section `routing` says of the reps and the leads that are there: gaps and overlaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.rulebook.agreement import Agreement
from baton.rulebook.document import Keys
from baton.rulebook.finding import MOST_NAMED, Finding
from baton.rulebook.routing_conditions import LeadSeen, see_leads
from baton.rulebook.routing_part import Routing

TOP: Keys = ("routing",)
DAYS = 30
MOST_LEADS = 10_000


def routing_doubts_on_data(
    session: Session, agreement: Agreement, *, as_of: datetime
) -> Iterator[Finding]:
    """Yield where the section does not go with the reps and with the last month's leads.

    Args:
        session: Reads; nothing is written.
        agreement: It need not be stored.
        as_of: Aware UTC instant; the month before it counts.
    """
    routing = agreement.routing
    if routing is None:
        return
    rows = session.execute(
        text("select email, team, role from rep where is_active order by email")
    ).all()
    if not rows:
        return
    yield from _reps(routing, {email: role for email, _, role in rows})
    yield from _teams(routing, {team for _, team, role in rows if role == "AE" and team})
    if routing.territories:
        yield from _territories(session, agreement, routing, as_of)


def _reps(routing: Routing, roles: dict[str, str]) -> Iterator[Finding]:
    if routing.fallback.to not in roles:
        yield Finding(
            (*TOP, "fallback", "to"),
            f"{routing.fallback.to} is no active rep, so a manager gets the queue; import them",
        )
    named: list[tuple[Keys, str]] = [
        ((*TOP, "weights", place, "rep"), one.rep)
        for place, one in enumerate(routing.weights)
        if one.rep
    ]
    for place, territory in enumerate(routing.territories):
        keys: Keys = (*TOP, "territories", place, "reps")
        named += [((*keys, number), rep) for number, rep in enumerate(territory.reps)]
    for at, rep in named:
        if roles.get(rep) != "AE":
            yield Finding(at, f"{rep} is no active AE; import them, or take the address out")


def _teams(routing: Routing, teams: set[str]) -> Iterator[Finding]:
    named: list[tuple[Keys, str]] = [
        ((*TOP, "weights", place, "team"), one.team)
        for place, one in enumerate(routing.weights)
        if one.team
    ]
    for place, territory in enumerate(routing.territories):
        keys: Keys = (*TOP, "territories", place, "teams")
        named += [((*keys, number), team) for number, team in enumerate(territory.teams)]
    for at, team in named:
        if team not in teams:
            there = ", ".join(sorted(teams)) or "none"
            yield Finding(at, f"no active AE is in the team '{team}'; teams are {there}")


def _territories(
    session: Session, agreement: Agreement, routing: Routing, as_of: datetime
) -> Iterator[Finding]:
    ids = list(
        session.scalars(
            text(
                "select id from lead where created_at > :since and created_at <= :as_of"
                " order by id desc limit :most"
            ),
            {"since": as_of - timedelta(days=DAYS), "as_of": as_of, "most": MOST_LEADS},
        )
    )
    seen = see_leads(session, agreement, ids, as_of=as_of)
    nowhere = [number for number in ids if not any(seen[number].territories)]
    if nowhere:
        unknown = sum(None in seen[number].territories for number in nowhere)
        yield Finding(
            (*TOP, "territories"),
            f"{len(nowhere)} of the last month's {len(ids)} leads are in none of them, {unknown} "
            f"for want of facts, such as {_such_as(nowhere)}; add one for the rest at the end",
        )
    for place in range(1, len(routing.territories)):
        yield from _overlap(routing, seen, place)


def _overlap(routing: Routing, seen: dict[int, LeadSeen], place: int) -> Iterator[Finding]:
    """Yield how many leads a territory loses to those above it, unless it is for the rest."""
    territory = routing.territories[place]
    is_for_the_rest = not (
        territory.when or territory.countries or territory.employees or territory.languages
    )
    if is_for_the_rest:
        return
    both = [
        number
        for number, lead in seen.items()
        if lead.territories[place] and any(lead.territories[:place])
    ]
    if both:
        yield Finding(
            (*TOP, "territories", place),
            f"{len(both)} of the last month's leads are in one above as well, which has them, such "
            f"as {_such_as(both)}; narrow one of the two",
        )


def _such_as(leads: Sequence[int]) -> str:
    return ", ".join(f"lead {number}" for number in leads[:MOST_NAMED])
