"""What people do to hand-offs; the pages, the CLI, the API and Prefect's form all come here (I10).

Every function records the decision in our tables first and wakes the sleeping run afterwards, so
a crash between the two loses nothing: the sweep wakes what was decided.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.hand_off import HandOffState, WaitKind, WaitState
from baton.domain.lead import LeadStatus, Place
from baton.domain.meeting import OutcomeKind
from baton.domain.rep import Role
from baton.engine import following_up
from baton.engine.awaiting import was_agreed
from baton.engine.calling_off import call_off
from baton.engine.checking import (
    checked_address,
    checked_answers,
    checked_verdicts,
    rep_among,
    tolerated_of,
)
from baton.engine.connecting import say_connected
from baton.engine.countering import answer_counter
from baton.engine.deciding import wake_hand_off
from baton.engine.following_up import give_up
from baton.engine.inviting import times_of
from baton.engine.offering import choose_time, offer_times
from baton.engine.opting_out import opt_out
from baton.engine.presence import set_presence
from baton.engine.queueing import name_ae
from baton.engine.runs import launch
from baton.errors import EngineUnavailableError, InputError, RefusedError
from baton.rulebook.active import active_agreement, agreement_of
from baton.runtime import Runtime
from baton.store.dead_addresses import dead_among, is_alive_again
from baton.store.hand_offs import Ending, close_hand_off, hand_off_for_update, open_hand_off
from baton.store.intake import holders_by_email
from baton.store.leads import change_lead, lead_for_update
from baton.store.meetings import latest_meeting
from baton.store.outcomes import record_outcome
from baton.store.tables import HandOff, Meeting, Wait
from baton.store.waits import decide, latest_wait, open_wait_of

__all__ = [
    "answer_counter",
    "answer_questions",
    "approve",
    "cancel_hand_off",
    "choose_time",
    "correct_contact",
    "give_up",
    "launch_hand_off",
    "log_attempt",
    "name_ae",
    "offer_times",
    "opt_out",
    "report_outcome",
    "say_connected",
    "set_presence",
    "start_hand_off",
]


def start_hand_off(runtime: Runtime, lead_id: int, *, by: str) -> uuid.UUID:
    """Open a hand-off for a waiting or nurtured lead and launch its flow run; twice is once.

    If the engine is down the hand-off is open all the same, and the sweep launches it.

    Raises:
        NotFoundError: No such lead.
        RefusedError: The lead is elsewhere (the message says where).
        NotSignedError: No signed agreement is active (I9).
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        agreement_id, agreement = active_agreement(session)
        due_at = now + timedelta(minutes=agreement.promises.step.within_minutes)
        hand_off = open_hand_off(
            session, lead_id, agreement_id=agreement_id, by=by, at=now, due_at=due_at
        )
        hand_off_id = hand_off.id
    launch_hand_off(runtime, hand_off_id)
    return hand_off_id


def launch_hand_off(runtime: Runtime, hand_off_id: uuid.UUID) -> bool:
    """Create the flow run of an open hand-off; return False if the engine is down."""
    try:
        flow_run_id = launch(runtime.settings, hand_off_id)
    except EngineUnavailableError:
        return False
    with runtime.transaction() as session:
        session.get_one(HandOff, hand_off_id).flow_run_id = flow_run_id
    return True


def cancel_hand_off(runtime: Runtime, hand_off_id: uuid.UUID, *, by: str, reason: str) -> None:
    """Close the hand-off as cancelled; the lead goes to nurture, an open invite is called off.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It is closed already, or its meeting is over: then the outcome ends it (I3).
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        hand_off = hand_off_for_update(session, hand_off_id)
        meeting = latest_meeting(session, hand_off_id)
        if meeting is not None and _was_held(meeting, by=now):
            raise RefusedError(
                f"The meeting of hand-off {hand_off_id} is over; its outcome ends the hand-off "
                "('baton outcome'), so that the lead does not go back without feedback."
            )
        nurture = agreement_of(session, hand_off.agreement_id).nurture
        ending = Ending(
            HandOffState.CANCELLED,
            reason,
            Place.NURTURE,
            status=LeadStatus.NURTURE,
            check_in_on=(now + timedelta(days=nurture.not_qualified_days)).date(),
        )
        call_off(runtime, session, hand_off)
        close_hand_off(session, hand_off, ending, by=by, at=now)
    wake_hand_off(runtime, hand_off_id)


def _was_held(meeting: Meeting, *, by: datetime) -> bool:
    return was_agreed(meeting) and times_of(meeting)[1] <= by


def approve(
    runtime: Runtime, hand_off_id: uuid.UUID, *, approved: bool, by: str, note: str = ""
) -> None:
    """Record an approver's decision and wake the run.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for an approval, or `by` is not an approver or manager.
    """
    with runtime.transaction() as session:
        wait = open_wait_of(session, hand_off_id, WaitKind.APPROVAL)
        rep_among(session, by, Role.APPROVER, Role.MANAGER)
        decision = "approve" if approved else "reject"
        decide(wait, decision, by=by, at=runtime.clock.now(), detail={"note": note})
    wake_hand_off(runtime, hand_off_id)


def answer_questions(
    runtime: Runtime, hand_off_id: uuid.UUID, *, answers: Mapping[str, Any], by: str
) -> None:
    """Record answers to open questions as facts of the lead and wake the run.

    Args:
        answers: Fact name to value, of the fact's type; an empty mapping gives the lead up.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for answers, or `by` is not an SDR or manager.
        InputError: A name is not a fact that can be answered, or a value is not of its type.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        wait = open_wait_of(session, hand_off_id, WaitKind.ANSWERS)
        rep_among(session, by, Role.SDR, Role.MANAGER)
        hand_off = hand_off_for_update(session, hand_off_id)
        agreement = agreement_of(session, hand_off.agreement_id)
        known = {k: v for k, v in checked_answers(agreement, answers).items() if v is not None}
        if known:
            lead = lead_for_update(session, hand_off.lead_id)
            change_lead(session, lead, {"answers": {**lead.answers, **known}}, by=by, at=now)
        decide(wait, "answered" if known else "give_up", by=by, at=now, detail=dict(answers))
    wake_hand_off(runtime, hand_off_id)


