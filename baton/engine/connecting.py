"""AE and lead reach each other without an invite: asked for, proved, or followed by an appointment.

A warm transfer is proved by the AE's word that it connected, within minutes; a call or mail at the
lead's best time likewise; a soft introduction by the answers of both (I1).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.adapters.calendar.slots import Span
from baton.domain.hand_off import EffectKind, WaitKind, WaitState
from baton.domain.lead import LeadStatus
from baton.domain.rep import Role
from baton.domain.technique import NAMES, Technique
from baton.engine.accepting import is_open, locked
from baton.engine.booking import make_suspect
from baton.engine.checking import rep_among
from baton.engine.deciding import wake_hand_off
from baton.engine.following_up import log_attempt
from baton.engine.inviting import times_of
from baton.engine.mailing import crm_intent
from baton.engine.stage import Asleep, Finished, Step, Work
from baton.engine.techniques import go_on_by_appointment
from baton.engine.waiting import open_promise
from baton.errors import RefusedError
from baton.rulebook.agreement import Promise
from baton.runtime import Runtime
from baton.store.connections import connection_of, record_connection, reserved_call
from baton.store.tables import HandOff, Rep, Touch, Wait
from baton.store.waits import decide, latest_wait, open_wait_of

CONNECTED = "connected"
NOT_REACHED = "not_reached"
IN_VAIN = "in_vain"
"""What is recorded when nobody said in time whether the lead was reached."""


def settle_contact(work: Work) -> Step | None:
    """Bring the contact on; None once an appointment is to be proposed."""
    with work.look() as (session, hand_off):
        is_asked = hand_off.technique not in (None, Technique.APPOINTMENT)
        wait = latest_wait(session, hand_off.id, WaitKind.CONNECT)
    if not is_asked:
        return None
    if wait is None:
        return _ask(work)
    if wait.state == WaitState.OPEN:
        return Asleep(wait.id)
    if wait.decision == CONNECTED:
        return _confirm(work)
    with work.transaction() as (session, hand_off):
        go_on_by_appointment(session, hand_off, _in_vain(hand_off, wait), at=work.now())
    return None


def _in_vain(hand_off: HandOff, wait: Wait) -> str:
    name = NAMES[Technique(hand_off.technique or Technique.APPOINTMENT)].lower()
    if wait.decision == NOT_REACHED:
        return f"the {name} did not reach the lead, says {wait.decided_by}"
    return f"nobody connected by the {name} within the agreed time"


def _ask(work: Work) -> Asleep:
    with work.transaction() as (session, hand_off):
        assert hand_off.ae_id is not None
        agreed = work.agreement(session, hand_off).techniques
        call = reserved_call(session, hand_off.id)
        technique = Technique(hand_off.technique or Technique.APPOINTMENT)
        starts_at, ends_at = times_of(call) if call else (work.now(), work.now())
        since, within = starts_at, agreed.soft_introduction.answer_within_minutes
        subject = "answer the introduction, so that the lead answers too"
        if technique is Technique.WARM_TRANSFER:
            within = agreed.warm_transfer.connect_within_minutes
            subject = "call the lead now, and say whether you reached it"
        elif technique is Technique.BEST_TIME:
            within = _minutes((starts_at, ends_at)) + agreed.best_time.answer_within_minutes
            subject = "get in touch with the lead now, and say whether you reached it"
        wait = open_promise(
            work,
            session,
            hand_off,
            WaitKind.CONNECT,
            subject=subject,
            responsible_id=hand_off.ae_id,
            since=since,
            ask_at_start=technique is Technique.BEST_TIME,
            promise=Promise(within_minutes=within, on_expiry="give_up"),
            on_expiry=IN_VAIN,
        )
        return Asleep(wait.id)


def _minutes(span: Span) -> int:
    return int((span[1] - span[0]) / timedelta(minutes=1))


def _confirm(work: Work) -> Step:
    with work.transaction() as (session, hand_off):
        connection = connection_of(session, hand_off.id)
        assert connection is not None
        reason = f"reached by {NAMES[Technique(connection.technique)].lower()}"
        make_suspect(work, session, hand_off, reason)
        note = {
            "title": "AE and lead reached each other",
            "text": f"{reason.capitalize()}, says {connection.said_by}. {connection.note}".strip(),
        }
        known = {"status": LeadStatus.SUSPECT}
        intents = [
            crm_intent(hand_off, EffectKind.CRM_STATUS, "suspect", known),
            crm_intent(hand_off, EffectKind.CRM_NOTE, "connected", note),
        ]
        meeting_id = connection.meeting_id
    work.perform(intents)
    return Finished({"meeting": meeting_id})


def say_connected(
    runtime: Runtime, hand_off_id: uuid.UUID, *, reached: bool, by: str, note: str = ""
) -> None:
    """Record whether the AE reached the lead, and wake the run.

    Args:
        runtime: The installation.
        hand_off_id: The hand-off; it waits for this.
        reached: False proposes an appointment instead, at once.
        by: The AE's, the SDR's or a manager's mail address.
        note: What was said; may be empty.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It does not wait for this, or `by` has nothing to do with it.
    """
    now = runtime.clock.now()
    with runtime.transaction() as session:
        wait = open_wait_of(session, hand_off_id, WaitKind.CONNECT)
        hand_off = session.get_one(HandOff, hand_off_id)
        rep = rep_among(session, by, Role.AE, Role.SDR, Role.MANAGER)
        if rep.role != Role.MANAGER and rep.id not in {hand_off.ae_id, hand_off.sdr_id}:
            raise RefusedError(f"{by} is neither AE nor SDR of hand-off {hand_off_id}.")
        if reached:
            _connect(session, hand_off, by=rep.email, note=note, at=now)
        decide(wait, CONNECTED if reached else NOT_REACHED, by=rep.email, at=now)
    wake_hand_off(runtime, hand_off_id)


def settle_correspondence(session: Session, hand_off: HandOff, *, at: datetime) -> bool:
    """Take a soft introduction as proved once AE and lead both answered; say whether it decided.

    Args:
        session: The transaction.
        hand_off: Locked.
        at: Aware UTC.
    """
    is_soft = hand_off.technique == Technique.SOFT_INTRODUCTION
    if not is_soft or hand_off.ae_engaged_at is None or not _has_answered(session, hand_off):
        return False
    wait = locked(session, latest_wait(session, hand_off.id, WaitKind.CONNECT))
    if wait is None or not is_open(hand_off, wait):
        return False
    _connect(session, hand_off, by="mail", note="", at=at)
    return decide(wait, CONNECTED, by="mail", at=at)


def _has_answered(session: Session, hand_off: HandOff) -> bool:
    answer = select(Touch.id).where(
        Touch.lead_id == hand_off.lead_id,
        Touch.kind == "reply",
        Touch.at >= hand_off.introduced_at,
    )
    return session.scalar(answer.limit(1)) is not None


def _connect(session: Session, hand_off: HandOff, *, by: str, note: str, at: datetime) -> None:
    record_connection(session, hand_off, by=by, note=note, at=at)
    hand_off.ae_engaged_at = hand_off.ae_engaged_at or at
    if hand_off.technique == Technique.SOFT_INTRODUCTION:
        return
    log_attempt(
        session,
        lead_id=hand_off.lead_id,
        hand_off_id=hand_off.id,
        rep=session.get_one(Rep, hand_off.ae_id),
        channel="phone",
        at=at,
        note=note or "reached the lead",
        key=f"{hand_off.id}:connected",
    )
