"""Approve: a person agrees to the hand-off, when the agreement asks for it."""

from baton.domain.hand_off import HandOffState, WaitKind, WaitState
from baton.domain.rep import Role
from baton.engine.approving import approval_mail, asks_for_approval
from baton.engine.nurturing import to_nurture
from baton.engine.people import first_of
from baton.engine.stage import Asleep, Finished, Step, Work, stage
from baton.engine.waiting import open_promise
from baton.store.waits import latest_wait


@stage
def approve(work: Work) -> Step:
    """Let pass what needs no approval or has it; a refused lead goes back to nurture."""
    with work.transaction() as (session, hand_off):
        if not asks_for_approval(session, hand_off):
            return Finished({"asked": False})
        wait = latest_wait(session, hand_off.id, WaitKind.APPROVAL)
        if wait is not None and wait.state != WaitState.OPEN:
            if wait.decision == "approve":
                return Finished({"asked": True})
            reason = f"the approver said {wait.decision}"
            ending = to_nurture(work, session, hand_off, HandOffState.NOT_QUALIFIED, reason)
            return work.end(session, hand_off, ending)
        if wait is None:
            approver = first_of(session, Role.APPROVER, Role.MANAGER)
            wait = open_promise(
                work,
                session,
                hand_off,
                WaitKind.APPROVAL,
                subject="approve the hand-off",
                responsible_id=approver.id,
            )
        wait_id = wait.id
        request = approval_mail(work, session, hand_off, wait)
    work.perform([request])
    return Asleep(wait_id)
