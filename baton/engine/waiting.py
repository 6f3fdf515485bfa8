"""Opening waits with the agreement's promises: who owes what by when, and what follows if not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from baton.domain.hand_off import WaitKind
from baton.engine.stage import Work
from baton.rulebook.agreement import Promise
from baton.runtime import Runtime
from baton.store.decisions import record_decision
from baton.store.tables import HandOff, Wait
from baton.store.waits import WaitFor, open_wait

ACCEPT = "accept the invite and answer the introduction"
"""What the AE owes once an invite is out."""
SAY = "say whether the time that the lead proposes suits"
"""What the AE owes while the lead proposes another time."""


def open_promise(
    work: Work,
    session: Session,
    hand_off: HandOff,
    kind: WaitKind,
    *,
    subject: str,
    responsible_id: int,
    questions: Sequence[dict[str, str]] = (),
    since: datetime | None = None,
    ask_at_start: bool = False,
    promise: Promise | None = None,
    on_expiry: str | None = None,
) -> Wait:
    """Open a wait whose due time and reminders the agreement's promise of that kind gives.

    How the due time came about is stored as a decision (I8).

    Args:
        work: The stage's work.
        session: Its transaction.
        hand_off: The hand-off that waits.
        kind: What is waited for; names the promise.
        subject: The same for people, as a verb phrase.
        responsible_id: The rep who owes it.
        questions: Open questions, for `WaitKind.ANSWERS`.
        since: Aware UTC instant at which the clock starts; now unless given.
        ask_at_start: The first reminder, at `since`, is the request itself.
        promise: For a kind that the agreement's promises say nothing of.
        on_expiry: The decision when it is overdue, if the promise does not say it.
    """
    if promise is None:
        agreed: Promise = getattr(work.agreement(session, hand_off).promises, kind.value)
        promise = agreed
    start = since or work.now()
    told = promise.escalate_after_minutes
    later = sorted((*promise.remind_after_minutes, *([] if told is None else [told])))
    after = (*([0] if ask_at_start else []), *later)
    wait_for = WaitFor(
        kind=kind,
        subject=subject,
        responsible_id=responsible_id,
        due_at=start + timedelta(minutes=promise.within_minutes),
        on_expiry=on_expiry or promise.on_expiry,
        not_before=start,
        remind_at=tuple(start + timedelta(minutes=minutes) for minutes in after),
        questions=tuple(questions),
    )
    _keep_due_time(session, hand_off, wait_for, promise, at=work.now())
    return open_wait(session, hand_off, wait_for, at=work.now())


def _keep_due_time(
    session: Session, hand_off: HandOff, wait_for: WaitFor, promise: Promise, *, at: datetime
) -> None:
    since, within = wait_for.not_before, promise.within_minutes
    record_decision(
        session,
        hand_off,
        "due",
        at=at,
        as_of=since,
        facts={
            "promise": wait_for.kind,
            "since": since.isoformat(),
            **promise.model_dump(mode="json"),
        },
        result={
            "due_at": wait_for.due_at.isoformat(),
            "responsible_id": wait_for.responsible_id,
        },
        reasons=[f"the agreement promises: {wait_for.subject} within {within} minutes"],
    )


def answer_variables(runtime: Runtime, hand_off: HandOff, command: str) -> dict[str, str]:
    """Return where and how a person answers, for the texts."""
    return {
        "answer_url": f"{runtime.base_url}/api/hand-offs/{hand_off.id}",
        "answer_command": f"baton {command} {hand_off.id}",
    }
