"""Score: warm and fitting, at the agreed points (B1, B2, C2)."""

from baton.domain.hand_off import HandOffState
from baton.domain.lead import LeadStatus
from baton.engine.nurturing import to_nurture
from baton.engine.qualification import judge
from baton.engine.stage import Finished, Step, Work, stage


@stage
def score(work: Work) -> Step:
    """Judge the lead under its agreement and store the decision; below a floor it goes back."""
    with work.transaction() as (session, hand_off):
        judged = judge(session, hand_off, at=work.now())
        scoring = work.agreement(session, hand_off).scoring
        if (
            judged.fit_points >= scoring.fit_floor
            and judged.warmth_points >= scoring.warmth_floor
            and judged.total_points >= scoring.hand_off_at
        ):
            return Finished({"total_points": judged.total_points, "is_hot": judged.is_hot})
        reason = (
            f"score {judged.total_points:g}: fit {judged.fit_points:g}, "
            f"warmth {judged.warmth_points:g}; agreed are {scoring.hand_off_at:g} with at least "
            f"{scoring.fit_floor:g} and {scoring.warmth_floor:g}"
        )
        status = LeadStatus.MARKETING_QUALIFIED if judged.is_marketing_qualified else None
        ending = to_nurture(
            work, session, hand_off, HandOffState.NOT_QUALIFIED, reason, status=status
        )
        return work.end(session, hand_off, ending)
