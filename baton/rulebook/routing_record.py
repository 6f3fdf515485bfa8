"""A routing as a decision keeps it, and read again: so that it replays (I8)."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from baton.rulebook.routing import Line, Routed, after, route
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
    Of `id` it has the first, and what to add for each next one.
    """
    columns = zip(COLUMNS, zip(*candidates, strict=True), strict=True) if candidates else ()
    return {
        "lead": dict(lead.facts),
        "territories": list(lead.territories),
        "skills": list(lead.skills),
        "owner": owner,
        "reps": {n: _told_on(v) if n == "id" else _folded(v) for n, v in columns},
    }


def _told_on(ids: Sequence[int]) -> dict[str, Any]:
    # Hundreds of numbers take longer to keep than all the rest.
    steps = [higher - lower for lower, higher in pairwise(ids)]
    return {"first": ids[0], "steps": _folded(steps) if steps else []}


def _ids(kept: Any, size: int) -> Sequence[int]:
    # Decisions of before have a list.
    if isinstance(kept, list):
        return kept
    return list(accumulate(_unfolded(kept["steps"], size - 1), initial=kept["first"]))


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

    `cannot` has the AEs by the reason why they could not, each told by the place in the columns of
    the facts. `share` and `behind` have, in the same order, a value for each other one: how much of
    the leads is theirs, and by how many they were behind it (negative is ahead).
    """
    cannot: dict[str, list[int]] = {}
    for place, why_not in enumerate(routed.shares.barred.values()):
        if why_not is not None:
            cannot.setdefault(why_not, []).append(place)
    result = {"ae": routed.ae, "rule": routed.rule.value, "cannot": cannot}
    if not routed.shares.counted:
        return result
    share, behind = zip(*routed.shares.standings.values(), strict=True)
    return {**result, "share": _folded(share), "behind": _folded(behind)}


def lines_of(facts: Mapping[str, Any], result: Mapping[str, Any]) -> list[Line]:
    """Return a stored decision's lines: who could get the lead, then who could not."""
    emails, cannot = _emails(facts), result.get("cannot", {})
    could = [
        Line.of(email, share, behind, is_next=email == result["ae"])
        for email, share, behind in _standings(emails, result)
    ]
    return could + [Line(emails[place], why) for why, who in cannot.items() for place in who]


def furthest_in(facts: Mapping[str, Any], result: Mapping[str, Any]) -> float:
    """Return by how many leads anybody was away from their share after a stored decision."""
    told = (
        after(share, behind, is_next=email == result["ae"])
        for email, share, behind in _standings(_emails(facts), result)
    )
    return max(map(abs, told), default=0.0)


def _standings(
    emails: Sequence[str], result: Mapping[str, Any]
) -> Iterable[tuple[str, float, float]]:
    """Return who could get the lead, the share of each, and by how many leads they were behind."""
    if "could" in result:
        # A decision of before has a row for each.
        return [(emails[place], share, behind) for place, share, behind, _ in result["could"]]
    barred = {place for who in result.get("cannot", {}).values() for place in who}
    able = [email for place, email in enumerate(emails) if place not in barred]
    kept = (_unfolded(result.get(name, []), len(able)) for name in ("share", "behind"))
    return zip(able, *kept, strict=True)


def _emails(facts: Mapping[str, Any]) -> Sequence[str]:
    reps = facts.get("reps")
    if not reps:
        return ()
    # One AE is a column of one value.
    return [reps["email"]] if isinstance(reps["email"], str) else reps["email"]


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
    size = len(_emails(facts))
    # Decisions of before warm transfers say nothing of who was busy.
    told = {"is_busy": False, **reps}
    ids = _ids(told["id"], size)
    columns = [_unfolded(told[name], size) for name in COLUMNS[1:]]
    rows = map(Candidate._make, zip(ids, *columns, strict=True))
    return lead, list(rows), facts["owner"]
