"""Whose turn it is: hard rules say who may get a lead, then shares decide; pure, so it replays.

All is counted in whole numbers (millionths of a lead, thousandths of a weight), so that the same
log gives the same owners on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import lcm
from typing import NamedTuple

from baton.rulebook.routing_conditions import LANGUAGE, LeadSeen
from baton.rulebook.routing_part import Routing, Territory

LEAD = 1_000_000
WEIGHT = 1_000


class Rule(StrEnum):
    """What decided who gets a lead."""

    OWNER = "owner"
    SHARE = "share"
    PERSON = "person"
    FALLBACK = "fallback"


class Candidate(NamedTuple):
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
        has_declined: True when they declined a meeting of this hand-off, or broke a promise in it.
        open: Hand-offs that they have open.
        today: Leads given on this day of their zone.
        week: Leads given in this week of their zone.
        given: All leads given, less credits.
        calibration: What is added to `given` so that they began level; millionths of a lead.
        shares: True once they take part in the sharing; False when new, or since they were away.
        weight: The weight under which they do, in thousandths.
        is_busy: True when only AEs who are surely free now may have it, and they are not.
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
    is_busy: bool = False

    @property
    def counted(self) -> int:
        """Leads that count against the share, in millionths."""
        return self.given * LEAD + self.calibration

    @property
    def is_there(self) -> bool:
        """True when they take part in the sharing at all, whatever the lead."""
        return self.is_active and self.away_until is None


COLUMNS = Candidate._fields


class Line(NamedTuple):
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


def weights_of(routing: Routing, candidates: Sequence[Candidate]) -> dict[int, int]:
    """Return each AE's weight in thousandths by id: their own, else their team's, else 1."""
    own = {one.rep: round(one.weight * WEIGHT) for one in routing.weights if one.rep}
    team = {one.team: round(one.weight * WEIGHT) for one in routing.weights if one.team}
    return {one.id: own.get(one.email, team.get(one.team or "", WEIGHT)) for one in candidates}


@dataclass(frozen=True, slots=True)
class Needs:
    """What the lead asks of an AE.

    Attributes:
        routing: The agreed section.
        territory: Where the lead is; None without territories, or if it is in none.
        nowhere: Why it is in no territory; None if it is in one, or there are none.
        language: The lead's, where it matters and is known; else empty.
        skills: Which the AE must have.
    """

    routing: Routing
    territory: Territory | None
    nowhere: str | None
    language: str
    skills: Sequence[str]

    @classmethod
    def of(cls, routing: Routing, lead: LeadSeen) -> Needs:
        """Return what the lead asks of an AE by the agreed section."""
        territory = territory_of(routing, lead)
        nowhere = None
        if routing.territories and territory is None:
            nowhere = _nowhere(routing, lead)
        language = str(lead.facts.get(LANGUAGE) or "") if routing.speaks_language else ""
        needed = zip(routing.skills, lead.skills, strict=True)
        skills = tuple(rule.skill for rule, is_needed in needed if is_needed)
        return cls(routing, territory, nowhere, language.lower()[:2], skills)

    def why_not(self, one: Candidate) -> str | None:
        """Return the first rule that keeps the lead from the AE, in words; None if none does."""
        return self._of_the_ae(one) or self._of_the_lead(one) or self._of_the_caps(one)

    def _of_the_ae(self, one: Candidate) -> str | None:
        if not one.is_active:
            return "is not active any more"
        if one.away_until is not None:
            return f"is away until {one.away_until[:16].replace('T', ' ')} UTC"
        if one.is_unreadable:
            return "has a calendar that cannot be read"
        return "is not surely free at this moment" if one.is_busy else None

    def _of_the_lead(self, one: Candidate) -> str | None:
        where = self.territory
        if self.nowhere is not None:
            return self.nowhere
        if where is not None and one.team not in where.teams and one.email not in where.reps:
            return f"is not among those of the territory {where.name}"
        if self.language and one.languages and self.language not in one.languages:
            return f"does not speak the lead's language, {self.language}"
        for skill in self.skills:
            if skill not in one.skills:
                return f"lacks the skill {skill}"
        if one.rejected_at is not None:
            days = self.routing.cool_down_days
            return f"rejected this lead on {one.rejected_at[:10]}, less than {days} days ago"
        return "declined this lead, or let its time pass" if one.has_declined else None

    def _of_the_caps(self, one: Candidate) -> str | None:
        caps = self.routing.caps
        for cap, has, what in (
            (caps.open_hand_offs, one.open, "open hand-offs"),
            (caps.a_day, one.today, "leads today"),
            (caps.a_week, one.week, "leads this week"),
        ):
            if cap is not None and has >= cap:
                return f"has {has} {what}, and {cap} are agreed at most"
        return None


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
    needs = Needs.of(routing, lead)
    barred = {one.id: needs.why_not(one) for one in candidates}
    able = [one for one in candidates if barred[one.id] is None]
    weights = weights_of(routing, candidates)
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
    # What all weights divide, so that the times until then compare as whole numbers.
    whole_times = lcm(*{weights[one.id] for one in able})
    due = [one for one in able if behind[one.id] * enough >= whole * LEAD]
    return min(
        due,
        key=lambda one: (
            (whole * LEAD - behind[one.id]) * (whole_times // weights[one.id]),
            one.id,
        ),
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
