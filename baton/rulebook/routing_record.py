"""A routing as a decision keeps it, and read again: so that it replays (I8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from baton.rulebook.routing import COLUMNS, Candidate, Line, Routed, route
from baton.rulebook.routing_conditions import LeadSeen
from baton.rulebook.routing_part import Routing


def stored_facts(
    lead: LeadSeen, candidates: Sequence[Candidate], owner: str | None
) -> dict[str, Any]:
    """Return what the routing saw, as a decision keeps it.

    `reps` has a list for each column of `Candidate`, or the one value that all of them have.
    """
    columns = zip(COLUMNS, zip(*candidates, strict=True), strict=True) if candidates else ()
    return {
        "lead": dict(lead.facts),
        "territories": list(lead.territories),
        "skills": list(lead.skills),
        "owner": owner,
        "reps": {name: _folded(name, values) for name, values in columns},
    }


def _folded(name: str, values: Sequence[Any]) -> Any:
    """Return a column, or its one value; a list of lists stays, so that it reads as a column."""
    is_one = name not in {"id", "languages", "skills"} and values.count(values[0]) == len(values)
    return values[0] if is_one else list(values)


def stored_result(routed: Routed) -> dict[str, Any]:
    """Return what came of it, as a decision keeps it.

    `cannot` has the AEs by the reason why they could not; `could` has a row for each other one:
    mail address, share, how many leads behind it (negative is ahead), and the same afterwards.
    """
    cannot: dict[str, list[str]] = {}
    for line in routed.lines:
        if line.why_not is not None:
            cannot.setdefault(line.why_not, []).append(line.email)
    could = [line for line in routed.lines if line.why_not is None]
    return {
        "ae": routed.ae,
        "rule": routed.rule.value,
        "cannot": cannot,
        "could": [[one.email, one.share, one.behind, one.behind_after] for one in could],
    }


def lines_of(result: Mapping[str, Any]) -> list[Line]:
    """Return a stored result's lines: who could get the lead, then who could not."""
    could = [Line(email, None, *told) for email, *told in result.get("could", ())]
    cannot = result.get("cannot", {})
    return could + [Line(email, why) for why, who in cannot.items() for email in who]


def replay_route(routing: Routing, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result that the stored facts give under the agreed section (I8)."""
    lead, candidates, owner = read_facts(facts)
    return stored_result(route(routing, lead, candidates, owner))


def read_facts(facts: Mapping[str, Any]) -> tuple[LeadSeen, list[Candidate], str | None]:
    """Return the lead, the AEs and the owner out of a decision's facts."""
    lead = LeadSeen(facts["lead"], tuple(facts["territories"]), tuple(facts["skills"]))
    reps = facts["reps"]
    if not reps:
        return lead, [], facts["owner"]
    size = len(reps["id"])
    # Decisions of before warm transfers say nothing of who was busy.
    told = {"is_busy": False, **reps}
    columns = [
        value if isinstance(value, list) else [value] * size
        for value in (told[name] for name in COLUMNS)
    ]
    rows = map(Candidate._make, zip(*columns, strict=True))
    return lead, list(rows), facts["owner"]
