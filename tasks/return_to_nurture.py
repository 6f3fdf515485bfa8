"""Return to nurture: with the AE's feedback, the SDR as owner and a check-in date (A7, B8, I3)."""

from baton.engine.closing import return_lead
from baton.engine.stage import Step, Work, stage


@stage
def return_to_nurture(work: Work) -> Step:
    """Give the lead back with what was missing, then tell the CRM and the SDR."""
    return return_lead(work)
