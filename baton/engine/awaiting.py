"""From the meeting to the AE's word on it."""

from __future__ import annotations

from baton.domain.hand_off import WaitKind, WaitState
from baton.domain.meeting import MeetingState, OutcomeKind
from baton.engine.booking import confirm, gave_up, open_proposal, proposal_decision, propose_again
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished, Step, Work
from baton.engine.waiting import open_promise
from baton.store.meetings import latest_meeting
from baton.store.outcomes import latest_outcome
from baton.store.waits import latest_wait


def newest_outcome(work: Work) -> OutcomeKind | None:
    """Return what the AE said of the newest meeting, or of the one that was to be moved."""
    with work.transaction() as (session, hand_off):
        outcome = latest_outcome(session, hand_off.id)
        meeting = latest_meeting(session, hand_off.id)
        if outcome is None or meeting is None:
            return None
        moved_and_confirmed = meeting.state == MeetingState.CONFIRMED
        if outcome.meeting_id != meeting.id and moved_and_confirmed:
            return None
        return OutcomeKind(outcome.kind)


def wait_for_outcome(work: Work) -> Step:
    """Open the wait for the AE's word; it begins when the meeting ends.

    The first reminder, at the meeting's end, is the request itself; the sweep sends it.
    """
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.OUTCOME)
        if wait is not None and wait.state == WaitState.OPEN:
            return Asleep(wait.id)
        meeting = latest_meeting(session, hand_off.id)
        assert meeting is not None
        assert hand_off.ae_id is not None
        wait = open_promise(
            work,
            session,
            hand_off,
            WaitKind.OUTCOME,
            subject="say what the meeting came to",
            responsible_id=hand_off.ae_id,
            since=times_of(meeting)[1],
            ask_at_start=True,
        )
        return Asleep(wait.id)


def move_meeting(work: Work) -> Step:
    """Propose another time after a meeting that was moved, until it is confirmed."""
    with work.transaction() as (session, hand_off):
        outcome = latest_outcome(session, hand_off.id)
        meeting = latest_meeting(session, hand_off.id)
        assert outcome is not None
        assert meeting is not None
        is_first_try = outcome.meeting_id == meeting.id
    if is_first_try:
        return propose_again(work)
    decision = proposal_decision(work)
    if decision == "declined":
        return propose_again(work)
    if decision == "accepted":
        step = confirm(work)
        return wait_for_outcome(work) if isinstance(step, Finished) else step
    return gave_up(work) or open_proposal(work)
