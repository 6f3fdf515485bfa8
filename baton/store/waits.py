"""Waiting for a person: opening, deciding, reminding and expiring."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Integer, bindparam, cast, func, select
from sqlalchemy.orm import Session

from baton.domain.hand_off import WaitKind, WaitState
from baton.errors import RefusedError
from baton.store.hand_offs import hand_off_for_update
from baton.store.tables import HandOff, Wait

_LATEST = (
    select(Wait)
    .where(Wait.hand_off_id == bindparam("of"), Wait.kind == bindparam("sought"))
    .order_by(Wait.ordinal.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class WaitFor:
    """What is waited for.

    Attributes:
        kind: What the person must do.
        subject: The same for people: "Answer the open questions".
        responsible_id: The rep who owes it.
        due_at: Aware UTC instant by which it is owed.
        on_expiry: "escalate", or the decision that is recorded when it is overdue.
        not_before: Nothing is owed earlier (the end of the meeting, for an outcome).
        remind_at: Aware UTC instants of reminders, in order.
        questions: Open questions: `{"criterion", "ask"}`.
    """

    kind: WaitKind
    subject: str
    responsible_id: int
    due_at: datetime
    on_expiry: str
    not_before: datetime
    remind_at: tuple[datetime, ...] = ()
    questions: tuple[dict[str, str], ...] = field(default=())


def open_wait(session: Session, hand_off: HandOff, wait_for: WaitFor, *, at: datetime) -> Wait:
    """Open the next wait of its kind and make it the hand-off's next step (I5)."""
    before = (
        select(func.count())
        .where(Wait.hand_off_id == hand_off.id, Wait.kind == wait_for.kind)
        .scalar_subquery()
    )
    wait = Wait(
        hand_off_id=hand_off.id,
        kind=wait_for.kind,
        ordinal=before + 1,
        subject=wait_for.subject,
        responsible_id=wait_for.responsible_id,
        opened_at=at,
        not_before=wait_for.not_before,
        due_at=wait_for.due_at,
        remind_at=[instant.isoformat() for instant in wait_for.remind_at],
        on_expiry=wait_for.on_expiry,
        questions=list(wait_for.questions),
    )
    session.add(wait)
    hand_off.next_step = wait_for.subject
    hand_off.responsible_id = wait_for.responsible_id
    hand_off.due_at = wait_for.due_at
    session.flush()
    return wait


def latest_wait(session: Session, hand_off_id: uuid.UUID, kind: WaitKind) -> Wait | None:
    """Return the newest wait of this kind, whatever its state."""
    return session.scalar(_LATEST, {"of": hand_off_id, "sought": kind})


def count_decided(session: Session, hand_off_id: uuid.UUID, kind: WaitKind, decision: str) -> int:
    """Return how many of the hand-off's waits of this kind came to this decision."""
    found = session.scalar(
        select(func.count()).where(
            Wait.hand_off_id == hand_off_id, Wait.kind == kind, Wait.decision == decision
        )
    )
    return found or 0


def open_waits(session: Session, kind: WaitKind) -> Sequence[Wait]:
    """Return the open waits of this kind, the oldest first."""
    return session.scalars(
        select(Wait).where(Wait.kind == kind, Wait.state == WaitState.OPEN).order_by(Wait.id)
    ).all()


def open_wait_of(session: Session, hand_off_id: uuid.UUID, kind: WaitKind) -> Wait:
    """Return the open wait of this kind, locked after its hand-off as everywhere else.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: The hand-off does not wait for this; the message says what it does.
    """
    hand_off = hand_off_for_update(session, hand_off_id)
    wait = session.scalar(
        select(Wait)
        .where(Wait.hand_off_id == hand_off_id, Wait.state == WaitState.OPEN)
        .with_for_update()
    )
    if wait is None or wait.kind != kind:
        doing = f"it waits for {wait.kind}" if wait else f"it is {hand_off.state}"
        raise RefusedError(f"Hand-off {hand_off_id} does not wait for {kind}: {doing}.")
    return wait


def decide(
    wait: Wait, decision: str, *, by: str, at: datetime, detail: dict[str, Any] | None = None
) -> bool:
    """Record the decision; the first one stands.

    Returns:
        Whether this call decided. False if it was decided before.
    """
    if wait.state != WaitState.OPEN:
        return False
    wait.state = WaitState.DECIDED
    wait.decision = decision
    wait.decision_detail = detail or {}
    wait.decided_by = by
    wait.decided_at = at
    return True


def expire(wait: Wait, *, at: datetime) -> bool:
    """Record that nobody decided in time; the wait's own rule says what follows."""
    if wait.state != WaitState.OPEN:
        return False
    wait.state = WaitState.EXPIRED
    wait.decision = wait.on_expiry
    wait.decision_detail = {}
    wait.decided_by = "baton"
    wait.decided_at = at
    return True


def overdue_waits(session: Session, *, at: datetime, limit: int = 500) -> Sequence[Wait]:
    """Return open waits past their due time that nothing has been done about, locked."""
    return session.scalars(
        select(Wait)
        .where(
            Wait.state == WaitState.OPEN,
            Wait.due_at <= at,
            (Wait.on_expiry != "escalate") | Wait.escalated_at.is_(None),
        )
        .order_by(Wait.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def waits_to_remind(session: Session, *, at: datetime, limit: int = 500) -> Sequence[Wait]:
    """Return open waits with a reminder due by `at` that has not gone out, locked."""
    position = cast(Wait.reminded, Integer)
    next_reminder = cast(Wait.remind_at[position].astext, DateTime(timezone=True))
    return session.scalars(
        select(Wait)
        .where(Wait.state == WaitState.OPEN, next_reminder <= at)
        .order_by(Wait.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
