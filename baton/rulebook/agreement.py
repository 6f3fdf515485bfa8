"""The agreement as it stands in `rules/agreement.yaml`: what marketing and sales signed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from baton.domain.oversight import RATES_FROM, Stratum
from baton.rulebook.parts import CountryCode, Identifier, Minutes, Part, Range, Word, Words
from baton.rulebook.routing_part import Routing
from baton.rulebook.sla_part import OfficeCalendar, Sla
from baton.rulebook.technique_part import Techniques

TouchKind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=24)]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
TitleWords = Annotated[str, Field(pattern=r"^\w([\w &/.,'+-]*\w)?$", max_length=80)]


def _in_hundredths(amount: float) -> float:
    """Refuse what points cannot be added up in: whole hundredths (`baton/rulebook/points.py`)."""
    if round(amount, 2) != amount:
        raise ValueError(f"has more than two decimals; write {amount:.2f}")
    return amount


Amount = Annotated[float, Field(ge=-1000, le=1000), AfterValidator(_in_hundredths)]


class FactType(StrEnum):
    """What a fact's values are; NULL, of any type, is unknown."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"


class FactRule(Part):
    """A fact of the company's own: a column of the import, or an answer that the SDR gives."""

    name: FactName
    """What conditions call it."""
    type: FactType
    """What its values are; a value that cannot be read as this is unknown."""
    meaning: Words
    """One sentence for people."""
    column: Words | None = None
    """The import's column, where it is not called like the fact."""


class Persona(Part):
    """A kind of person that both teams mean; conditions say is_persona('its-id')."""

    id: Identifier
    """What conditions call it."""
    name: Words
    """What people call it."""
    titles: Annotated[tuple[TitleWords, ...], Field(min_length=1, max_length=100)]
    """Words of which a title holds one, as whole words: CMO, head of marketing."""
    seniority: tuple[Word, ...] = ()
    """How high they stand; any, if none is given."""
    functions: tuple[Word, ...] = ()
    """What they work on; anything, if none is given."""


class Region(Part):
    """Countries under one name."""

    name: Words
    """What people call it."""
    countries: Annotated[tuple[CountryCode, ...], Field(min_length=1, max_length=250)]
    """ISO 3166 codes, such as DE."""


class IdealCustomer(Part):
    """The companies that both teams want; conditions say in_ideal_customer."""

    industries: tuple[Word, ...] = ()
    """As in the company list, in small or capital letters; any, if none is given."""
    employees: Range | None = None
    """How many people work there."""
    revenue_usd: Range | None = None
    """The company's revenue in US dollars a year."""
    regions: tuple[Region, ...] = ()
    """Where the company is seated; anywhere, if none is given."""


class FitRule(Part):
    """Points for what a lead and its company are."""

    id: Identifier
    """Its name for Baton; it stays the same when the rule is called otherwise."""
    name: Words
    """What people call it."""
    points: Amount
    """What it gives when it is true; may be negative."""
    when: Words
    """The condition, in facts: 'baton rules facts' lists them."""


class WarmthRule(Part):
    """Points for what a lead did: per touch, halved every half-life, never beyond the cap.

    The cap has the sign of the points: -10 points with a cap of -30 take away 30 at most.
    """

    touch: TouchKind
    """The kind of touch, as imports name it."""
    name: Words
    """What people call it."""
    points: Amount
    """What a fresh touch gives; may be negative."""
    cap: Amount
    """What all touches of the kind give at most; with the sign of the points."""
    half_life_days: Annotated[float, Field(gt=0, le=3650)]
    """After so many days a touch is worth half."""


class Scoring(Part):
    """Fit and warmth, the floors of both and the total at which a lead goes over."""

    fit: Annotated[tuple[FitRule, ...], Field(min_length=1)]
    """Points for what the lead and its company are."""
    warmth: Annotated[tuple[WarmthRule, ...], Field(min_length=1)]
    """Points for what the lead did."""
    fit_floor: Amount
    """Below this fit, no lead goes over."""
    warmth_floor: Amount
    """Below this warmth, no lead goes over."""
    hand_off_at: Amount
    """Fit and warmth together from which a lead goes over."""
    hot_at: Amount
    """Fit and warmth together from which a lead is hot."""


class Criterion(Part):
    """One condition of the sales-qualified definition; NULL is unknown, and then `ask`."""

    id: Identifier
    """Its name for Baton; it stays the same when the criterion is called otherwise."""
    name: Words
    """What people call it."""
    met_when: Words
    """The condition, in facts and points; what is not known makes it unknown, not unmet."""
    ask: Words
    """What the SDR asks while it is unknown."""
    required: bool = True
    """False: it is judged and shown, and holds nothing up."""


class CriteriaGroup(Part):
    """So many of these criteria must be met, whichever they are."""

    id: Identifier
    """Its name for Baton; it stays the same when the group is called otherwise."""
    name: Words
    """What people call it."""
    at_least: Annotated[int, Field(gt=0, le=100)]
    """How many of them must be met."""
    of: Annotated[tuple[Identifier, ...], Field(min_length=2)]
    """The ids of criteria that are not required on their own."""


