"""One lead's way from lead generation to sales."""

from prefect import flow

from baton.domain.meeting import OutcomeKind
from baton.engine.segment import segment
from tasks.approve import approve
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.choose import choose
from tasks.enrich import enrich
from tasks.introduce import introduce
from tasks.return_to_nurture import return_to_nurture
from tasks.score import score
from tasks.transfer import transfer
from tasks.validate import validate


@flow(name="hand-off")
def hand_off(hand_off_id: str) -> None:
    """Hand a lead over: from enrichment to its transfer, or back to nurture."""
    with segment(hand_off_id) as go:
        go(enrich)
        go(score)
        go(validate)
        go(approve)
        go(choose)
        go(introduce)
        go(book)
        after_meeting = go(await_outcome)
        go(transfer if after_meeting["outcome"] == OutcomeKind.MET else return_to_nurture)
