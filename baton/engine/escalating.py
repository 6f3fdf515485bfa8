"""What is done about a promise: its reminders, and after a breach its escalation, step by step."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, HandOffState, WaitKind
from baton.domain.promise import EVENT_NAMES, Act, Event
from baton.engine.assigning import may_go_to_another
from baton.engine.mailing import Mail, mail_intent
from baton.engine.people import manager_of, people_of, rep_variables
from baton.engine.replacing import REPLACED
from baton.engine.waiting import answer_variables
from baton.errors import PermanentError, RefusedError
from baton.rulebook.sla_part import Sla
from baton.runtime import Runtime
from baton.store.effects import intend
from baton.store.tables import HandOff, PromiseRow, Rep
from baton.store.waits import decide, open_wait_of

logger = logging.getLogger(__name__)
OWED = {
    Event.QUESTIONS_ANSWERED: ("answer the open questions", "answer"),
    Event.APPROVAL_DECIDED: ("decide whether the lead may be introduced", "approve"),
    Event.FIRST_TOUCH: ("try to reach the lead", "attempt"),
    Event.INTRODUCTION_ANSWERED: ("answer the introduction", "status"),
    Event.INVITE_ACCEPTED_BY_AE: ("accept the invite", "status"),
    Event.INVITE_ACCEPTED: ("see that both accept the invite", "status"),
    Event.OUTCOME_SAID: ("say what the meeting came to", "outcome"),
    Event.RETURNED: ("see that the SDR has the lead back, with the feedback", "status"),
}
"""What a person has to do for an event, and the command to do it or to see where it stands."""


class Done(StrEnum):
    """What was done about a promise."""

    REMINDED = "reminded"
    ESCALATED = "escalated"


def act(
    runtime: Runtime, session: Session, hand_off: HandOff, sla: Sla, row: PromiseRow
) -> Done | None:
    """Do the promise's next act, unless nobody owes it any more; return what was done.

    What cannot be done is reported, so that the others go on.
    """
    if hand_off.state != HandOffState.OPEN or not row.is_measured:
        return None
    step = Act(row.acts[row.acted]["act"])
    is_late = row.acted < len(sla.remind_before_minutes) and row.due_at <= runtime.clock.now()
    if is_late:
        return None
    try:
        with session.begin_nested():
            return _ACTS[step](runtime, session, hand_off, sla, row)
    except PermanentError as error:
        logger.error("Promise %d: '%s' could not be done: %s", row.id, step, error)  # noqa: TRY400 (a person's work, no fault)
        return None


def _remind(
    runtime: Runtime, session: Session, hand_off: HandOff, sla: Sla, row: PromiseRow
) -> Done:
    owing = session.get_one(Rep, row.responsible_id)
    variables = {**_about(runtime, session, hand_off, sla, row), "to": rep_variables(owing)}
    mail = _mail("reminder", row, variables, owing)
    intend(session, mail_intent(runtime, hand_off, mail), at=runtime.clock.now())
    return Done.REMINDED


def _tell_manager(
    runtime: Runtime, session: Session, hand_off: HandOff, sla: Sla, row: PromiseRow
) -> Done:
    owing = session.get_one(Rep, row.responsible_id)
    manager = manager_of(session, owing)
    variables = {
        **_about(runtime, session, hand_off, sla, row),
        "to": rep_variables(manager),
        "responsible": rep_variables(owing),
        "is_overdue": True,
    }
    mail = _mail("escalation", row, variables, manager)
    intend(session, mail_intent(runtime, hand_off, mail), at=runtime.clock.now())
    return Done.ESCALATED


def _reassign(
    runtime: Runtime, session: Session, hand_off: HandOff, sla: Sla, row: PromiseRow
) -> Done:
    """Have another AE take over, by the routing; the manager is told where nobody can.

    The run goes on from the wait for the invite: it gives the lead to another AE, who gets the
    whole context, introduces them, and proposes a time; the sweep wakes it.
    """
    now = runtime.clock.now()
    try:
        wait = open_wait_of(session, hand_off.id, WaitKind.ACCEPTANCE)
    except RefusedError:
        return _tell_manager(runtime, session, hand_off, sla, row)
    if hand_off.ae_id != row.responsible_id:
        return _tell_manager(runtime, session, hand_off, sla, row)
    row.replaced_at = now
    session.flush()
    if not may_go_to_another(session, hand_off, at=now):
        row.replaced_at = None
        return _tell_manager(runtime, session, hand_off, sla, row)
    decide(wait, REPLACED, by="baton", at=now, detail={"promise": row.id})
    return Done.ESCALATED


_ACTS = {Act.REMIND: _remind, Act.MANAGER: _tell_manager, Act.REASSIGN: _reassign}


def _mail(template: str, row: PromiseRow, variables: dict[str, Any], to: Rep) -> Mail:
    ordinal = f"{template}-promise-{row.id}-{row.acted + 1}"
    return Mail(EffectKind.NOTICE, ordinal, template, variables, to=[(to.name, to.email)])


def _about(
    runtime: Runtime, session: Session, hand_off: HandOff, sla: Sla, row: PromiseRow
) -> dict[str, Any]:
    what, command = OWED.get(sla.until, (f"see that {EVENT_NAMES[sla.until]}", "status"))
    return {
        "lead": people_of(session, hand_off).variables()["lead"],
        "what": what,
        "due_at": row.due_at,
        **answer_variables(runtime, hand_off, command),
    }