class Approval(Part):
    """When a person must approve before the introduction."""

    when: Literal["never", "borderline", "always"]
    """Never, always, or when the score is borderline."""
    borderline_points: Annotated[float, Field(ge=0)] = 0
    """So far above hand_off_at is still borderline."""


class Quota(Part):
    """What marketing promised sales: so many leads that meet the definition."""

    sales_qualified_a_month: Annotated[int, Field(gt=0, le=1_000_000, strict=True)]
    """How many leads become sales-qualified in a month."""
    countries: tuple[CountryCode, ...] = ()
    """By whose working days the month is paced, as ISO 3166 codes; the AEs', if none is given."""


class Promise(Part):
    """What is owed within which time, when it is reminded, and what follows if it is not kept."""

    within_minutes: Minutes
    """Within how many minutes it must be kept."""
    remind_after_minutes: tuple[Minutes, ...] = ()
    """After how many minutes it is reminded, each later than the one before."""
    escalate_after_minutes: Minutes | None = None
    """After how many minutes the manager is told, if the wait is given up only later."""
    on_expiry: Literal["give_up", "escalate"]
    """`escalate` tells the manager and keeps waiting; `give_up` ends the wait."""


class Promises(Part):
    """The times within which people must act; one for each kind of wait, and the first step."""

    answers: Promise
    """The SDR answers the open questions."""
    approval: Promise
    """The approver decides."""
    contact: Promise
    """The SDR has spoken with the lead."""
    acceptance: Promise
    """The AE accepts the invite."""
    outcome: Promise
    """The AE says what came of the meeting; never given up."""
    step: Promise
    """Each step of the hand-off is done."""


class Nurture(Part):
    """When sales checks in again, in days."""

    not_qualified_days: Annotated[int, Field(gt=0)]
    """After a lead was not qualified."""
    returned_days: Annotated[int, Field(gt=0)]
    """After an AE returned it."""
    no_show_days: Annotated[int, Field(gt=0)]
    """After it did not come to the meeting."""


class FollowUp(Part):
    """The follow-up guidelines: silence is not "dead"."""

    minimum_attempts: Annotated[int, Field(gt=0)]
    """How often a lead is tried before it is given up."""
    over_days: Annotated[int, Field(gt=0)]
    """How many days lie between the first attempt and the last, at least."""
    minimum_channels: Annotated[int, Field(gt=0)] = 1
    """By how many different channels, such as phone and e-mail."""


class LaterActivity(Part):
    """What leads of AEs do later, and how their owners hear of it."""

    at_once: tuple[Word, ...] = ()
    """Touches of which the owner is told at once."""
    daily: tuple[Word, ...] = ()
    """Touches that wait for one mail a working day."""
    daily_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "08:00"
    """When that mail goes out, in the owner's zone."""


class Oversight(Part):
    """Which of a month's rejections the committee sees, and what is told of its findings."""

    sample_ratio: Annotated[float, Field(gt=0, le=1)]
    """The share of a month's rejections that is drawn at random."""
    sample_minimum: Annotated[int, Field(gt=0)]
    """How many are drawn at least, if there are so many."""
    strata: tuple[Stratum, ...] = ()
    """By what the rejections are told apart, so that each kind is looked at."""
    rates_from: Annotated[int, Field(gt=0)] = RATES_FROM
    """Of a source or team with fewer judged cases no rate is told."""


class MarketingQualified(Part):
    """When a lead counts as marketing-qualified."""

    met_when: Words
    """The condition, in facts and points."""


class Agreement(Part):
    """The whole document."""

    title: Words
    """What the agreement is called."""
    definition: Words
    """The sales-qualified lead in a sentence that both teams would say."""
    facts: tuple[FactRule, ...] = ()
    """Facts of the company's own."""
    personas: tuple[Persona, ...] = ()
    """Kinds of persons that conditions may name."""
    ideal_customer: IdealCustomer | None = None
    """The companies that both teams want."""
    scoring: Scoring
    """Points, floors and limits."""
    marketing_qualified: MarketingQualified
    """When marketing counts a lead as its own success."""
    sales_qualified: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    """The criteria of a sales-qualified lead."""
    sales_qualified_groups: tuple[CriteriaGroup, ...] = ()
    """Groups of criteria of which so many must be met; each group must be."""
    approval: Approval
    """Who must say yes before the introduction."""
    quota: Quota | None = None
    """What marketing promised sales, in leads."""
    promises: Promises
    """What each side owes, and within which time."""
    calendars: tuple[OfficeCalendar, ...] = ()
    """Hours that the SLAs may count by."""
    slas: tuple[Sla, ...] = ()
    """Promises that are measured from one event to another, with an escalation of their own."""
    techniques: Techniques
    """How a lead is handed over."""
    routing: Routing | None = None
    """Who gets it; without it the account's owner, or whoever was given the fewest."""
    nurture: Nurture
    """When sales looks again at a lead that went back."""
    follow_up: FollowUp
    """When silence is enough."""
    later_activity: LaterActivity | None = None
    """What owners hear of their leads later; without it nothing."""
    oversight: Oversight
    """What the committee sees."""
