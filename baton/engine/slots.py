"""Times at which a hand-off's AE and lead can meet, by the agreement and by what they like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from baton.adapters.calendar.slots import Span, propose_slots
from baton.domain.best_time import read_best_times
from baton.engine.people import People
from baton.rulebook.active import agreement_of
from baton.store.holds import held_for_others
from baton.store.meetings import busy_times, proposed_times
from baton.store.tables import HandOff, Lead, Rep


def horizon_of(session: Session, hand_off: HandOff, now: datetime) -> datetime:
    """Return until when the AE's times matter to this hand-off (aware UTC)."""
    appointment = agreement_of(session, hand_off.agreement_id).techniques.appointment
    return now + timedelta(days=appointment.horizon_days + 1)


def free_times(
    session: Session, hand_off: HandOff, people: People, busy: Sequence[Span], *, now: datetime
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
    """
    assert people.ae is not None
    appointment = agreement_of(session, hand_off.agreement_id).techniques.appointment
    length, horizon = (
        timedelta(minutes=appointment.meeting_minutes),
        horizon_of(session, hand_off, now),
    )
    taken = busy_times(session, people.ae.id, since=now, until=horizon)
    slots = propose_slots(
        now=now,
        ae_zone=people.ae.time_zone,
        ae_hours=people.ae.working_hours,
        ae_country=people.ae.country,
        lead_zone=people.lead.time_zone or people.ae.time_zone,
        lead_country=people.lead.country,
        busy=[*busy, *taken, *held_for_others(session, hand_off, at=now)],
        minutes=appointment.meeting_minutes,
        lead_time_minutes=appointment.lead_time_minutes,
        buffer_minutes=appointment.buffer_minutes,
        horizon_days=appointment.horizon_days,
    )
    tried = proposed_times(session, hand_off.id)
    untried = (
        (at, at + length)
        for at in slots
        if all(at + length <= start or at >= end for start, end in tried)
    )
    return _liked_first(untried, people.lead, people.ae)


def _liked_first(spans: Iterable[Span], lead: Lead, ae: Rep) -> list[Span]:
    """Return the spans as the lead likes them, then as the AE does; else in their order."""
    theirs, ours = read_best_times(lead.preferred_time), read_best_times(ae.preferred_time)
    here = ZoneInfo(ae.time_zone)
    there = ZoneInfo(lead.time_zone) if lead.time_zone else here

    def rank(span: Span) -> tuple[bool, bool]:
        return (
            theirs is not None and not theirs.suits(span[0].astimezone(there)),
            ours is not None and not ours.suits(span[0].astimezone(here)),
        )

    return sorted(spans, key=rank)
