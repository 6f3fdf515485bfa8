"""A routing decision in plain words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from baton.rulebook.routing import Routed, Rule

MOST_NAMES = 5
NEVER_MIND = 0.0005


def reasons_of(
    routed: Routed, names: Mapping[str, str], owns: str = "the lead's account"
) -> list[str]:
    """Return why this AE gets the lead, and why others could not; a sentence each.

    Args:
        routed: What was decided.
        names: The AEs' names by mail address.
        owns: What the owner has, such as "the lead's account", for who gets the lead for it.
    """
    return [*_decided(routed, names, owns), *_barred(routed, names)]


def _decided(routed: Routed, names: Mapping[str, str], owns: str) -> list[str]:
    chosen, able = routed.shares.chosen, len(routed.shares.counted)
    if chosen is None:
        return ["no AE may have this lead; it waits in the fallback queue"]
    name, line = names.get(chosen.email, chosen.email), routed.shares.line(chosen)
    if routed.rule is Rule.OWNER:
        return [f"{name} owns {owns}"]
    if able == 1:
        return [f"{name} is the only AE who may have this lead"]
    before, after = told(line.behind), told(line.behind_after)
    turn = f"it is {name}'s turn among {able} AEs who may have it: the agreed share"
    return [f"{turn} is {line.share:.0%}, and they are {before} without this lead, {after} with it"]


def told(behind: float | None) -> str:
    """Return how far someone is from their share, in words."""
    if behind is None:
        return "not in the sharing"
    if abs(behind) < NEVER_MIND:
        return "level"
    return f"{abs(behind):.2f} leads {'behind' if behind > 0 else 'ahead'}"


def _by_reason(routed: Routed) -> dict[str, list[str]]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in routed.shares.candidates:
        why_not = routed.shares.barred[one.id]
        if why_not is not None:
            by_reason[why_not].append(one.email)
    return by_reason


def _barred(routed: Routed, names: Mapping[str, str]) -> list[str]:
    said = []
    for why, who in _by_reason(routed).items():
        shown = ", ".join(names.get(email, email) for email in who[:MOST_NAMES])
        more = f" and {len(who) - MOST_NAMES} more" if len(who) > MOST_NAMES else ""
        said.append(f"{shown}{more}: {why}")
    return said
