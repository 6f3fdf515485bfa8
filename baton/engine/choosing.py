"""What the lead sees of the times that are held: on the page that the introduction links to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from baton.domain.hand_off import HandOffState
from baton.engine.inviting import times_of
from baton.engine.offering import choosable, span_of
from baton.engine.people import people_of
from baton.errors import NotFoundError
from baton.messages.languages import language_of
from baton.runtime import Runtime
from baton.store.counters import accepted_counter
from baton.store.holds import held_by
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff, Meeting


@dataclass(frozen=True, slots=True)
class ForLead:
    """The lead's view of when to meet; instants are aware UTC.

    Attributes:
        language: The lead's, as for mails.
        time_zone: The lead's, by IANA name.
        ae: The AE's name; None before there is one.
        is_open: Whether another time can be chosen now.
        stands: When the meeting is that both are invited to, if another time can be chosen.
        chosen: The time that was chosen and that the next invite has; None if none was.
        starts: What is held for the lead, in order.
        held_until: Until when; None if nothing is held.
    """

    language: str
    time_zone: str
    ae: str | None
    is_open: bool
    stands: datetime | None
    chosen: datetime | None
    starts: tuple[datetime, ...]
    held_until: datetime | None


def times_for_lead(runtime: Runtime, hand_off_id: uuid.UUID) -> ForLead:
    """Return what the lead of the hand-off may see; nothing is changed.

    Raises:
        NotFoundError: No such hand-off.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        hand_off = session.get(HandOff, hand_off_id)
        if hand_off is None:
            raise NotFoundError(f"There is no hand-off {hand_off_id}.")
        people, meeting = people_of(session, hand_off), latest_meeting(session, hand_off_id)
        chosen = _chosen(session, hand_off, meeting, at=now)
        is_open = chosen is None and choosable(hand_off, meeting, at=now)
        held = held_by(session, hand_off_id, at=now) if is_open else []
        return ForLead(
            language=language_of(people.lead.language, people.lead.country),
            time_zone=people.lead.time_zone or "UTC",
            ae=people.ae.name if people.ae else None,
            is_open=is_open,
            stands=times_of(meeting)[0] if is_open and meeting else None,
            chosen=chosen,
            starts=tuple(span_of(one)[0] for one in held),
            held_until=min((one.held_until for one in held), default=None),
        )


def _chosen(
    session: Session, hand_off: HandOff, meeting: Meeting | None, *, at: datetime
) -> datetime | None:
    if meeting is None or hand_off.state != HandOffState.OPEN:
        return None
    taken = accepted_counter(session, meeting.id)
    return taken.starts_at if taken is not None and taken.starts_at > at else None
