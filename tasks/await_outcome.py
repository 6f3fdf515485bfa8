"""Await outcome: the AE says, criterion by criterion, what the meeting came to (A6, A7)."""

from baton.engine.awaiting import settle_meeting
from baton.engine.stage import Step, Work, stage


@stage
def await_outcome(work: Work) -> Step:
    """Wait for the AE's word on the meeting; one that was moved or is off is proposed again."""
    return settle_meeting(work)
