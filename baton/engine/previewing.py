"""What a message would look like for a real lead; nothing is written, sent or signed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from baton.domain.rep import Role
from baton.engine.choice_of_ae import why_ae
from baton.engine.contact_plan import plan_variables
from baton.engine.context import packet_variables
from baton.engine.inviting import times_of
from baton.engine.links import unsubscribe_url
from baton.engine.people import People, first_of, people_of
from baton.messages.catalogue import CATALOGUE
from baton.messages.languages import DEFAULT, language_of
from baton.messages.rendering import Rendered
from baton.messages.samples import Variables
from baton.rulebook.active import agreement_of
from baton.rulebook.judged import latest_qualification
from baton.runtime import Runtime
from baton.store.meetings import latest_meeting
from baton.store.tables import HandOff, Lead


@dataclass(frozen=True, slots=True)
class Preview:
    """A message as it would be sent.

    Attributes:
        rendered: Its subject and its texts.
        language: What was asked for; the text is English if there is none in it.
        examples: What the text needs and is not known yet; the catalogue's example stands there.
    """

    rendered: Rendered
    language: str
    examples: list[str]


def preview(runtime: Runtime, lead_id: int, name: str, language: str | None = None) -> Preview:
    """Return the message as the lead's newest hand-off, or one that began now, would write it.

    Raises:
        RulesError: The text has an error.
        RefusedError: Nobody is an SDR.
    """
    message = CATALOGUE[name]
    with runtime.transaction() as session:
        hand_off = _hand_off_of(session, lead_id)
        known = _known(runtime, session, hand_off)
        if "starts_at" not in message.optional:
            known |= _meeting(session, hand_off)
    lead = known["lead"]
    if language is None:
        is_read = message.is_for_lead
        language = language_of(lead["language"], lead["country"]) if is_read else DEFAULT
    examples = sorted(set(message.sample) - set(known) - message.optional)
    variables = known | {key: message.sample[key] for key in examples}
    return Preview(runtime.messages.render(name, variables, language), language, examples)


def _hand_off_of(session: Session, lead_id: int) -> HandOff:
    newest = session.scalar(
        select(HandOff)
        .where(HandOff.lead_id == lead_id)
        .order_by(HandOff.opened_at.desc())
        .limit(1)
    )
    if newest is not None:
        return newest
    # Never added to the session.
    lead = session.get_one(Lead, lead_id)
    sdr_id = lead.owner_id or first_of(session, Role.SDR).id
    return HandOff(id=uuid.uuid4(), lead_id=lead_id, sdr_id=sdr_id, ae_id=None)


def _known(runtime: Runtime, session: Session, hand_off: HandOff) -> Variables:
    people = people_of(session, hand_off)
    known: Variables = {
        **people.variables(),
        "needs": people.lead.needs,
        "why_ae": why_ae(session, hand_off, people),
        **_plan(session, hand_off, people),
        "now": runtime.clock.now(),
    }
    if latest_qualification(session, hand_off.lead_id) is not None:
        known |= packet_variables(session, hand_off, people.lead)
    if unsubscribe_url(runtime, hand_off.lead_id) is not None:
        # Not the lead's own links: whoever tries a preview opts nobody out and chooses nothing.
        sample = CATALOGUE["introduction"].sample
        known |= {key: sample[key] for key in ("unsubscribe_url", "times_url")}
    return known


def _plan(session: Session, hand_off: HandOff, people: People) -> Variables:
    """Return how the AE gets in touch; what is not known of it is shown by the sample."""
    within = None
    if hand_off.technique is not None:
        agreed = agreement_of(session, hand_off.agreement_id).techniques
        within = agreed.warm_transfer.connect_within_minutes
    plan = plan_variables(session, hand_off, people, within)
    return {name: value for name, value in plan.items() if value is not None}


def _meeting(session: Session, hand_off: HandOff) -> Variables:
    meeting = latest_meeting(session, hand_off.id)
    if meeting is None:
        return {}
    starts_at, ends_at = times_of(meeting)
    return {"starts_at": starts_at, "ends_at": ends_at, "location": meeting.location}
