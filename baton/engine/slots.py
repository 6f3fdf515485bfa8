"""Times at which a hand-off's AE and lead can meet, by the agreement and by what they like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from baton.adapters.calendar.slots import Span, propose_slots
from baton.domain.best_time import OFFICE, BestTimes, read_best_times
from baton.engine.people import People
from baton.rulebook.active import agreement_of
from baton.rulebook.technique_part import Appointment, BestTime
from baton.store.holds import held_for_others
from baton.store.meetings import busy_times, proposed_times
from baton.store.tables import HandOff, Lead, Rep


def horizon_of(session: Session, hand_off: HandOff, now: datetime) -> datetime:
    """Return until when the AE's times matter to this hand-off (aware UTC)."""
    appointment = agreement_of(session, hand_off.agreement_id).techniques.appointment
    best_time = agreement_of(session, hand_off.agreement_id).techniques.best_time
    return now + timedelta(days=max(appointment.horizon_days, best_time.within_days) + 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What kind of time is looked for; minutes and days.

    With `usual` only times at which the lead is best reached are: those that it named, else these.
    """

    minutes: int
    lead_time_minutes: int
    buffer_minutes: int
    horizon_days: int
    usual: BestTimes | None = None

    @classmethod
    def for_appointment(cls, agreed: Appointment) -> Wanted:
        """Return what an appointment needs."""
        return cls(
            agreed.meeting_minutes,
            agreed.lead_time_minutes,
            agreed.buffer_minutes,
            agreed.horizon_days,
        )

    @classmethod
    def at_best_time(cls, agreed: BestTime) -> Wanted:
        """Return what a call at the lead's best time needs."""
        return cls(agreed.minutes, 0, 0, agreed.within_days, OFFICE)


def free_times(
    session: Session,
    hand_off: HandOff,
    people: People,
    busy: Sequence[Span],
    *,
    now: datetime,
    wanted: Wanted | None = None,
) -> list[Span]:
    """Return aware UTC spans that suit both, the best first.

    First what suits the times that the lead named, of those what suits the AE's, then the earliest.
    None was proposed in this hand-off before, and none is held for another lead.

    Args:
        session: The transaction.
        hand_off: It has an AE.
        people: Who takes part in it.
        busy: What the AE's calendar says, read before this transaction.
        now: Aware UTC.
        wanted: What kind of time; an appointment's unless given.
    """
    assert people.ae is not None
    if wanted is None:
        agreed = agreement_of(session, hand_off.agreement_id).techniques.appointment
        wanted = Wanted.for_appointment(agreed)
    length, horizon = timedelta(minutes=wanted.minutes), horizon_of(session, hand_off, now)
    taken = busy_times(session, people.ae.id, since=now, until=horizon)
    slots = propose_slots(
        now=now,
        ae_zone=people.ae.time_zone,
        ae_hours=people.ae.working_hours,
        ae_country=people.ae.country,
        lead_zone=people.lead.time_zone or people.ae.time_zone,
        lead_country=people.lead.country,
        busy=[*busy, *taken, *held_for_others(session, hand_off, at=now)],
        minutes=wanted.minutes,
        lead_time_minutes=wanted.lead_time_minutes,
        buffer_minutes=wanted.buffer_minutes,
        horizon_days=wanted.horizon_days,
    )
    tried = proposed_times(session, hand_off.id)
    untried = (
        (at, at + length)
        for at in slots
        if all(at + length <= start or at >= end for start, end in tried)
    )
    return _liked_first(untried, people.lead, people.ae, wanted.usual)


def _liked_first(spans: Iterable[Span], lead: Lead, ae: Rep, usual: BestTimes | None) -> list[Span]:
    """Return the spans as the lead likes them, then as the AE does; else in their order."""
    named, ours = read_best_times(lead.preferred_time), read_best_times(ae.preferred_time)
    theirs = named or usual
    here = ZoneInfo(ae.time_zone)
    there = ZoneInfo(lead.time_zone) if lead.time_zone else here

    def rank(span: Span) -> tuple[bool, bool]:
        return (
            theirs is not None and not theirs.suits(span[0].astimezone(there)),
            ours is not None and not ours.suits(span[0].astimezone(here)),
        )

    found = sorted(spans, key=rank)
    return found if usual is None else [span for span in found if not rank(span)[0]]
