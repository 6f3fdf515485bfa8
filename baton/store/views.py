"""What people read of hand-offs: lists and one in full. Nothing here changes anything."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from baton.domain.hand_off import HandOffState, WaitState
from baton.errors import NotFoundError
from baton.store.tables import (
    AttendanceRow,
    CounterProposal,
    Effect,
    HandOff,
    InboundMessage,
    Lead,
    Meeting,
    Outcome,
    Rep,
    StageDone,
    Wait,
)


@dataclass(frozen=True, slots=True)
class HandOffLine:
    """One hand-off in a list.

    Attributes:
        lead: The lead's name for people, or its address where no name is known.
        waits_for: What the next person owes; for a closed hand-off, why it closed.
        wait_kind: Kind of the open wait, None when a stage is under way or it is closed.
        responsible: Address of the rep who owes it.
        due_at: Aware UTC instant by which it is owed.
    """

    id: uuid.UUID
    lead_id: int
    lead: str
    email: str | None
    company: str | None
    state: str
    stage: str
    waits_for: str | None
    wait_kind: str | None
    responsible: str | None
    due_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class WaitView:
    """A wait, open or over; `questions` are those it asks."""

    id: int
    kind: str
    subject: str
    state: str
    responsible: str
    opened_at: datetime
    not_before: datetime
    due_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    questions: list[Any]


@dataclass(frozen=True, slots=True)
class AttendanceView:
    """One attendee's present reply."""

    email: str
    side: str
    reply: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class CounterView:
    """Another time that an attendee proposed, and what became of it; instants are aware UTC."""

    side: str
    starts_at: datetime
    ends_at: datetime
    comment: str
    state: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MeetingView:
    """An appointment with its attendees' replies; instants are aware UTC."""

    uid: str
    ordinal: int
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    location: str
    attendance: list[AttendanceView]
    counters: list[CounterView]


@dataclass(frozen=True, slots=True)
class MessageView:
    """That something went out or came in: its kind and state, never its text."""

    direction: str
    kind: str
    state: str
    at: datetime
    error: str | None


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """What the AE said after a meeting."""

    kind: str
    verdicts: dict[str, Any]
    unmet: list[str]
    feedback: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandOffView:
    """A hand-off in full: what was done, what is owed, what was said."""

    line: HandOffLine
    agreement_id: int
    sdr: str
    ae: str | None
    technique: str | None
    introduced_at: datetime | None
    ae_engaged_at: datetime | None
    close_reason: str | None
    flow_run_id: str | None
    stages_done: list[str]
    waits: list[WaitView]
    meetings: list[MeetingView]
    messages: list[MessageView]
    outcomes: list[OutcomeView]


def lead_name(lead: Lead) -> str:
    """Return what people call the lead: its name, else its address, else its number."""
    name = " ".join(part for part in (lead.given_name, lead.family_name) if part)
    return name or lead.email or f"lead {lead.id}"


def list_hand_offs(
    session: Session,
    *,
    state: HandOffState | None = HandOffState.OPEN,
    lead_id: int | None = None,
    limit: int = 1000,
    skip: int = 0,
) -> list[HandOffLine]:
    """Return hand-offs, what is due first before what is due later, the rest newest first.

    Args:
        session: Any session; only read from.
        state: Only those in this state; None for all.
        lead_id: Only those of this lead.
        limit: At most so many.
        skip: How many of the first are left out: those of the pages before.
    """
    query = (
        select(HandOff, Lead, Rep.email, Wait)
        .join(Lead, Lead.id == HandOff.lead_id)
        .outerjoin(Rep, Rep.id == HandOff.responsible_id)
        .outerjoin(Wait, (Wait.hand_off_id == HandOff.id) & (Wait.state == WaitState.OPEN))
        .order_by(HandOff.due_at.asc().nulls_last(), HandOff.opened_at.desc(), HandOff.id)
        .limit(limit)
        .offset(skip)
    )
    if state is not None:
        query = query.where(HandOff.state == state)
    if lead_id is not None:
        query = query.where(HandOff.lead_id == lead_id)
    return [_line(*row) for row in session.execute(query)]


def count_hand_offs(session: Session, state: HandOffState | None = HandOffState.OPEN) -> int:
    """Return how many hand-offs there are in this state; None for all."""
    query = select(func.count()).select_from(HandOff)
    if state is not None:
        query = query.where(HandOff.state == state)
    return session.execute(query).scalar_one()


