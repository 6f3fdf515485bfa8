"""The two ends of a hand-off after its meeting. State, ledger and intents are one transaction."""

from __future__ import annotations

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, HandOffState
from baton.domain.lead import LeadStatus, Place
from baton.domain.meeting import OutcomeKind
from baton.engine.crediting import credit_outcome
from baton.engine.mailing import Mail, crm_intent, mail_intent
from baton.engine.nurturing import to_nurture
from baton.engine.people import People, people_of
from baton.engine.stage import Over, Step, Work
from baton.store.effects import Intent, intend
from baton.store.hand_offs import Ending, finish_stage
from baton.store.opt_outs import has_opted_out
from baton.store.outcomes import latest_outcome
from baton.store.tables import HandOff


def transfer_lead(work: Work) -> Step:
    """Make the lead sales-qualified and the AE its owner; the database refuses one without both."""
    with work.transaction() as (session, hand_off):
        people = people_of(session, hand_off)
        outcome = latest_outcome(session, hand_off.id)
        assert people.ae is not None
        assert outcome is not None
        ending = Ending(
            HandOffState.TRANSFERRED,
            "the AE confirmed the agreed definition",
            Place.WITH_AE,
            status=LeadStatus.SALES_QUALIFIED,
            owner_id=people.ae.id,
        )
        told = Mail(
            EffectKind.NOTICE,
            "transferred",
            "transferred",
            {
                **people.variables(),
                "feedback": outcome.feedback or None,
                "opted_out": has_opted_out(session, people.lead.id),
            },
            to=[(people.ae.name, people.ae.email), (people.sdr.name, people.sdr.email)],
        )
        status, owner = LeadStatus.SALES_QUALIFIED, people.ae.email
        intents = [
            crm_intent(hand_off, EffectKind.CRM_STATUS, "transferred", {"status": status}),
            crm_intent(hand_off, EffectKind.CRM_OWNER, "transferred", {"owner_email": owner}),
            mail_intent(work.runtime, hand_off, told),
        ]
        over = _end(work, session, hand_off, ending, intents)
    work.perform(intents)
    return over


def return_lead(work: Work) -> Step:
    """Give the lead back to its SDR with the unmet criteria and the AE's words (I3)."""
    with work.transaction() as (session, hand_off):
        people = people_of(session, hand_off)
        outcome = latest_outcome(session, hand_off.id)
        assert outcome is not None
        nurture = work.agreement(session, hand_off).nurture
        missed = outcome.kind == OutcomeKind.NO_SHOW
        ending = to_nurture(
            work,
            session,
            hand_off,
            HandOffState.RETURNED,
            "the lead did not come" if missed else f"not met: {', '.join(outcome.unmet)}",
            days=nurture.no_show_days if missed else nurture.returned_days,
        )
        names = {c.id: c.name for c in work.agreement(session, hand_off).sales_qualified}
        unmet = [{"name": names.get(unmet, unmet)} for unmet in outcome.unmet]
        feedback = outcome.feedback or "The lead did not come to the meeting."
        intents = _return_intents(work, hand_off, people, ending, (unmet, feedback))
        credit_outcome(work, session, hand_off, OutcomeKind(outcome.kind))
        over = _end(work, session, hand_off, ending, intents)
    work.perform(intents)
    return over


def _return_intents(
    work: Work,
    hand_off: HandOff,
    people: People,
    ending: Ending,
    said: tuple[list[dict[str, str]], str],
) -> list[Intent]:
    unmet, feedback = said
    told = Mail(
        EffectKind.NOTICE,
        "returned",
        "returned_feedback",
        {
            **people.variables(),
            "unmet": unmet,
            "feedback": feedback,
            "check_in_on": ending.check_in_on,
        },
        to=[(people.sdr.name, people.sdr.email)],
    )
    note = {"title": "Returned to nurture", "text": f"{ending.reason}. {feedback}"}
    return [
        crm_intent(hand_off, EffectKind.CRM_STATUS, "returned", {"status": LeadStatus.NURTURE}),
        crm_intent(hand_off, EffectKind.CRM_NOTE, "returned", note),
        mail_intent(work.runtime, hand_off, told),
    ]


def _end(
    work: Work, session: Session, hand_off: HandOff, ending: Ending, intents: list[Intent]
) -> Over:
    for intent in intents:
        intend(session, intent, at=work.now())
    finish_stage(session, hand_off, work.stage, result={"end": ending.state}, at=work.now())
    return work.end(session, hand_off, ending)
