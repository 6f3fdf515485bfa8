"""Whose turn it is: hard rules say who may get a lead, then shares decide; pure, so it replays.

All is counted in whole numbers (millionths of a lead, thousandths of a weight), so that the same
log gives the same owners on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from typing import Any

from baton.rulebook.routing_conditions import LANGUAGE, LeadSeen
from baton.rulebook.routing_part import Routing, Territory

LEAD = 1_000_000


class Rule(StrEnum):
    """What decided who gets a lead."""

    OWNER = "owner"
    SHARE = "share"
    PERSON = "person"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An AE as the routing saw them.

    Attributes:
        id: The rep's; it breaks ties.
        email: The rep's mail address.
        team: Which; None if in none.
        languages: What they speak (ISO 639).
        skills: What they can do.
        is_active: False once they have left.
        away_until: ISO 8601 instant; None while they are there.
        is_unreadable: True while their calendar cannot be read.
        rejected_at: ISO 8601 instant at which they rejected the lead, within the cool-down.
        has_declined: True when they declined a meeting of this hand-off.
        open: Hand-offs that they have open.
        today: Leads given on this day of their zone.
        week: Leads given in this week of their zone.
        given: All leads given, less credits.
        calibration: What is added to `given` so that they began level; millionths of a lead.
        shares: True once they take part in the sharing; False when new, or since they were away.
        weight: The weight under which they do, in thousandths.
    """

    id: int
    email: str
    team: str | None = None
    languages: Sequence[str] = ()
    skills: Sequence[str] = ()
    is_active: bool = True
    away_until: str | None = None
    is_unreadable: bool = False
    rejected_at: str | None = None
    has_declined: bool = False
    open: int = 0
    today: int = 0
    week: int = 0
    given: int = 0
    calibration: int = 0
    shares: bool = False
    weight: int = 0

    @property
    def counted(self) -> int:
        """Leads that count against the share, in millionths."""
        return self.given * LEAD + self.calibration

    @property
    def is_there(self) -> bool:
        """True when they take part in the sharing at all, whatever the lead."""
        return self.is_active and self.away_until is None


COLUMNS = tuple(field.name for field in fields(Candidate))


@dataclass(frozen=True, slots=True)
class Line:
    """What the routing said of one AE.

    Attributes:
        email: Whom.
        why_not: Why they could not get the lead; None if they could.
        share: Their part of the leads among those who could.
        behind: By how many leads they were behind their share; negative is ahead.
        behind_after: The same after this lead.
    """

    email: str
    why_not: str | None
    share: float | None = None
    behind: float | None = None
    behind_after: float | None = None


@dataclass(frozen=True, slots=True)
class Routed:
    """Who gets the lead, and why.

    Attributes:
        ae: The AE's mail address; None if nobody may have the lead.
        rule: What decided.
        lines: One for each AE, in the order of their ids.
        joined: Rep id to calibration (millionths) of those who begin to share with this lead.
        left: Ids of reps who shared before and are away.
    """

    ae: str | None
    rule: Rule
    lines: Sequence[Line]
    joined: Mapping[int, int]
    left: Sequence[int]


def weight_of(routing: Routing, candidate: Candidate) -> int:
    """Return the AE's weight in thousandths: their own, else their team's, else 1."""
    own = next((w.weight for w in routing.weights if w.rep == candidate.email), None)
    if own is None and candidate.team is not None:
        own = next((w.weight for w in routing.weights if w.team == candidate.team), None)
    return 1000 if own is None else round(own * 1000)


def why_not(routing: Routing, lead: LeadSeen, candidate: Candidate) -> str | None:
    """Return the first rule that keeps the lead from the AE, in words; None if they may have it."""
    return next(_reasons(routing, lead, candidate), None)


