"""From the meeting to the AE's word on it."""

from __future__ import annotations

from baton.domain.hand_off import WaitKind, WaitState
from baton.domain.meeting import MeetingState, OutcomeKind
from baton.engine.booking import propose_again, settle_proposal
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished, Step, Work
from baton.engine.waiting import open_promise
from baton.store.meetings import latest_meeting
from baton.store.outcomes import latest_outcome
from baton.store.waits import latest_wait


def settle_meeting(work: Work) -> Step:
    """Bring the newest meeting on: to its outcome, or to another time if it was moved or is off."""
    with work.transaction() as (session, hand_off):
        meeting = latest_meeting(session, hand_off.id)
        outcome = latest_outcome(session, hand_off.id)
        assert meeting is not None
        state = meeting.state
        is_said = outcome is not None and outcome.meeting_id == meeting.id
        said = OutcomeKind(outcome.kind) if outcome is not None and is_said else None
    if state == MeetingState.PROPOSED:
        step = settle_proposal(work)
        return wait_for_outcome(work) if isinstance(step, Finished) else step
    if state == MeetingState.CANCELLED or said is OutcomeKind.RESCHEDULED:
        return propose_again(work)
    return wait_for_outcome(work) if said is None else Finished({"outcome": said})


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
        if meeting.state == MeetingState.CONFIRMED:
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
    # Somebody declined it, or moved it, in this very moment.
    return settle_meeting(work)
