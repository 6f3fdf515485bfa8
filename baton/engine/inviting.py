"""The invite: an iCalendar REQUEST by mail to both sides (A4, RFC 5546, RFC 6047)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from baton.adapters.calendar.invites import (
    build_cancellation,
    build_counter_refusal,
    build_request,
)
from baton.adapters.calendar.port import Attendee, Invitation
from baton.domain.hand_off import EffectKind
from baton.domain.meeting import MeetingKind
from baton.engine.mailing import Mail, lead_language, mail_intent
from baton.engine.people import People
from baton.engine.stage import Work
from baton.messages.catalogue import CATALOGUE
from baton.messages.composing import tracking_address
from baton.messages.languages import DEFAULT
from baton.runtime import Runtime
from baton.store.effects import Intent
from baton.store.tables import CounterProposal, HandOff, Meeting


def invite_mail(work: Work, hand_off: HandOff, people: People, meeting: Meeting) -> Intent:
    """Return the invite for this proposal; later ones update the first."""
    invitation = _invitation(work.runtime, hand_off, people, meeting)
    return mail_intent(
        work.runtime,
        hand_off,
        Mail(
            EffectKind.INVITE,
            str(meeting.ordinal),
            "invite",
            {
                **people.variables(),
                "starts_at": invitation.starts_at,
                "ends_at": invitation.ends_at,
                "location": meeting.location,
                "is_new_time": meeting.ordinal > 1,
            },
            to=_both(people),
            sender=people.sdr,
            in_thread=True,
            calendar=build_request(invitation),
            method="REQUEST",
        ),
    )


def request_of(runtime: Runtime, hand_off: HandOff, people: People, meeting: Meeting) -> bytes:
    """Return the iTIP REQUEST of the meeting as it stands."""
    return build_request(_invitation(runtime, hand_off, people, meeting))


def cancellation_mail(
    runtime: Runtime, hand_off: HandOff, people: People, meeting: Meeting
) -> Intent:
    """Return the mail that calls the meeting off, to both who were invited."""
    mail = _cancellation(runtime, hand_off, people, meeting)
    # An AE who took over since has no invite to it; the one before was told on leaving.
    to = _both(people) if meeting.ae_id == hand_off.ae_id else _both(people)[:1]
    told = replace(mail, to=to, sender=people.sdr, in_thread=True)
    return mail_intent(runtime, hand_off, told)


def opted_out_mail(runtime: Runtime, hand_off: HandOff, people: People, meeting: Meeting) -> Intent:
    """Return the mail that calls the meeting off to the AE alone; the lead opted out (I4)."""
    assert people.ae is not None
    mail = _cancellation(runtime, hand_off, people, meeting)
    to = [(people.ae.name, people.ae.email)]
    return mail_intent(runtime, hand_off, replace(mail, template="opted_out", to=to))


def replaced_mail(runtime: Runtime, hand_off: HandOff, people: People, meeting: Meeting) -> Intent:
    """Return the mail that takes the AE of the meeting, and no one else, out of it.

    Args:
        people: With that AE, not with whoever has taken over.
    """
    assert people.ae is not None
    asked = _invitation(runtime, hand_off, people, meeting)
    # Who is taken out is the only attendee that the CANCEL names (RFC 5546, 3.2.5).
    alone = replace(asked, sequence=asked.sequence + 1, attendees=(asked.organizer,))
    mail = Mail(
        EffectKind.INVITE_CANCELLATION,
        f"{meeting.ordinal}-ae",
        "replaced",
        {**people.variables(), "starts_at": alone.starts_at},
        to=[(people.ae.name, people.ae.email)],
        calendar=build_cancellation(alone),
        method="CANCEL",
    )
    return mail_intent(runtime, hand_off, mail)


def counter_declined_mail(
    runtime: Runtime,
    hand_off: HandOff,
    people: People,
    meeting: Meeting,
    counter: CounterProposal,
) -> Intent:
    """Return the DECLINECOUNTER to whoever proposed the time; the meeting stands as it was.

    A lead hears that it does not suit, the AE, in copy, too; the AE's own is answered with why.
    """
    assert people.ae is not None
    invitation = _invitation(runtime, hand_off, people, meeting)
    starts_at = times_of(meeting)[0]
    is_aes = counter.side == "ae"
    ae = (people.ae.name, people.ae.email)
    variables = {
        **people.variables(),
        "starts_at": starts_at,
        "proposed_at": counter.starts_at,
        "reason": counter.why,
    }
    template = "counter_impossible" if is_aes else "counter_declined"
    mail = Mail(
        EffectKind.NOTICE,
        f"counter-declined-{counter.id}",
        template,
        variables,
        to=[ae] if is_aes else [(people.lead_name, people.lead_address)],
        cc=[] if is_aes else [ae],
        sender=None if is_aes else people.sdr,
        in_thread=not is_aes,
        calendar=build_counter_refusal(
            replace(invitation, sequence=counter.sequence), _subject(runtime, template, variables)
        ),
        method="DECLINECOUNTER",
    )
    return mail_intent(runtime, hand_off, mail)


def _subject(runtime: Runtime, template: str, variables: Mapping[str, Any]) -> str:
    """Return what the mail that goes along says in its subject, in its language."""
    is_read_by_lead = CATALOGUE[template].is_for_lead
    language = lead_language(variables) if is_read_by_lead else DEFAULT
    said = {**variables, "unsubscribe_url": None}
    return runtime.messages.render(template, said, language).subject


def _cancellation(runtime: Runtime, hand_off: HandOff, people: People, meeting: Meeting) -> Mail:
    asked = _invitation(runtime, hand_off, people, meeting)
    # A calendar program ignores what is not newer than the invite that it has (RFC 5546).
    invitation = replace(asked, sequence=asked.sequence + 1)
    # A call stands in nobody's calendar.
    is_call = meeting.kind == MeetingKind.CALL
    return Mail(
        EffectKind.NOTICE if is_call else EffectKind.INVITE_CANCELLATION,
        f"call-{meeting.ordinal}-off" if is_call else str(meeting.ordinal),
        "invite_cancelled",
        {**people.variables(), "starts_at": invitation.starts_at},
        to=(),
        calendar=None if is_call else build_cancellation(invitation),
        method=None if is_call else "CANCEL",
    )


def _both(people: People) -> list[tuple[str, str]]:
    assert people.ae is not None
    return [(people.lead_name, people.lead_address), (people.ae.name, people.ae.email)]


def _invitation(
    runtime: Runtime, hand_off: HandOff, people: People, meeting: Meeting
) -> Invitation:
    assert people.ae is not None
    starts_at, ends_at = times_of(meeting)
    ae = Attendee(people.ae.email, people.ae.name, "ae")
    variables = people.variables()
    words = runtime.messages.render("appointment", variables, lead_language(variables))
    return Invitation(
        uid=meeting.uid,
        sequence=meeting.sequence,
        starts_at=starts_at,
        ends_at=ends_at,
        time_zone=people.ae.time_zone,
        summary=words.subject,
        description=words.text.strip(),
        location=meeting.location,
        organizer=ae,
        attendees=(ae, Attendee(people.lead_address, people.lead_name, "lead")),
        stamped_at=runtime.clock.now(),
        reply_to=tracking_address(runtime.settings.mail_address, str(hand_off.id)),
    )


def times_of(meeting: Meeting) -> tuple[datetime, datetime]:
    """Return the meeting's start and end (aware UTC)."""
    assert meeting.during.lower is not None
    assert meeting.during.upper is not None
    return meeting.during.lower, meeting.during.upper
