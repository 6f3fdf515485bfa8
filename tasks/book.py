"""Book: a time both sides accept, and an AE who answered; only then *suspect* (A3-A5, D1, I1)."""

from baton.engine.booking import confirm, gave_up, open_proposal, proposal_decision, propose_again
from baton.engine.stage import Step, Work, stage


@stage
def book(work: Work) -> Step:
    """Propose a time, wait for both acceptances and the AE's answer, then confirm."""
    decision = proposal_decision(work)
    if decision == "accepted":
        return confirm(work)
    if decision == "declined":
        return propose_again(work)
    return gave_up(work) or open_proposal(work)
