"""The agreement's section `techniques`: how a lead goes over, and which way when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from baton.domain.technique import Technique
from baton.rulebook.parts import Minutes, Part, Words


class Appointment(Part):
    """How a meeting is proposed."""

    meeting_minutes: Minutes = 30
    """How long the meeting is."""
    lead_time_minutes: Minutes = 240
    """How far ahead it is at least."""
    buffer_minutes: Annotated[int, Field(ge=0)] = 15
    """How much stays free before and after it."""
    horizon_days: Annotated[int, Field(gt=0, le=60)] = 10
    """How far ahead it is at most."""
    max_proposals: Annotated[int, Field(gt=0, le=10)] = 3
    """How often times are offered."""
    times_to_choose: Annotated[int, Field(gt=0, le=10)] = 3
    """How many times a lead who is asked can choose from."""
    hold_minutes: Annotated[int, Field(gt=0, le=1440)] = 10
    """For how many minutes they are held for this lead alone."""
    on_ae_decline: Literal["another_time", "another_ae"] = "another_time"
    """What follows when the AE declines: the same AE at another time, or another AE.

    Another AE is introduced to the lead first; when there is none, it is another time."""
    no_show_rebooks: Annotated[int, Field(ge=0, le=3)] = 0
    """How often another time is offered to a lead who did not come."""
    location: Words
    """Where: a link or a place."""


class WarmTransfer(Part):
    """A call at once, by an AE who is surely free; the lead never waits on the line."""

    connect_within_minutes: Annotated[int, Field(gt=0, le=60)] = 5
    """How long the AE has to reach the lead; then an appointment is proposed."""
    talk_minutes: Annotated[int, Field(gt=0, le=240)] = 30
    """How long the AE must be free, and is reserved."""


class BestTime(Part):
    """A call or a mail when the lead is best reached, in its own zone."""

    minutes: Annotated[int, Field(gt=0, le=240)] = 15
    """How long the AE is reserved for it."""
    within_days: Annotated[int, Field(gt=0, le=30)] = 5
    """How far ahead it is at most."""
    answer_within_minutes: Minutes = 240
    """How long after it the AE has to say whether the lead was reached."""


class SoftIntroduction(Part):
    """An introduction by mail that both answer; no time is proposed."""

    answer_within_minutes: Minutes = 2880
    """How long both have to answer; then an appointment is proposed."""


class TechniqueRule(Part):
    """When a technique is used."""

    technique: Technique
    """Which."""
    when: Words
    """For which leads, in facts, `total_score`, `is_hot` and `rep_free_now`."""


class Techniques(Part):
    """The agreed ways to hand a lead over."""

    rules: tuple[TechniqueRule, ...] = ()
    """Looked at in their order: the first that a lead fits decides; an appointment if none does."""
    appointment: Appointment
    """An appointment in the AE's calendar."""
    warm_transfer: WarmTransfer = WarmTransfer()
    """A call at once."""
    best_time: BestTime = BestTime()
    """A call or a mail when the lead is best reached."""
    soft_introduction: SoftIntroduction = SoftIntroduction()
    """An introduction that both answer."""