def correct_contact(runtime: Runtime, hand_off_id: uuid.UUID, *, email: str, by: str) -> None:
    """Record the lead's other address after mail to the first came back, and wake the run.

    An address that was dead counts as working again, because a person says so.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for an address, `by` is not an SDR or manager, or the
            address belongs to another lead.
        InputError: It is no mail address.
    """
    address = checked_address(email, runtime.settings.default_country)
    if "@" not in address:
        raise InputError("That is a phone number; give a mail address.")
    now = runtime.clock.now()
    with runtime.transaction() as session:
        wait = _contact_wait(session, hand_off_id)
        rep_among(session, by, Role.SDR, Role.MANAGER)
        lead = lead_for_update(session, hand_off_for_update(session, hand_off_id).lead_id)
        holder = holders_by_email(session, [address]).get(address)
        if holder is not None and holder.lead_id != lead.id:
            raise RefusedError(
                f"That address belongs to lead {holder.lead_id}. Cancel this hand-off and go on "
                "with that lead, or give another address."
            )
        is_alive_again(session, address, by=by, at=now)
        change_lead(session, lead, {"email": address}, by=by, at=now)
        is_waited_for = wait is not None and decide(wait, "corrected", by=by, at=now)
    if is_waited_for:
        wake_hand_off(runtime, hand_off_id)


def _contact_wait(session: Session, hand_off_id: uuid.UUID) -> Wait | None:
    """Return the open wait for an address; None if the hand-off waits for something else.

    Raises:
        RefusedError: It needs no other address: the lead's own is not dead.
    """
    hand_off = hand_off_for_update(session, hand_off_id)
    email = lead_for_update(session, hand_off.lead_id).email
    waits = latest_wait(session, hand_off_id, WaitKind.CONTACT)
    is_asked = waits is not None and waits.state == WaitState.OPEN
    is_open = hand_off.state == HandOffState.OPEN
    if is_asked or not is_open or not dead_among(session, [email or ""]):
        return open_wait_of(session, hand_off_id, WaitKind.CONTACT)
    return None


def report_outcome(
    runtime: Runtime,
    hand_off_id: uuid.UUID,
    *,
    kind: OutcomeKind,
    verdicts: Mapping[str, str],
    feedback: str,
    by: str,
) -> None:
    """Record what the AE says after the meeting and wake the run.

    Args:
        verdicts: Criterion id to "met", "unmet" or "unknown"; for `MET` and `NOT_MET` every
            required criterion of the hand-off's agreement must be there.
        feedback: The AE's words; required for `NOT_MET` (I3).
        by: The AE's e-mail address.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for an outcome, the meeting is not over, or `by` is not its
            AE (or a manager).
        InputError: Verdicts are missing, or do not fit the kind.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        wait = open_wait_of(session, hand_off_id, WaitKind.OUTCOME)
        hand_off = hand_off_for_update(session, hand_off_id)
        rep = rep_among(session, by, Role.AE, Role.MANAGER)
        if rep.role == Role.AE and rep.id != hand_off.ae_id:
            raise RefusedError(f"{by} is not the AE of hand-off {hand_off_id}.")
        if now < wait.not_before:
            raise RefusedError(
                f"The meeting of hand-off {hand_off_id} ends at {wait.not_before.isoformat()}; "
                "its outcome can be given after that."
            )
        meeting = latest_meeting(session, hand_off_id)
        assert meeting is not None
        agreement = agreement_of(session, hand_off.agreement_id)
        record_outcome(
            session,
            meeting,
            rep_id=rep.id,
            kind=kind,
            verdicts=checked_verdicts(agreement, kind, verdicts, feedback),
            feedback=feedback,
            at=now,
            tolerated=tolerated_of(agreement),
        )
        decide(wait, kind, by=by, at=now)
    wake_hand_off(runtime, hand_off_id)


def log_attempt(
    runtime: Runtime, lead_id: int, *, channel: str, by: str, note: str = "", key: str | None = None
) -> bool:
    """Record that a rep tried to reach the lead (D6); `key` makes it once.

    Returns:
        Whether it is new.

    Raises:
        NotFoundError: No such lead.
        RefusedError: `by` is not a rep.
    """
    with runtime.transaction() as session:
        lead = lead_for_update(session, lead_id)
        return following_up.log_attempt(
            session,
            lead_id=lead.id,
            hand_off_id=None,
            rep=rep_among(session, by, *Role),
            channel=channel.strip().lower(),
            at=runtime.clock.now(),
            note=note,
            key=key or str(uuid.uuid4()),
        )
