"""A routing as a decision keeps it, and read again: so that it replays (I8)."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

from baton.rulebook.routing import Line, Routed, route
from baton.rulebook.routing_candidates import COLUMNS, Candidate
from baton.rulebook.routing_conditions import LeadSeen
from baton.rulebook.routing_part import Routing

# Each stands for one of a column's values: reading a text is faster than hundreds of numbers.
_SIGNS = string.digits + string.ascii_letters


def stored_facts(
    lead: LeadSeen, candidates: Sequence[Candidate], owner: str | None
) -> dict[str, Any]:
    """Return what the routing saw, as a decision keeps it.

    `reps` has for each column of `Candidate` the list of its values; or where they are few the
    one value that all have, or `{"of": values, "at": a sign for each AE}`: 0 is the first value.
    """
    columns = zip(COLUMNS, zip(*candidates, strict=True), strict=True) if candidates else ()
    return {
        "lead": dict(lead.facts),
        "territories": list(lead.territories),
        "skills": list(lead.skills),
        "owner": owner,
        "reps": {n: list(values) if n == "id" else _folded(values) for n, values in columns},
    }


def _folded(values: Sequence[Any]) -> Any:
    """Return a column as it is kept; lists in it are told apart by what is in them."""
    has_lists = isinstance(values[0], list | tuple)
    if not has_lists and values.count(values[0]) == len(values):
        return values[0]
    keys = list(map(tuple, values)) if has_lists else values
    found = dict.fromkeys(keys)
    if len(found) > len(_SIGNS) or len(found) == len(values):
        return list(values)
    signs = dict(zip(found, _SIGNS, strict=False))
    of = [list(key) if has_lists else key for key in found]
    return {"of": of, "at": "".join(map(signs.__getitem__, keys))}


def _unfolded(kept: Any, size: int) -> Sequence[Any]:
    if isinstance(kept, dict):
        values = dict(zip(_SIGNS, kept["of"], strict=False))
        return [values[sign] for sign in kept["at"]]
    return kept if isinstance(kept, list) else [kept] * size


def stored_result(routed: Routed) -> dict[str, Any]:
    """Return what came of it, as a decision keeps it.

    `cannot` has the AEs by the reason why they could not; `could` has a row for each other one:
    who, share, how many leads behind it (negative is ahead), and the same afterwards. Who it is,
    is told by the place in the columns of the facts.
    """
    cannot: dict[str, list[int]] = {}
    could: list[list[Any]] = []
    for place, one in enumerate(routed.shares.candidates):
        why_not = routed.shares.barred[one.id]
        if why_not is not None:
            cannot.setdefault(why_not, []).append(place)
        else:
            line = routed.shares.line(one)
            could.append([place, line.share, line.behind, line.behind_after])
    return {"ae": routed.ae, "rule": routed.rule.value, "cannot": cannot, "could": could}


def lines_of(facts: Mapping[str, Any], result: Mapping[str, Any]) -> list[Line]:
    """Return a stored decision's lines: who could get the lead, then who could not."""
    emails = _emails(facts)
    could = [Line(emails[place], None, *told) for place, *told in result.get("could", ())]
    cannot = result.get("cannot", {})
    return could + [Line(emails[place], why) for why, who in cannot.items() for place in who]


def furthest_in(result: Mapping[str, Any]) -> float:
    """Return by how many leads anybody was away from their share after a stored decision."""
    return max((abs(after) for *_, after in result.get("could", ())), default=0.0)


def _emails(facts: Mapping[str, Any]) -> Sequence[str]:
    reps = facts.get("reps")
    return _unfolded(reps["email"], len(reps["id"])) if reps else ()


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
    columns = [_unfolded(told[name], size) for name in COLUMNS]
    rows = map(Candidate._make, zip(*columns, strict=True))
    return lead, list(rows), facts["owner"]
