"""Who may get a lead: the AEs as the routing sees them, and what the lead asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from baton.rulebook.routing_conditions import LANGUAGE, LeadSeen
from baton.rulebook.routing_part import Routing, Territory

LEAD = 1_000_000
"""One, in the whole numbers in which leads are counted."""
WEIGHT = 1_000
"""The weight 1, likewise."""


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


@dataclass(frozen=True, slots=True)
class Needs:
    """What the lead asks of an AE.

    Attributes:
        routing: The agreed section.
        territory: Where the lead is; None without territories, or if it is in none.
        nowhere: Why it is in no territory; None if it is in one, or there are none.
        language: The lead's, where it matters and is known; else empty.
        skills: Which the AE must have.
        caps: The agreed ones: how many at most, which attribute of a `Candidate`, and of what.
    """

    routing: Routing
    territory: Territory | None
    nowhere: str | None
    language: str
    skills: Sequence[str]
    caps: Sequence[tuple[int, str, str]]

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
        return cls(routing, territory, nowhere, language.lower()[:2], skills, _caps(routing))

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
        for cap, name, what in self.caps:
            has: int = getattr(one, name)
            if has >= cap:
                return f"has {has} {what}, and {cap} are agreed at most"
        return None


def _caps(routing: Routing) -> tuple[tuple[int, str, str], ...]:
    caps = routing.caps
    of = (
        (caps.open_hand_offs, "open", "open hand-offs"),
        (caps.a_day, "today", "leads today"),
        (caps.a_week, "week", "leads this week"),
    )
    return tuple((cap, name, what) for cap, name, what in of if cap is not None)


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