def _reasons(routing: Routing, lead: LeadSeen, one: Candidate) -> Iterator[str]:
    if not one.is_active:
        yield "is not active any more"
    if one.away_until is not None:
        yield f"is away until {one.away_until[:16].replace('T', ' ')} UTC"
    if one.is_unreadable:
        yield "has a calendar that cannot be read"
    yield from _about_the_lead(routing, lead, one)
    if one.rejected_at is not None:
        yield (
            f"rejected this lead on {one.rejected_at[:10]}, less than {routing.cool_down_days} "
            "days ago"
        )
    if one.has_declined:
        yield "declined a meeting with this lead"
    caps = routing.caps
    for cap, has, what in (
        (caps.open_hand_offs, one.open, "open hand-offs"),
        (caps.a_day, one.today, "leads today"),
        (caps.a_week, one.week, "leads this week"),
    ):
        if cap is not None and has >= cap:
            yield f"has {has} {what}, and {cap} are agreed at most"


def _about_the_lead(routing: Routing, lead: LeadSeen, one: Candidate) -> Iterator[str]:
    if routing.territories:
        territory = territory_of(routing, lead)
        if territory is None:
            yield _nowhere(routing, lead)
        elif one.team not in territory.teams and one.email not in territory.reps:
            yield f"is not among those of the territory {territory.name}"
    language = str(lead.facts.get(LANGUAGE) or "").lower()[:2]
    if routing.speaks_language and language and one.languages and language not in one.languages:
        yield f"does not speak the lead's language, {language}"
    for rule, is_needed in zip(routing.skills, lead.skills, strict=True):
        if is_needed and rule.skill not in one.skills:
            yield f"lacks the skill {rule.skill}"


def territory_of(routing: Routing, lead: LeadSeen) -> Territory | None:
    """Return the first territory that the lead fits; None if it surely fits none."""
    fits = zip(routing.territories, lead.territories, strict=True)
    return next((territory for territory, is_fit in fits if is_fit), None)


def _nowhere(routing: Routing, lead: LeadSeen) -> str:
    fits = zip(routing.territories, lead.territories, strict=True)
    unknown = [territory.name for territory, is_fit in fits if is_fit is None]
    if not unknown:
        return "cannot have it: the lead is in no territory"
    return f"cannot have it: it is not known whether the lead is in {' or '.join(unknown)}"


def route(
    routing: Routing, lead: LeadSeen, candidates: Sequence[Candidate], owner: str | None
) -> Routed:
    """Return who gets the lead; nothing else than the arguments matters (I8).

    Among those who may have it, it goes to who would be a whole lead behind their share the
    soonest; with weights that are alike that is whoever is behind the most. Ties go to the lower
    id. So nobody gets further than one lead from the share (Tijdeman, 1980).

    Args:
        routing: The agreed section.
        lead: The lead's facts and verdicts.
        candidates: All AEs, with their counters.
        owner: Mail address of the rep who owns the lead's account, if one does.
    """
    barred = {one.id: why_not(routing, lead, one) for one in candidates}
    able = [one for one in candidates if barred[one.id] is None]
    weights = {one.id: weight_of(routing, one) for one in candidates}
    joined = _joining(routing, able, candidates, weights)
    counted = {one.id: one.given * LEAD + joined.get(one.id, one.calibration) for one in able}
    chosen, rule = _choice(routing, able, owner, weights, counted)
    lines = _lines(candidates, barred, weights, counted, chosen)
    left = [one.id for one in candidates if one.shares and not one.is_there]
    return Routed(chosen.email if chosen else None, rule, lines, joined, left)


def _choice(
    routing: Routing,
    able: Sequence[Candidate],
    owner: str | None,
    weights: Mapping[int, int],
    counted: Mapping[int, int],
) -> tuple[Candidate | None, Rule]:
    if not able:
        return None, Rule.FALLBACK
    if routing.owner_first:
        owning = next((one for one in able if one.email == owner), None)
        if owning is not None:
            return owning, Rule.OWNER
    return _next(able, weights, counted), Rule.SHARE


