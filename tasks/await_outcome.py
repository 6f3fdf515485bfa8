"""Await outcome: the AE says, criterion by criterion, what the meeting came to (A6, A7)."""

from baton.domain.meeting import OutcomeKind
from baton.engine.awaiting import move_meeting, newest_outcome, wait_for_outcome
from baton.engine.stage import Finished, Step, Work, stage


@stage
def await_outcome(work: Work) -> Step:
    """Wait for the AE's word on the newest meeting; a moved one is proposed again."""
    said = newest_outcome(work)
    if said is None:
        return wait_for_outcome(work)
    if said is OutcomeKind.RESCHEDULED:
        return move_meeting(work)
    return Finished({"outcome": said})
