"""Transfer: sales-qualified and owned by the AE, in one act (A6, I2)."""

from baton.engine.closing import transfer_lead
from baton.engine.stage import Step, Work, stage


@stage
def transfer(work: Work) -> Step:
    """Move status and owner together, then tell the CRM, the AE and the SDR."""
    return transfer_lead(work)
