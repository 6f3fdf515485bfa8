"""How and when the AE gets in touch; known before the lead is told."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from baton.domain.technique import Technique
from baton.engine.calendars import busy_for
from baton.engine.inviting import times_of
from baton.engine.people import People, people_of
from baton.engine.slots import Wanted, free_times
from baton.engine.stage import Asleep, Work
from baton.engine.techniques import go_on_by_appointment
from baton.store.connections import reserve_call, reserved_call
from baton.store.holds import take_turns
from baton.store.tables import HandOff


def plan_contact(work: Work) -> Asleep | None:
    """Reserve the AE for the lead's best time before it is told; needs an AE.

    Where no time suits both, an appointment follows. Nothing is done for other techniques.

    Returns:
        A wait if the AE's calendar cannot be read; else None.
    """
    with work.look() as (session, hand_off):
        is_asked = hand_off.technique == Technique.BEST_TIME
        is_there = reserved_call(session, hand_off.id) is not None
    if not is_asked or is_there:
        return None
    busy = busy_for(work)
    if isinstance(busy, Asleep):
        return busy
    with work.transaction() as (session, hand_off):
        people = people_of(session, hand_off)
        assert people.ae is not None
        take_turns(session, people.ae.id)
        wanted = Wanted.at_best_time(work.agreement(session, hand_off).techniques.best_time)
        times = free_times(session, hand_off, people, busy, now=work.now(), wanted=wanted)
        if times:
            reserve_call(session, hand_off, starts_at=times[0][0], ends_at=times[0][1])
        else:
            why = "no time at which the lead is best reached suits the AE"
            go_on_by_appointment(session, hand_off, why, at=work.now())
    return None


def plan_variables(
    session: Session, hand_off: HandOff, people: People, within_minutes: int | None
) -> dict[str, Any]:
    """Return the plan for the texts.

    Args:
        session: Only read from.
        hand_off: Its technique may not be chosen yet; then it is an appointment.
        people: Who takes part in it.
        within_minutes: How long a warm transfer may take, as agreed.

    Returns:
        `technique`: by which. `call_at`: when the AE gets in touch (aware UTC); None for at once,
        or at their leisure. `within_minutes`: None but for a warm transfer. `by_phone`: whether
        the AE calls; else they write.
    """
    technique = Technique(hand_off.technique or Technique.APPOINTMENT)
    call = reserved_call(session, hand_off.id)
    is_warm = technique is Technique.WARM_TRANSFER
    likes_mail = "mail" in (people.lead.preferred_channel or "")
    return {
        "technique": technique.value,
        "call_at": times_of(call)[0] if call and technique is Technique.BEST_TIME else None,
        "within_minutes": within_minutes if is_warm else None,
        "by_phone": is_warm or (people.lead.phone_e164 is not None and not likes_mail),
    }
