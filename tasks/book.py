"""Book: a time both sides accept, and an AE who answered; only then *suspect* (A3-A5, D1, I1)."""

from baton.engine.booking import settle_proposal
from baton.engine.stage import Step, Work, stage


@stage
def book(work: Work) -> Step:
    """Propose a time, wait for both acceptances and the AE's answer, then confirm."""
    return settle_proposal(work)
