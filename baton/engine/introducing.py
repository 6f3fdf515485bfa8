"""The introduction's mails, and what happens when the lead's address is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, HandOffState, WaitKind, WaitState
from baton.domain.lead import LeadStatus, Place
from baton.domain.technique import Technique
from baton.engine.choice_of_ae import why_ae
from baton.engine.contact_plan import plan_variables
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

TASKS = {
    Technique.APPOINTMENT: "Answer the introduction and accept the invite",
    Technique.WARM_TRANSFER: "Call the lead now",
    Technique.BEST_TIME: "Get in touch with the lead at the planned time",
    Technique.SOFT_INTRODUCTION: "Answer the introduction",
}
"""What the CRM's task asks of the AE, by technique."""
UNREACHABLE = "no mail reaches the lead, and no other address is known"


def introduction_intents(
    work: Work, session: Session, hand_off: HandOff, people: People, *, again: str = ""
) -> list[Intent]:
    """Return the introduction, then the context packet and the CRM's note and task.

    `again` tells the introduction of another AE from the first one.
    """
    assert people.ae is not None
    agreed = work.agreement(session, hand_off)
    warm = agreed.techniques.warm_transfer
    plan = plan_variables(session, hand_off, people, warm.connect_within_minutes)
    within = plan["within_minutes"] or agreed.promises.acceptance.within_minutes
    due_at = work.now() + timedelta(minutes=within)
    names = {**people.variables(), **plan}
    introduction = _introduction(work, session, hand_off, people, names)
    number = f"{_address_number(session, hand_off)}{again}"
    packet = Mail(
        EffectKind.CONTEXT_PACKET,
        f"1{again}",
        "context_packet",
        {
            **names,
            **packet_variables(session, hand_off, people.lead),
            "now": work.now(),
            "due_at": due_at,
            **answer_variables(work.runtime, hand_off, "connected"),
        },
        to=[(people.ae.name, people.ae.email)],
    )
    note = {
        "title": "Introduced to sales",
        "text": f"{people.sdr.name} introduced the lead to {people.ae.name} by mail.",
    }
    task = {
        "assignee_email": people.ae.email,
        "title": TASKS[plan["technique"]],
        "due_at": due_at.isoformat(),
    }
    return [
        mail_intent(work.runtime, hand_off, replace(introduction, ordinal=number)),
        mail_intent(work.runtime, hand_off, packet),
        crm_intent(hand_off, EffectKind.CRM_NOTE, f"introduced{again}", note),
        crm_intent(hand_off, EffectKind.CRM_TASK, f"engage{again}", task),
    ]


def _introduction(
    work: Work, session: Session, hand_off: HandOff, people: People, names: dict[str, Any]
) -> Mail:
    assert people.ae is not None
    is_proposed = names["technique"] == Technique.APPOINTMENT
    return Mail(
        EffectKind.INTRODUCTION,
        "1",
        "introduction",
        {
            **names,
            "why_ae": why_ae(session, hand_off, people),
            "needs": people.lead.needs,
            "times_url": times_url(work.runtime, hand_off.id) if is_proposed else None,
        },
        to=[(people.lead_name, people.lead_address)],
        cc=[(people.ae.name, people.ae.email)],
        sender=people.sdr,
        in_thread=True,
    )


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
