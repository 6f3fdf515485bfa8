"""What happened to a lead, as lines of its history. Nothing here changes anything."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from baton.domain.technique import NAMES, Technique
from baton.store.likenesses import merged_into
from baton.store.tables import (
    Attempt,
    AttendanceChange,
    Connection,
    HandOff,
    Meeting,
    Outcome,
    OwnerChange,
    Quarantine,
    Rep,
    StatusChange,
    Touch,
)

MAX_TOUCHES = 50


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a lead's history.

    Attributes:
        at: When (aware UTC).
        kind: touch, attempt, status, owner, quarantine, reply, connection or outcome.
        what: In words.
        by: Who did or said it; None where nobody is known.
    """

    at: datetime
    kind: str
    what: str
    by: str | None


def events_of(session: Session, lead_id: int) -> list[Event]:
    """Return the lead's history, oldest first, with that of the leads that are merged into it.

    What those did is among its own touches already.
    """
    events = [*_touches(session, lead_id), *_history(session, lead_id)]
    for merged in merged_into(session, lead_id):
        events += [
            replace(event, what=f"as lead {merged}: {event.what}")
            for event in _history(session, merged)
        ]
    return sorted(events, key=lambda event: event.at)


def _history(session: Session, lead_id: int) -> list[Event]:
    return [
        *_attempts(session, lead_id),
        *_statuses(session, lead_id),
        *_owners(session, lead_id),
        *_quarantines(session, lead_id),
        *_replies(session, lead_id),
        *_connections(session, lead_id),
        *_outcomes(session, lead_id),
    ]


def _touches(session: Session, lead_id: int) -> list[Event]:
    rows = session.scalars(
        select(Touch).where(Touch.lead_id == lead_id).order_by(Touch.at.desc()).limit(MAX_TOUCHES)
    )
    return [
        Event(r.at, "touch", f"{r.kind}: {r.detail}" if r.detail else r.kind, None) for r in rows
    ]


def _attempts(session: Session, lead_id: int) -> list[Event]:
    rows = session.execute(
        select(Attempt, Rep.email)
        .join(Rep, Rep.id == Attempt.rep_id)
        .where(Attempt.lead_id == lead_id)
    )
    return [
        Event(r.at, "attempt", f"{r.channel}: {r.note}" if r.note else r.channel, email)
        for r, email in rows
    ]


def _statuses(session: Session, lead_id: int) -> list[Event]:
    rows = session.scalars(select(StatusChange).where(StatusChange.lead_id == lead_id))
    return [Event(r.at, "status", f"{_step(r)}: {r.reason}", r.by) for r in rows]


def _step(change: StatusChange) -> str:
    if change.from_status == change.to_status:
        return f"{change.to_status}, {change.from_place} to {change.to_place}"
    return f"{change.from_status} to {change.to_status}"


def _owners(session: Session, lead_id: int) -> list[Event]:
    to = aliased(Rep)
    rows = session.execute(
        select(OwnerChange, to.email)
        .join(to, to.id == OwnerChange.to_id)
        .where(OwnerChange.lead_id == lead_id)
    )
    return [Event(r.at, "owner", f"owner is now {email}", r.by) for r, email in rows]


def _quarantines(session: Session, lead_id: int) -> list[Event]:
    rows = session.scalars(select(Quarantine).where(Quarantine.lead_id == lead_id))
    return [Event(r.at, "quarantine", f"{r.field}: {r.reason}", None) for r in rows]


def _replies(session: Session, lead_id: int) -> list[Event]:
    rows = session.execute(
        select(AttendanceChange, Meeting)
        .join(Meeting, Meeting.id == AttendanceChange.meeting_id)
        .where(Meeting.hand_off_id.in_(_of_lead(lead_id)))
    )
    return [Event(r.at, "reply", _replied(r, meeting), r.email) for r, meeting in rows]


def _replied(reply: AttendanceChange, meeting: Meeting) -> str:
    assert meeting.during.lower is not None
    verb = {"needs-action": "has not answered", "tentative": "may come to"}.get(reply.reply)
    said = f"{verb or reply.reply} the meeting of {meeting.during.lower:%Y-%m-%d %H:%M} UTC"
    return f"{said}, which does not count: {reply.refused}" if reply.refused else said


def _connections(session: Session, lead_id: int) -> list[Event]:
    rows = session.scalars(select(Connection).where(Connection.hand_off_id.in_(_of_lead(lead_id))))
    return [Event(r.at, "connection", _connected(r), r.said_by) for r in rows]


def _connected(made: Connection) -> str:
    said = f"AE and lead reached each other by {NAMES[Technique(made.technique)].lower()}"
    return f"{said}: {made.note}" if made.note else said


def _outcomes(session: Session, lead_id: int) -> list[Event]:
    rows = session.execute(
        select(Outcome, Rep.email)
        .join(Rep, Rep.id == Outcome.rep_id)
        .where(Outcome.hand_off_id.in_(_of_lead(lead_id)))
    )
    return [Event(r.at, "outcome", _came_of_it(r), email) for r, email in rows]


def _came_of_it(outcome: Outcome) -> str:
    said = outcome.kind.replace("_", " ")
    said += f" ({', '.join(outcome.unmet)})" if outcome.unmet else ""
    return f"{said}: {outcome.feedback}" if outcome.feedback else said


def _of_lead(lead_id: int) -> Select[uuid.UUID]:
    return select(HandOff.id).where(HandOff.lead_id == lead_id)
