"""The agreement as it stands in `rules/agreement.yaml`: what marketing and sales signed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=45)]
TouchKind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=24)]
FactName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Words = Annotated[str, Field(min_length=1, max_length=4000)]
Amount = Annotated[float, Field(ge=-1000, le=1000)]
Minutes = Annotated[int, Field(gt=0, le=60 * 24 * 90)]


class Part(BaseModel):
    """A part of the agreement; a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FactType(StrEnum):
    """What a fact's values are; NULL, of any type, is unknown."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"


class FactRule(Part):
    """A fact of the company's own: a column of the import, or an answer that the SDR gives.

    Attributes:
        column: The import's column, where it is not called like the fact.
    """

    name: FactName
    type: FactType
    meaning: Words
    column: Words | None = None


class FitRule(Part):
    """Points for what a lead and its company are."""

    id: Identifier
    name: Words
    points: Amount
    when: Words


class WarmthRule(Part):
    """Points for what a lead did: per touch, halved every half-life, never beyond the cap.

    The cap has the sign of the points: -10 points with a cap of -30 take away 30 at most.
    """

    touch: TouchKind
    name: Words
    points: Amount
    cap: Amount
    half_life_days: Annotated[float, Field(gt=0, le=3650)]


class Scoring(Part):
    """Fit and warmth, the floors of both and the total at which a lead goes over."""

    fit: Annotated[tuple[FitRule, ...], Field(min_length=1)]
    warmth: Annotated[tuple[WarmthRule, ...], Field(min_length=1)]
    fit_floor: Amount
    warmth_floor: Amount
    hand_off_at: Amount
    hot_at: Amount


class Criterion(Part):
    """One condition of the sales-qualified definition; NULL is unknown, and then `ask`."""

    id: Identifier
    name: Words
    met_when: Words
    ask: Words
    required: bool = True


class Approval(Part):
    """When a person must approve before the introduction."""

    when: Literal["never", "borderline", "always"]
    borderline_points: Annotated[float, Field(ge=0)] = 0


class Promise(Part):
    """What is owed within which time, when it is reminded, and what follows if it is not kept."""

    within_minutes: Minutes
    remind_after_minutes: tuple[Minutes, ...] = ()
    on_expiry: Literal["give_up", "escalate"]


class Promises(Part):
    """The times within which people must act; one for each kind of wait, and the first step."""

    answers: Promise
    approval: Promise
    contact: Promise
    acceptance: Promise
    outcome: Promise
    step: Promise


class Appointment(Part):
    """How a meeting is proposed."""

    meeting_minutes: Minutes = 30
    lead_time_minutes: Minutes = 240
    buffer_minutes: Annotated[int, Field(ge=0)] = 15
    horizon_days: Annotated[int, Field(gt=0, le=60)] = 10
    max_proposals: Annotated[int, Field(gt=0, le=10)] = 3
    location: Words


class Techniques(Part):
    """The agreed ways to hand a lead over."""

    appointment: Appointment


class Nurture(Part):
    """When sales checks in again, in days."""

    not_qualified_days: Annotated[int, Field(gt=0)]
    returned_days: Annotated[int, Field(gt=0)]
    no_show_days: Annotated[int, Field(gt=0)]


class FollowUp(Part):
    """The follow-up guidelines: silence is not "dead"."""

    minimum_attempts: Annotated[int, Field(gt=0)]
    over_days: Annotated[int, Field(gt=0)]


class Oversight(Part):
    """How many of a month's rejections the committee sees."""

    sample_ratio: Annotated[float, Field(gt=0, le=1)]
    sample_minimum: Annotated[int, Field(gt=0)]


class MarketingQualified(Part):
    """When a lead counts as marketing-qualified."""

    met_when: Words


class Agreement(Part):
    """The whole document."""

    title: Words
    definition: Words
    facts: tuple[FactRule, ...] = ()
    scoring: Scoring
    marketing_qualified: MarketingQualified
    sales_qualified: Annotated[tuple[Criterion, ...], Field(min_length=1)]
    approval: Approval
    promises: Promises
    techniques: Techniques
    nurture: Nurture
    follow_up: FollowUp
    oversight: Oversight
