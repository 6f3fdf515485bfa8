"""The introduction's mails, and what happens when the lead's address is refused."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, HandOffState, WaitKind, WaitState
from baton.domain.lead import LeadStatus, Place
from baton.engine.choice_of_ae import why_ae
from baton.engine.context import packet_variables
from baton.engine.links import times_url
from baton.engine.mailing import Mail, crm_intent, mail_intent
from baton.engine.nurturing import to_nurture
from baton.engine.people import People, people_of
from baton.engine.stage import Asleep, Step, Work
from baton.engine.waiting import answer_variables, open_promise
from baton.store.effects import Intent
from baton.store.hand_offs import Ending
from baton.store.tables import HandOff
from baton.store.waits import latest_wait

UNREACHABLE = "no mail reaches the lead, and no other address is known"


def introduction_intents(
    work: Work, session: Session, hand_off: HandOff, people: People, *, again: str = ""
) -> list[Intent]:
    """Return the introduction, then the context packet and the CRM's note and task.

    `again` tells the introduction of another AE from the first one.
    """
    assert people.ae is not None
    ordinal = f"{_address_number(session, hand_off)}{again}"
    names = people.variables()
    introduction = Mail(
        EffectKind.INTRODUCTION,
        ordinal,
        "introduction",
        {
            **names,
            "why_ae": why_ae(session, hand_off, people),
            "needs": people.lead.needs,
            "times_url": times_url(work.runtime, hand_off.id),
        },
        to=[(people.lead_name, people.lead_address)],
        cc=[(people.ae.name, people.ae.email)],
        sender=people.sdr,
        in_thread=True,
    )
    promise = work.agreement(session, hand_off).promises.acceptance
    packet = Mail(
        EffectKind.CONTEXT_PACKET,
        f"1{again}",
        "context_packet",
        {
            **names,
            **packet_variables(session, hand_off, people.lead),
            "now": work.now(),
            "due_at": work.now() + timedelta(minutes=promise.within_minutes),
            "answer_url": answer_variables(work.runtime, hand_off, "outcome")["answer_url"],
        },
        to=[(people.ae.name, people.ae.email)],
    )
    note = {
        "title": "Introduced to sales",
        "text": f"{people.sdr.name} introduced the lead to {people.ae.name} by mail.",
    }
    return [
        mail_intent(work.runtime, hand_off, introduction),
        mail_intent(work.runtime, hand_off, packet),
        crm_intent(hand_off, EffectKind.CRM_NOTE, f"introduced{again}", note),
        crm_intent(
            hand_off,
            EffectKind.CRM_TASK,
            f"engage{again}",
            {
                "assignee_email": people.ae.email,
                "title": "Answer the introduction and accept the invite",
                "due_at": (work.now() + timedelta(minutes=promise.within_minutes)).isoformat(),
            },
        ),
    ]


def _address_number(session: Session, hand_off: HandOff) -> int:
    """Return 1 for the first address, 2 after the SDR gave another one, and so on."""
    wait = latest_wait(session, hand_off.id, WaitKind.CONTACT)
    if wait is None:
        return 1
    return wait.ordinal + (wait.state != WaitState.OPEN)


def no_other_address(work: Work) -> Step | None:
    """End the hand-off if the SDR found no other address; else None."""
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.CONTACT)
        if wait is None or wait.decision != "give_up":
            return None
        ending = to_nurture(work, session, hand_off, HandOffState.NOT_QUALIFIED, UNREACHABLE)
        return work.end(session, hand_off, ending)


def opted_out(work: Work) -> Step:
    """End the hand-off of a lead that must not be written to (I4)."""
    with work.transaction() as (session, hand_off):
        ending = Ending(
            HandOffState.CLOSED, "opted out", Place.CLOSED, status=LeadStatus.DISQUALIFIED
        )
        return work.end(session, hand_off, ending)


def ask_for_other_address(work: Work, error: str, *, was_introduced: bool = False) -> Step:
    """Tell the SDR why the lead was not reached, and wait for another address.

    An AE who was introduced, and may have a time for it in the calendar, gets a copy.
    """
    with work.transaction() as (session, hand_off):
        wait = latest_wait(session, hand_off.id, WaitKind.CONTACT)
        if wait is None or wait.state != WaitState.OPEN:
            wait = open_promise(
                work,
                session,
                hand_off,
                WaitKind.CONTACT,
                subject="find another address of the lead",
                responsible_id=hand_off.sdr_id,
            )
        wait_id = wait.id
        people = people_of(session, hand_off)
        what = "our mail" if was_introduced else "the introduction"
        told = mail_intent(
            work.runtime,
            hand_off,
            Mail(
                EffectKind.NOTICE,
                f"contact-failed-{wait.ordinal}",
                "contact_failed",
                {**people.variables(), "what": what, "reason": error},
                to=[(people.sdr.name, people.sdr.email)],
                cc=[(people.ae.name, people.ae.email)] if was_introduced and people.ae else [],
            ),
        )
    work.perform([told])
    return Asleep(wait_id)
