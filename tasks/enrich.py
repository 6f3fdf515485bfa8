"""Enrich: the lead's data are in one form, its company is known, duplicates are found (B1, C3)."""

from baton.domain.hand_off import HandOffState
from baton.domain.lead import Place
from baton.engine.stage import Finished, Step, Work, stage
from baton.intake.duplicates import merge_ended
from baton.intake.enriching import enrich_leads
from baton.store.hand_offs import Ending


@stage
def enrich(work: Work) -> Step:
    """Normalise the lead and fill in its company; a duplicate is merged into the older lead."""
    with work.transaction() as (session, hand_off):
        found = enrich_leads(
            session,
            [hand_off.lead_id],
            firmographics=work.runtime.firmographics,
            default_country=work.runtime.settings.default_country,
            at=work.now(),
        )
        merge = found.merges.get(hand_off.lead_id)
        if merge is None:
            return Finished()
        ending = Ending(HandOffState.CLOSED, f"duplicate of lead {merge.keep_id}", Place.CLOSED)
        over = work.end(session, hand_off, ending)
        merge_ended(session, merge, at=work.now())
        return over
