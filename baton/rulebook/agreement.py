"""The agreement as it stands in `rules/agreement.yaml`: what marketing and sales signed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Minutes = Annotated[int, Field(gt=0, le=60 * 24 * 90)]


class Part(BaseModel):
    """A part of the agreement; a key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FitRule(Part):
    """Points for what a lead and its company are."""

    id: Identifier
    name: str
    points: float
    when: str


class WarmthRule(Part):
    """Points for what a lead did: per touch, halved every half-life, never above the cap."""

    touch: str
    name: str
    points: float
    cap: float
    half_life_days: Annotated[float, Field(gt=0)]


class Scoring(Part):
    """Fit and warmth, the floors of both and the total at which a lead goes over."""

    fit: tuple[FitRule, ...]
    warmth: tuple[WarmthRule, ...]
    fit_floor: float
    warmth_floor: float
    hand_off_at: float
    hot_at: float


class Criterion(Part):
    """One condition of the sales-qualified definition; NULL is unknown, and then `ask`."""

    id: Identifier
    name: str
    met_when: str
    ask: str
    required: bool = True


class Approval(Part):
    """When a person must approve before the introduction."""

    when: Literal["never", "borderline", "always"]
    borderline_points: float = 0


class Promise(Part):
    """What is owed within which time, when it is reminded, and what follows if it is not kept."""

    within_minutes: Minutes
    remind_after_minutes: tuple[Minutes, ...] = ()
    on_expiry: str


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
    location: str


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

    met_when: str


class Agreement(Part):
    """The whole document."""

    title: str
    definition: str
    scoring: Scoring
    marketing_qualified: MarketingQualified
    sales_qualified: tuple[Criterion, ...]
    approval: Approval
    promises: Promises
    techniques: Techniques
    nurture: Nurture
    follow_up: FollowUp
    oversight: Oversight
