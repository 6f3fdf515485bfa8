"""Times to choose from: held for the lead for the agreed minutes, then anybody's again.

Somebody of ours has the lead on the telephone, or the lead is on the page that the introduction
links to. The time that is chosen takes the place of the proposed one, and both are invited to it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from baton.adapters.calendar.slots import Span
from baton.domain.hand_off import HandOffState
from baton.domain.meeting import MeetingKind, MeetingState
from baton.domain.rep import Role
from baton.engine.checking import rep_among
from baton.engine.countering import take_chosen
from baton.engine.deciding import wake_hand_off
from baton.engine.inviting import times_of
from baton.engine.people import people_of
from baton.engine.rep_calendars import Whose, busy_in
from baton.engine.slots import free_times, horizon_of
from baton.errors import RefusedError
from baton.rulebook.active import agreement_of
from baton.runtime import Runtime
from baton.store.hand_offs import hand_off_for_update
from baton.store.holds import held_by, hold_times, take_turns
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff, HeldTime, Meeting

THE_LEAD = "the lead"


@dataclass(frozen=True, slots=True)
class Offered:
    """Times that are held for a lead; all instants are aware UTC."""

    times: tuple[Span, ...]
    held_until: datetime


def offer_times(runtime: Runtime, hand_off_id: uuid.UUID, *, by: str | None) -> Offered:
    """Hold some times for the lead, on different days where there are any, and return them.

    Who asks again while they are held gets the same ones. `by` is one of ours, by mail address;
    None is the lead, who has the signed link.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: Nothing can be chosen now, `by` is not one of ours, or no time is left.
        CalendarUnavailableError: The AE's calendar cannot be read.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        hand_off = hand_off_for_update(session, hand_off_id)
        _check(session, hand_off, by, at=now)
        if there := held_by(session, hand_off_id, at=now):
            return _offered(there)
        ae = people_of(session, hand_off).ae
        assert ae is not None
        whose, until = Whose.of(ae), horizon_of(session, hand_off, now)
    busy = busy_in(runtime, whose, now, until)
    with runtime.transaction() as session:
        hand_off = hand_off_for_update(session, hand_off_id)
        _check(session, hand_off, by, at=now)
        if held := _hold(session, hand_off, busy, at=now):
            return _offered(held)
    raise RefusedError(f"No time is left for hand-off {hand_off_id} within the agreed days.")


def choose_time(
    runtime: Runtime, hand_off_id: uuid.UUID, starts_at: datetime, *, by: str | None
) -> None:
    """Take the time that the lead chose of those that are held, and wake the run.

    `by` is one of ours, by mail address; None is the lead, who has the signed link.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: That time is not held for this lead (any more), nothing can be chosen now, or
            `by` is not one of ours.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        hand_off = hand_off_for_update(session, hand_off_id)
        meeting = _check(session, hand_off, by, at=now)
        held = held_by(session, hand_off_id, at=now)
        chosen = next((one for one in held if one.during.lower == starts_at), None)
        if chosen is None:
            raise RefusedError(
                f"{starts_at.isoformat()} is not held for hand-off {hand_off_id} (any more); "
                "ask for times again ('baton times')."
            )
        # Until the stage takes it, however long that is.
        chosen.held_until = starts_at
        decided = take_chosen(
            runtime, session, hand_off, meeting, span_of(chosen), by=by or THE_LEAD, at=now
        )
    if decided:
        wake_hand_off(runtime, hand_off_id)


def choosable(hand_off: HandOff, meeting: Meeting | None, *, at: datetime) -> bool:
    """Return whether another time can be chosen at the instant (aware UTC).

    An invite must be out, to a meeting that is still ahead: `meeting`, the newest one.
    """
    return (
        hand_off.state == HandOffState.OPEN
        and meeting is not None
        and meeting.kind == MeetingKind.APPOINTMENT
        and meeting.state in (MeetingState.PROPOSED, MeetingState.CONFIRMED)
        and times_of(meeting)[0] > at
    )


def _check(session: Session, hand_off: HandOff, by: str | None, *, at: datetime) -> Meeting:
    if by is not None:
        _require_ours(session, hand_off, by)
    meeting = latest_meeting(session, hand_off.id)
    if meeting is None or not choosable(hand_off, meeting, at=at):
        raise RefusedError(
            f"No time can be chosen for hand-off {hand_off.id} now: no invite is out to a meeting "
            "that is still ahead."
        )
    return meeting


def _require_ours(session: Session, hand_off: HandOff, by: str) -> None:
    rep = rep_among(session, by, Role.SDR, Role.AE, Role.MANAGER)
    if rep.role != Role.MANAGER and rep.id not in {hand_off.sdr_id, hand_off.ae_id}:
        raise RefusedError(f"{by} is neither SDR nor AE of hand-off {hand_off.id}.")


def _hold(
    session: Session, hand_off: HandOff, busy: Sequence[Span], *, at: datetime
) -> list[HeldTime]:
    people = people_of(session, hand_off)
    assert people.ae is not None
    appointment = agreement_of(session, hand_off.agreement_id).techniques.appointment
    take_turns(session, people.ae.id)
    zone = ZoneInfo(people.lead.time_zone or people.ae.time_zone)
    return hold_times(
        session,
        hand_off,
        _spread(free_times(session, hand_off, people, busy, now=at), zone),
        number=appointment.times_to_choose,
        until=at + timedelta(minutes=appointment.hold_minutes),
        at=at,
    )


def _spread(spans: Iterable[Span], zone: ZoneInfo) -> list[Span]:
    """Return the best time of each of the lead's days, then the second ones, and so on."""
    of_day: dict[object, int] = {}
    ranked = []
    for place, span in enumerate(spans):
        on = span[0].astimezone(zone).date()
        of_day[on] = of_day.get(on, -1) + 1
        ranked.append((of_day[on], place, span))
    return [span for _, _, span in sorted(ranked)]


def _offered(held: Sequence[HeldTime]) -> Offered:
    return Offered(tuple(span_of(one) for one in held), min(one.held_until for one in held))


def span_of(held: HeldTime) -> Span:
    """Return a held time's start and end (aware UTC)."""
    assert held.during.lower is not None
    assert held.during.upper is not None
    return held.during.lower, held.during.upper
