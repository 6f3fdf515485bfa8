"""When a person must approve, and what the approver is told."""

from __future__ import annotations

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind
from baton.engine.context import judged_variables
from baton.engine.mailing import Mail, mail_intent
from baton.engine.people import people_of, rep_variables
from baton.engine.stage import Work
from baton.engine.waiting import answer_variables
from baton.rulebook.active import agreement_of
from baton.rulebook.judged import latest_qualification
from baton.store.effects import Intent
from baton.store.tables import HandOff, Rep, Wait


def asks_for_approval(session: Session, hand_off: HandOff) -> bool:
    """Return whether the agreement asks for an approval of this lead."""
    agreement = agreement_of(session, hand_off.agreement_id)
    if agreement.approval.when != "borderline":
        return agreement.approval.when == "always"
    decision = latest_qualification(session, hand_off.lead_id)
    assert decision is not None, "score stores a decision before anything reads it"
    enough = agreement.scoring.hand_off_at + agreement.approval.borderline_points
    return bool(decision.result["total_points"] < enough)


def approval_mail(work: Work, session: Session, hand_off: HandOff, wait: Wait) -> Intent:
    """Return the mail that asks the approver."""
    people = people_of(session, hand_off)
    approver = session.get_one(Rep, wait.responsible_id)
    judged = judged_variables(session, hand_off)
    return mail_intent(
        work.runtime,
        hand_off,
        Mail(
            EffectKind.NOTICE,
            f"approval-{wait.ordinal}",
            "approval_request",
            {
                **people.variables(),
                **judged,
                "approver": rep_variables(approver),
                "due_at": wait.due_at,
                **answer_variables(work.runtime, hand_off, "approve"),
            },
            to=[(approver.name, approver.email)],
        ),
    )
