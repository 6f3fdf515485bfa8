"""What is meant for colleagues never stands in a message that the lead gets."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from baton.domain.hand_off import EffectKind, WaitKind
from baton.domain.meeting import Attendance, OutcomeKind
from baton.engine import actions
from baton.engine.inviting import times_of
from baton.engine.mailing import Mail, mail_intent
from baton.errors import MailRefusedError, RulesError
from baton.messages.catalogue import CATALOGUE
from baton.store.tables import Account, Effect, Rep, Touch
from baton.store.touches import record_attempt
from baton.testing.mail import counter_mail
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.introduce import introduce
from tasks.return_to_nurture import return_to_nurture
from tests.engine.stages.conftest import Change
from tests.engine.worlds import World

MARK = "SECRET"
# All that a text for leads may be given. A longer list needs a good reason.
OPEN = {
    "lead": {"name", "given_name", "company", "time_zone"},
    "sdr": {"name", "email", "title"},
    "ae": {"name", "email", "title"},
    "why_ae": {"owns_account", "same_country", "same_language"},
    "": {
        "needs",
        "technique",
        "call_at",
        "within_minutes",
        "by_phone",
        "starts_at",
        "ends_at",
        "location",
        "proposed_at",
        "is_new_time",
        "times_url",
        "unsubscribe_url",
    },
}


def marked(agreement: dict[str, Any]) -> None:
    """Mark the agreement's words, which tell how the lead was judged."""
    for criterion in agreement["sales_qualified"]:
        criterion["name"] = f"{MARK}-criterion {criterion['name']}"
        criterion["ask"] = f"{MARK}-ask {criterion.get('ask', '')}"
    for rule in (*agreement["scoring"]["fit"], *agreement["scoring"]["warmth"]):
        rule["name"] = f"{MARK}-rule {rule['name']}"


@pytest.fixture
def world(world_with: Callable[[Change], World]) -> World:
    return world_with(marked)


def full_of_secrets(world: World) -> int:
    """A lead about whom everything is known, who was handed over before."""
    lead_id = world.lead(
        notes=f"{MARK}-notes",
        timetable=f"{MARK}-timetable",
        origin=f"{MARK}-origin",
        campaign=f"{MARK}-campaign",
        preferred_channel=f"{MARK}-channel",
        preferred_time=f"{MARK}-time",
        answers={"team_size": f"{MARK}-answer"},
        custom={"remark": f"{MARK}-custom"},
    )
    with world.runtime.transaction() as session:
        session.add(Touch(lead_id=lead_id, kind="webinar", at=world.clock.now(), detail=MARK))
        for rep in session.query(Rep).filter(Rep.role.in_(["MANAGER", "APPROVER"])):
            rep.name = f"{MARK}-{rep.role}"
        sdr = session.query(Rep).filter(Rep.role == "SDR").one()
        record_attempt(
            session,
            lead_id=lead_id,
            hand_off_id=None,
            rep_id=sdr.id,
            channel="phone",
            at=world.clock.now(),
            note=f"{MARK}-attempt",
            source_key="1",
        )
        for account in session.query(Account):
            account.industry = f"{MARK}-industry"
    return lead_id


def returned_once(world: World, lead_id: int) -> None:
    hand_off_id = world.start(lead_id)
    world.walk(hand_off_id, book)
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    world.run(await_outcome, hand_off_id)
    world.clock.advance_to(world.waits(hand_off_id)[-1].not_before)
    actions.report_outcome(
        world.runtime,
        hand_off_id,
        kind=OutcomeKind.NOT_MET,
        verdicts=world.verdicts(decides="unmet"),
        feedback=f"{MARK}-feedback",
        by=world.ae,
    )
    world.run(await_outcome, hand_off_id)
    world.run(return_to_nurture, hand_off_id)


def written(content: bytes) -> str:
    """Everything in the message that a person or a program can read, decoded."""
    message = message_from_bytes(content, policy=default)
    parts = [f"{name}: {value}" for name, value in message.items()]
    for part in message.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            parts.append(payload.decode().replace("\r\n ", ""))
    return "\n".join(parts)


def everything_happens(world: World) -> str:
    """Two hand-offs, with each message that a lead can get; return the lead's address."""
    lead_id = full_of_secrets(world)
    returned_once(world, lead_id)
    hand_off_id = world.start(lead_id)
    lead = world.lead_of(hand_off_id).email
    assert lead is not None
    world.walk(hand_off_id, book)
    another = counter_mail(
        world.last_mail(hand_off_id, "invite"),
        sender=("", lead),
        starts_at=times_of(world.meetings(hand_off_id)[-1])[1],
        at=world.clock.now(),
    )
    world.take_in(another)
    actions.answer_counter(world.runtime, hand_off_id, accepted=False, by=world.ae)
    world.answers_invite(hand_off_id, lead, Attendance.DECLINED)
    world.run(book, hand_off_id)
    actions.cancel_hand_off(world.runtime, hand_off_id, by="test", reason=f"{MARK}-reason")
    return lead


def test_no_message_to_the_lead_holds_what_is_meant_for_colleagues(world: World) -> None:
    lead = everything_happens(world)
    to_lead = [e for e in world.all(Effect) if e.content and lead in e.recipients]
    used = {effect.payload["template"] for effect in to_lead}
    mails = {name for name, message in CATALOGUE.items() if message.is_mail}
    assert used == {name for name in mails if CATALOGUE[name].is_for_lead}
    for effect in to_lead:
        assert MARK not in written(effect.content), effect.key


def test_the_same_world_tells_the_ae_all_of_it(world: World) -> None:
    lead = everything_happens(world)
    packets = [e for e in world.all(Effect) if e.payload.get("template") == "context_packet"]
    told = written(max(packets, key=lambda effect: effect.id).content)
    for what in ("notes", "timetable", "origin", "campaign", "channel", "time", "answer"):
        assert f"{MARK}-{what}" in told, what
    for what in ("rule", "criterion", "attempt", "feedback"):
        assert f"{MARK}-{what}" in told, what
    assert f"returned, with Ida Moor. Missing: {MARK}-criterion" in told
    assert all(lead not in effect.recipients for effect in packets)


def test_a_text_for_leads_is_given_these_variables_and_no_others() -> None:
    for message in CATALOGUE.values():
        if message.is_for_lead:
            for name, value in message.sample.items():
                if isinstance(value, dict):
                    assert set(value) <= OPEN[name], (message.name, name)
                else:
                    assert name in OPEN[""], (message.name, name)
                    assert not isinstance(value, list)


def test_a_text_for_colleagues_cannot_be_sent_where_the_lead_reads(world: World) -> None:
    hand_off = world.hand_off(world.start())
    for name, message in CATALOGUE.items():
        mail = Mail(
            EffectKind.NOTICE,
            "1",
            name,
            message.sample,
            to=[("Ada", "ada@harbour.example")],
            in_thread=not message.is_for_lead,
        )
        with pytest.raises(RulesError, match="for leads"):
            mail_intent(world.runtime, hand_off, mail)


def test_a_refused_introduction_is_told_to_the_sdr_alone(world: World) -> None:
    hand_off_id = world.start(full_of_secrets(world))
    world.transport.fail_next(MailRefusedError("550 no such mailbox"))
    world.walk(hand_off_id, introduce)
    world.expire_wait(hand_off_id)
    lead = world.lead_of(hand_off_id).email
    assert world.decide(hand_off_id, WaitKind.CONTACT) == "give_up"
    assert [e.state for e in world.all(Effect) if lead in e.recipients] == ["failed"]
