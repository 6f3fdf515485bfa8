"""Book: AE and lead reach each other, or accept a time; only then *suspect* (A3-A5, D1, I1)."""

from baton.engine.booking import settle_proposal
from baton.engine.connecting import settle_contact
from baton.engine.stage import Step, Work, stage


@stage
def book(work: Work) -> Step:
    """Wait for the technique's proof; else propose times until both accept one, then confirm."""
    return settle_contact(work) or settle_proposal(work)
