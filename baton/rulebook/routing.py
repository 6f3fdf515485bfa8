"""Whose turn it is: hard rules say who may get a lead, then shares decide; pure, so it replays.

All is counted in whole numbers (millionths of a lead, thousandths of a weight), so that the same
log gives the same owners on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import lcm
from typing import NamedTuple

from baton.rulebook.routing_candidates import LEAD, WEIGHT, Candidate, Needs
from baton.rulebook.routing_conditions import LeadSeen
from baton.rulebook.routing_part import Routing

THOUSANDTH = LEAD // 1_000


class Rule(StrEnum):
    """What decided who gets a lead."""

    OWNER = "owner"
    SHARE = "share"
    PERSON = "person"
    FALLBACK = "fallback"


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

    @classmethod
    def of(cls, email: str, share: float, behind: float, *, is_next: bool) -> Line:
        """Return what there is to say of an AE who could get the lead.

        Args:
            email: Whom.
            share: Their part.
            behind: How far behind it they were.
            is_next: True for who gets the lead.
        """
        return cls(email, None, share, behind, after(share, behind, is_next=is_next))


def after(share: float, behind: float, *, is_next: bool) -> float:
    """Return by how many leads an AE is behind their share once somebody has the lead."""
    return round(behind + share - is_next, 3)


@dataclass(frozen=True)
class Shares:
    """How the AEs stood to their shares, in millionths of a lead and thousandths of a weight.

    Attributes:
        candidates: All AEs.
        barred: Rep id to why they could not get the lead; None if they could.
        weights: Rep id to weight.
        counted: Rep id to the leads that count, of those who could.
        chosen: Who gets the lead.
    """

    candidates: Sequence[Candidate]
    barred: Mapping[int, str | None]
    weights: Mapping[int, int]
    counted: Mapping[int, int]
    chosen: Candidate | None

    def line(self, one: Candidate) -> Line:
        """Return what there is to say of the AE."""
        if one.id not in self.counted:
            return Line(one.email, self.barred[one.id])
        return Line.of(one.email, *self.standings[one.id], is_next=one.id == self._next)

    @cached_property
    def standings(self) -> Mapping[int, tuple[float, float]]:
        """Rep id to share, and by how many leads they were behind it, of those who could."""
        weights = [self.weights[number] for number in self.counted]
        whole, total = sum(weights), sum(self.counted.values())
        # Hundreds of AEs have a few weights, and rounding takes longer than counting.
        told = {one: (round(one / whole, 6), one * total // whole) for one in set(weights)}
        standings = {}
        for weight, (number, has) in zip(weights, self.counted.items(), strict=True):
            share, due = told[weight]
            standings[number] = (share, (due - has + THOUSANDTH // 2) // THOUSANDTH / 1000)
        return standings

    def furthest(self) -> float:
        """Return by how many leads anybody is away from their share after this lead."""
        chosen = self._next
        away = (
            after(share, behind, is_next=number == chosen)
            for number, (share, behind) in self.standings.items()
        )
        return max(map(abs, away), default=0.0)

    @property
    def _next(self) -> int | None:
        return None if self.chosen is None else self.chosen.id


@dataclass(frozen=True)
class Routed:
    """Who gets the lead, and why.

    Attributes:
        rule: What decided.
        joined: Rep id to calibration (millionths) of those who begin to share with this lead.
        left: Ids of reps who shared before and are away.
        shares: How all AEs stood to their shares.
    """

    rule: Rule
    joined: Mapping[int, int]
    left: Sequence[int]
    shares: Shares

    @property
    def ae(self) -> str | None:
        """The mail address of who gets the lead; None if nobody may have it."""
        return None if self.shares.chosen is None else self.shares.chosen.email

    @cached_property
    def lines(self) -> Sequence[Line]:
        """One for each AE, in the order of their ids."""
        return list(map(self.shares.line, self.shares.candidates))


def weights_of(routing: Routing, candidates: Sequence[Candidate]) -> dict[int, int]:
    """Return each AE's weight in thousandths by id: their own, else their team's, else 1."""
    own = {one.rep: round(one.weight * WEIGHT) for one in routing.weights if one.rep}
    team = {one.team: round(one.weight * WEIGHT) for one in routing.weights if one.team}
    return {one.id: own.get(one.email, team.get(one.team or "", WEIGHT)) for one in candidates}


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
    left = [one.id for one in candidates if one.shares and not one.is_there]
    shares = Shares(candidates, barred, weights, counted, chosen)
    return Routed(rule, joined, left, shares)


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
    if not new:
        return {}
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