def _next(
    able: Sequence[Candidate], weights: Mapping[int, int], counted: Mapping[int, int]
) -> Candidate:
    """Return whose turn it is."""
    whole = sum(weights[one.id] for one in able)
    after = sum(counted.values()) + LEAD
    # By how much each is behind once the lead is there, times `whole`.
    behind = {one.id: weights[one.id] * after - whole * counted[one.id] for one in able}
    enough = max(1, 2 * len(able) - 2)
    due = [one for one in able if behind[one.id] * enough >= whole * LEAD]
    return min(
        due, key=lambda one: (Fraction(whole * LEAD - behind[one.id], weights[one.id]), one.id)
    )


def _joining(
    routing: Routing,
    able: Sequence[Candidate],
    candidates: Sequence[Candidate],
    weights: Mapping[int, int],
) -> dict[int, int]:
    """Return the calibration of those who begin to share: level with those who do already."""
    new = [one for one in able if not one.shares or one.weight != weights[one.id]]
    if routing.calibration == "none":
        return {one.id: 0 for one in new}
    fresh = {one.id for one in new}
    sharing = [one for one in able if one.id not in fresh]
    if not sharing:
        sharing = [
            one
            for one in candidates
            if one.shares and one.is_there and one.weight == weights[one.id]
        ]
    counted = sum(one.counted for one in sharing)
    whole = sum(weights[one.id] for one in sharing) or 1
    return {one.id: counted * weights[one.id] // whole - one.given * LEAD for one in new}


def _lines(
    candidates: Sequence[Candidate],
    barred: Mapping[int, str | None],
    weights: Mapping[int, int],
    counted: Mapping[int, int],
    chosen: Candidate | None,
) -> list[Line]:
    whole = sum(weights[number] for number in counted) or 1
    total = sum(counted.values())
    lines = []
    for one in candidates:
        if one.id not in counted:
            lines.append(Line(one.email, barred[one.id]))
            continue
        part, has = weights[one.id] / whole, counted[one.id]
        got = LEAD if chosen is not None and one.id == chosen.id else 0
        given = LEAD if chosen is not None else 0
        lines.append(
            Line(
                one.email,
                None,
                round(part, 4),
                round((part * total - has) / LEAD, 3),
                round((part * (total + given) - has - got) / LEAD, 3),
            )
        )
    return lines


def stored_facts(
    lead: LeadSeen, candidates: Sequence[Candidate], owner: str | None
) -> dict[str, Any]:
    """Return what the routing saw, as a decision keeps it: the AEs as rows of `columns`."""
    return {
        "lead": dict(lead.facts),
        "territories": list(lead.territories),
        "skills": list(lead.skills),
        "owner": owner,
        "columns": list(COLUMNS),
        "reps": [[getattr(one, name) for name in COLUMNS] for one in candidates],
    }


def stored_result(routed: Routed) -> dict[str, Any]:
    """Return what came of it, as a decision keeps it: `reps` has a row for each AE."""
    return {
        "ae": routed.ae,
        "rule": routed.rule.value,
        "reps": [
            [line.email, line.why_not, line.share, line.behind, line.behind_after]
            for line in routed.lines
        ],
    }


def replay_route(routing: Routing, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result that the stored facts give under the agreed section (I8)."""
    lead, candidates, owner = read_facts(facts)
    return stored_result(route(routing, lead, candidates, owner))


def read_facts(facts: Mapping[str, Any]) -> tuple[LeadSeen, list[Candidate], str | None]:
    """Return the lead, the AEs and the owner out of a decision's facts."""
    lead = LeadSeen(facts["lead"], tuple(facts["territories"]), tuple(facts["skills"]))
    columns = facts["columns"]
    reps = [Candidate(**dict(zip(columns, row, strict=True))) for row in facts["reps"]]
    return lead, reps, facts["owner"]