def show_hand_off(session: Session, hand_off_id: uuid.UUID) -> HandOffView:
    """Return one hand-off in full.

    Raises:
        NotFoundError: No such hand-off.
    """
    sdr, ae, responsible = aliased(Rep), aliased(Rep), aliased(Rep)
    row = session.execute(
        select(HandOff, Lead, responsible.email, Wait, sdr.email, ae.email)
        .join(Lead, Lead.id == HandOff.lead_id)
        .join(sdr, sdr.id == HandOff.sdr_id)
        .outerjoin(ae, ae.id == HandOff.ae_id)
        .outerjoin(responsible, responsible.id == HandOff.responsible_id)
        .outerjoin(Wait, (Wait.hand_off_id == HandOff.id) & (Wait.state == WaitState.OPEN))
        .where(HandOff.id == hand_off_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(
            f"There is no hand-off {hand_off_id}. 'baton status' lists those that are open."
        )
    hand_off, lead, responsible_email, wait, sdr_email, ae_email = row
    return HandOffView(
        line=_line(hand_off, lead, responsible_email, wait),
        agreement_id=hand_off.agreement_id,
        sdr=sdr_email,
        ae=ae_email,
        technique=hand_off.technique,
        introduced_at=hand_off.introduced_at,
        ae_engaged_at=hand_off.ae_engaged_at,
        close_reason=hand_off.close_reason,
        flow_run_id=hand_off.flow_run_id,
        stages_done=_stages(session, hand_off_id),
        waits=_waits(session, hand_off_id),
        meetings=_meetings(session, hand_off_id),
        messages=_messages(session, hand_off_id),
        outcomes=_outcomes(session, hand_off_id),
    )


def _line(hand_off: HandOff, lead: Lead, responsible: str | None, wait: Wait | None) -> HandOffLine:
    is_open = hand_off.state == HandOffState.OPEN
    owed = wait.subject if wait else hand_off.next_step
    return HandOffLine(
        id=hand_off.id,
        lead_id=lead.id,
        lead=lead_name(lead),
        email=lead.email,
        company=lead.company,
        state=hand_off.state,
        stage=hand_off.stage,
        waits_for=owed if is_open else hand_off.close_reason,
        wait_kind=wait.kind if wait else None,
        responsible=responsible if is_open else None,
        due_at=hand_off.due_at if is_open else None,
        opened_at=hand_off.opened_at,
        closed_at=hand_off.closed_at,
    )


def _stages(session: Session, hand_off_id: uuid.UUID) -> list[str]:
    return list(
        session.scalars(
            select(StageDone.stage)
            .where(StageDone.hand_off_id == hand_off_id)
            .order_by(StageDone.at, StageDone.stage)
        )
    )


def _waits(session: Session, hand_off_id: uuid.UUID) -> list[WaitView]:
    rows = session.execute(
        select(Wait, Rep.email)
        .join(Rep, Rep.id == Wait.responsible_id)
        .where(Wait.hand_off_id == hand_off_id)
        .order_by(Wait.id)
    )
    return [
        WaitView(
            id=wait.id,
            kind=wait.kind,
            subject=wait.subject,
            state=wait.state,
            responsible=email,
            opened_at=wait.opened_at,
            not_before=wait.not_before,
            due_at=wait.due_at,
            decision=wait.decision,
            decided_by=wait.decided_by,
            decided_at=wait.decided_at,
            questions=wait.questions,
        )
        for wait, email in rows
    ]


def _meetings(session: Session, hand_off_id: uuid.UUID) -> list[MeetingView]:
    meetings = session.scalars(
        select(Meeting).where(Meeting.hand_off_id == hand_off_id).order_by(Meeting.ordinal)
    )
    return [
        MeetingView(
            uid=meeting.uid,
            ordinal=meeting.ordinal,
            state=meeting.state,
            starts_at=meeting.during.lower,
            ends_at=meeting.during.upper,
            location=meeting.location,
            attendance=_attendance(session, meeting.id),
            counters=_counters(session, meeting.id),
        )
        for meeting in meetings
    ]


def _counters(session: Session, meeting_id: int) -> list[CounterView]:
    rows = session.scalars(
        select(CounterProposal)
        .where(CounterProposal.meeting_id == meeting_id)
        .order_by(CounterProposal.id)
    )
    return [
        CounterView(
            side=row.side,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            comment=row.comment,
            state=row.state,
            why=row.why,
            at=row.at,
        )
        for row in rows
    ]


def _attendance(session: Session, meeting_id: int) -> list[AttendanceView]:
    rows = session.scalars(
        select(AttendanceRow)
        .where(AttendanceRow.meeting_id == meeting_id)
        .order_by(AttendanceRow.side, AttendanceRow.email)
    )
    return [AttendanceView(email=r.email, side=r.side, reply=r.reply, at=r.at) for r in rows]


def _messages(session: Session, hand_off_id: uuid.UUID) -> list[MessageView]:
    sent = session.scalars(select(Effect).where(Effect.hand_off_id == hand_off_id))
    came = session.scalars(select(InboundMessage).where(InboundMessage.hand_off_id == hand_off_id))
    messages = [
        MessageView("out", row.kind, row.state, row.settled_at or row.intended_at, row.error)
        for row in sent
    ]
    messages += [
        MessageView("in", row.message_class, _received(row), row.received_at, None) for row in came
    ]
    return sorted(messages, key=lambda message: message.at)


def _received(row: InboundMessage) -> str:
    """Say what is worth knowing of a message beside its kind."""
    if row.returns_on is not None:
        return f"received, back on {row.returns_on.isoformat()}"
    if row.look is not None and row.settled_at is None:
        return f"received, needs a look (baton inbox show {row.id})"
    return f"received, {row.bounce}" if row.bounce else "received"


def _outcomes(session: Session, hand_off_id: uuid.UUID) -> list[OutcomeView]:
    rows = session.execute(
        select(Outcome, Rep.email)
        .join(Rep, Rep.id == Outcome.rep_id)
        .where(Outcome.hand_off_id == hand_off_id)
        .order_by(Outcome.id)
    )
    return [
        OutcomeView(
            kind=outcome.kind,
            verdicts=outcome.verdicts,
            unmet=outcome.unmet,
            feedback=outcome.feedback,
            by=email,
            at=outcome.at,
        )
        for outcome, email in rows
    ]
