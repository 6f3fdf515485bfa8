"""The fallback queue: a lead that nobody may have waits with a person, and is never forgotten (I5).

It goes on when a person names an AE, or when the sweep finds that somebody may have it by now.
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from baton.domain.hand_off import WaitKind, WaitState
from baton.domain.rep import Role
from baton.engine.assigning import ASSIGNED
from baton.engine.checking import rep_among
from baton.engine.deciding import decide_wait, wake_hand_off
from baton.engine.people import first_of
from baton.engine.stage import Asleep, Work
from baton.engine.turns import look
from baton.engine.waiting import open_promise
from baton.rulebook.active import agreement_of
from baton.rulebook.agreement import Promise
from baton.runtime import Runtime
from baton.store.reps import rep_by_email
from baton.store.routing import take_turns
from baton.store.tables import HandOff
from baton.store.waits import decide, latest_wait, open_wait_of, open_waits

SOMEBODY_MAY = "somebody_may"


def queue(work: Work, session: Session, hand_off: HandOff) -> Asleep:
    """Put the hand-off into the fallback queue, with a promise of its own."""
    wait = latest_wait(session, hand_off.id, WaitKind.ASSIGNMENT)
    if wait is None or wait.state != WaitState.OPEN:
        routing = work.agreement(session, hand_off).routing
        assert routing is not None
        fallback = routing.fallback
        keeper = rep_by_email(session, fallback.to)
        if keeper is None:
            # Whoever is agreed has left; the lead still needs somebody.
            keeper = first_of(session, Role.MANAGER, Role.APPROVER, Role.SDR)
        wait = open_promise(
            work,
            session,
            hand_off,
            WaitKind.ASSIGNMENT,
            subject=f"find an AE for a lead in the queue {fallback.name}",
            responsible_id=keeper.id,
            ask_at_start=True,
            promise=Promise(
                within_minutes=fallback.within_minutes,
                remind_after_minutes=fallback.remind_after_minutes,
                on_expiry="escalate",
            ),
        )
    return Asleep(wait.id)


def name_ae(runtime: Runtime, hand_off_id: uuid.UUID, *, ae: str, by: str) -> None:
    """Record whom a person gives a lead of the fallback queue to, and wake the run.

    Raises:
        NotFoundError: No such hand-off.
        RefusedError: It is not in the queue, `ae` is no active AE, or `by` is neither a manager,
            an approver nor who keeps the queue.
    """
    with runtime.transaction() as session:
        wait = open_wait_of(session, hand_off_id, WaitKind.ASSIGNMENT)
        deciding = rep_among(session, by, *Role)
        if deciding.id != wait.responsible_id:
            rep_among(session, by, Role.MANAGER, Role.APPROVER)
        chosen = rep_among(session, ae, Role.AE)
        detail = {"rep_id": chosen.id}
        decide(wait, ASSIGNED, by=deciding.email, at=runtime.clock.now(), detail=detail)
    wake_hand_off(runtime, hand_off_id)


def look_for_aes(runtime: Runtime) -> int:
    """Bring on the hand-offs of the queue that somebody may have by now; return how many."""
    now = runtime.clock.now()
    able = []
    with runtime.transaction() as session:
        waits = open_waits(session, WaitKind.ASSIGNMENT)
        if waits:
            take_turns(session)
        for wait in waits:
            hand_off = session.get_one(HandOff, wait.hand_off_id)
            key = hand_off.id
            agreed = agreement_of(session, hand_off.agreement_id)
            turn = look(session, hand_off.lead_id, agreed, at=now, hand_off_id=key)
            if turn.routed.ae is not None:
                able.append(wait.id)
    return sum(decide_wait(runtime, one, SOMEBODY_MAY, by="the sweep") for one in able)
