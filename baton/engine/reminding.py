"""The mails that keep people to what they owe: requests, reminders, escalations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, WaitKind
from baton.domain.meeting import Attendance
from baton.engine.inviting import times_of
from baton.engine.mailing import Mail, mail_intent
from baton.engine.people import manager_of, people_of, rep_variables
from baton.engine.waiting import SAY, answer_variables
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Promise
from baton.runtime import Runtime
from baton.store.attendance import attendance_of
from baton.store.effects import Intent, intend
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff, Rep, Wait

COMMANDS = {
    WaitKind.ANSWERS: "answer",
    WaitKind.APPROVAL: "approve",
    WaitKind.CONTACT: "contact",
    WaitKind.ASSIGNMENT: "assign",
    WaitKind.ACCEPTANCE: "status",
    WaitKind.OUTCOME: "outcome",
    WaitKind.CONNECT: "connected",
}


def remind(runtime: Runtime, session: Session, hand_off: HandOff, wait: Wait) -> None:
    """Intend what is due of an open wait: its next reminder, or the word to the manager."""
    now = runtime.clock.now()
    if not _is_escalation(session, hand_off, wait):
        intend(session, reminder(runtime, session, hand_off, wait), at=now)
    elif _owed_by_us(session, hand_off, wait):
        intend(session, escalation(runtime, session, hand_off, wait), at=now)
        wait.escalated_at = now
    wait.reminded += 1


def _is_escalation(session: Session, hand_off: HandOff, wait: Wait) -> bool:
    """Return whether what is due now is the word to the manager, by the hand-off's agreement."""
    promises = agreement_of(session, hand_off.agreement_id).promises
    promise: Promise | None = getattr(promises, wait.kind, None)
    if promise is None or promise.escalate_after_minutes is None:
        return False
    due_at = wait.not_before + timedelta(minutes=promise.escalate_after_minutes)
    return datetime.fromisoformat(wait.remind_at[wait.reminded]) == due_at


def _owed_by_us(session: Session, hand_off: HandOff, wait: Wait) -> str | None:
    """Return what the responsible rep still has to do; None if only the lead is waited for."""
    if wait.kind != WaitKind.ACCEPTANCE:
        return wait.subject
    if wait.subject == SAY:
        return SAY
    meeting = latest_meeting(session, hand_off.id)
    said = attendance_of(session, meeting.id) if meeting else {}
    missing = [] if said.get("ae") is Attendance.ACCEPTED else ["accept the invite"]
    missing += [] if hand_off.ae_engaged_at else ["answer the introduction"]
    return " and ".join(missing) or None


def reminder(runtime: Runtime, session: Session, hand_off: HandOff, wait: Wait) -> Intent:
    """Return the wait's next reminder; the first one of an outcome is the request itself."""
    responsible = session.get_one(Rep, wait.responsible_id)
    to = [(responsible.name, responsible.email)]
    ordinal = f"{wait.kind}-{wait.ordinal}-{wait.reminded + 1}"
    if wait.kind == WaitKind.OUTCOME and wait.reminded == 0:
        variables = _outcome_variables(runtime, session, hand_off, wait)
        mail = Mail(EffectKind.OUTCOME_REQUEST, ordinal, "outcome_request", variables, to=to)
        return mail_intent(runtime, hand_off, mail)
    variables = {
        **_about(runtime, session, hand_off, wait),
        "to": rep_variables(responsible),
    }
    mail = Mail(EffectKind.NOTICE, f"reminder-{ordinal}", "reminder", variables, to=to)
    return mail_intent(runtime, hand_off, mail)


def escalation(runtime: Runtime, session: Session, hand_off: HandOff, wait: Wait) -> Intent:
    """Return the mail that tells the manager of an overdue wait."""
    responsible = session.get_one(Rep, wait.responsible_id)
    manager = manager_of(session, responsible)
    variables = {
        **_about(runtime, session, hand_off, wait),
        "to": rep_variables(manager),
        "responsible": rep_variables(responsible),
        "is_overdue": runtime.clock.now() >= wait.due_at,
    }
    mail = Mail(
        EffectKind.NOTICE,
        f"escalation-{wait.kind}-{wait.ordinal}",
        "escalation",
        variables,
        to=[(manager.name, manager.email)],
    )
    return mail_intent(runtime, hand_off, mail)


def _about(runtime: Runtime, session: Session, hand_off: HandOff, wait: Wait) -> dict[str, Any]:
    if wait.kind == WaitKind.CALENDAR:
        answering = {"answer_command": "baton doctor"}
    else:
        command = "counter" if wait.subject == SAY else COMMANDS[WaitKind(wait.kind)]
        answering = answer_variables(runtime, hand_off, command)
    return {
        "lead": people_of(session, hand_off).variables()["lead"],
        "what": _owed_by_us(session, hand_off, wait) or "see that the lead accepts the invite",
        "due_at": wait.due_at,
        **answering,
    }


def _outcome_variables(
    runtime: Runtime, session: Session, hand_off: HandOff, wait: Wait
) -> dict[str, Any]:
    meeting = latest_meeting(session, hand_off.id)
    assert meeting is not None
    criteria = agreement_of(session, hand_off.agreement_id).sales_qualified
    return {
        **people_of(session, hand_off).variables(),
        "starts_at": times_of(meeting)[0],
        "criteria": [{"id": c.id, "name": c.name} for c in criteria],
        "due_at": wait.due_at,
        **answer_variables(runtime, hand_off, "outcome"),
    }
