"""What nobody could place is shown to a person, and what the person says is kept and applied."""

from __future__ import annotations

import uuid

import pytest

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance, InboundDecision
from baton.engine.settling import settle_message
from baton.errors import InputError, NotFoundError, RefusedError
from baton.store.looks import LookLine, count_looks, list_looks, show_message
from baton.store.tables import Effect, InboundMessage, Lead, OptOut, Touch
from baton.testing.mail import bounce_mail, reply_mail
from tests.engine.worlds import World
from tests.mail.messages import TRACKING
from tests.mail.samples.bounces import HEADERS as RETURNED
from tests.mail.samples.bounces import LEAD as SAMPLE_LEAD
from tests.mail.samples.calendars import answer
from tests.mail.samples.complaints import feedback


@pytest.fixture
def hand_off_id(world: World) -> uuid.UUID:
    """A hand-off that waits for both to accept; our own copies are read."""
    invited = world.invited()
    world.read_inbox()
    return invited


def lead_of(world: World, hand_off_id: uuid.UUID) -> str:
    return world.lead_of(hand_off_id).email or ""


def looks(world: World) -> list[LookLine]:
    with world.runtime.transaction() as session:
        found = list_looks(session)
        assert count_looks(session) == len(found)
        return found


def the_look(world: World) -> LookLine:
    (line,) = looks(world)
    return line


def stray(world: World, hand_off_id: uuid.UUID, text: str = "Glad to.") -> LookLine:
    """An answer of the AE from a private address, outside the thread."""
    own = world.runtime.settings.mail_address
    world.take_in(f"From: ida@home.example\r\nTo: {own}\r\n\r\n{text}\r\n".encode())
    return the_look(world)


def complain(world: World, hand_off_id: uuid.UUID, *fields: str) -> None:
    """A provider reports the introduction, which the lead has marked as spam."""
    sent = world.last_mail(hand_off_id, "introduction").partition(b"\r\n\r\n")[0]
    report = feedback("abuse", ("User-Agent: Example-FBL/1.0", *fields))
    world.take_in(report.replace(RETURNED.encode(), sent))


def test_what_is_clear_needs_no_look(world: World, hand_off_id: uuid.UUID) -> None:
    world.replies(hand_off_id, world.ae)
    world.replies(hand_off_id, lead_of(world, hand_off_id))
    world.is_away(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, lead_of(world, hand_off_id), Attendance.TENTATIVE)
    world.bounces(hand_off_id, lead_of(world, hand_off_id))
    assert looks(world) == []


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff garbage", b"Message-ID: <a\x00b@c.example>\r\n\r\nwords\r\n"]
)
def test_what_cannot_be_read_is_kept_whole_and_shown(world: World, content: bytes) -> None:
    world.take_in(content)
    line = the_look(world)
    assert line.look
    assert world.row(InboundMessage, line.id).raw == content
    with world.runtime.transaction() as session:
        assert show_message(session, line.id).raw == content.decode("utf-8", "replace").replace(
            "\x00", "\ufffd"
        )


def test_somebody_elses_answer_is_looked_at(world: World, hand_off_id: uuid.UUID) -> None:
    world.replies(hand_off_id, "carl@elsewhere.example", "Me too.")
    line = the_look(world)
    assert line.look == "an answer by somebody who does not take part"
    assert (line.hand_off_id, line.sdr) == (hand_off_id, world.sdr)


def test_words_near_a_wish_are_looked_at_and_no_opt_out(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    world.replies(hand_off_id, lead, "Please don't contact me before Friday.")
    assert the_look(world).look == "may be a wish not to be contacted"
    assert world.all(OptOut) == []


def test_a_bounce_that_decides_nothing_is_looked_at(world: World, hand_off_id: uuid.UUID) -> None:
    original = world.last_mail(hand_off_id, "invite")
    own = world.runtime.settings.mail_address
    soft = bounce_mail(
        original, recipient=lead_of(world, hand_off_id), to=own, at=world.clock.now()
    ).replace(b"Status: 5.1.1", b"Status: 4.2.2")
    world.take_in(soft)
    assert the_look(world).look == "a mail was not delivered; the address may work later"
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
    world.bounces(hand_off_id, world.ae)
    assert looks(world)[1].look == "a mail was not delivered, and nothing waits for that"
    assert [m.bounce for m in world.all(InboundMessage) if m.bounce] == ["soft", "hard"]


def test_a_bounce_that_is_still_tried_again_is_only_kept(
    world: World, hand_off_id: uuid.UUID
) -> None:
    delayed = bounce_mail(
        world.last_mail(hand_off_id, "invite"),
        recipient=lead_of(world, hand_off_id),
        to=world.runtime.settings.mail_address,
        at=world.clock.now(),
    ).replace(b"Action: failed", b"Action: delayed")
    world.take_in(delayed)
    assert looks(world) == []
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None


def test_a_complaint_opts_the_lead_out_everywhere(world: World, hand_off_id: uuid.UUID) -> None:
    lead = lead_of(world, hand_off_id)
    complain(world, hand_off_id, f"Original-Rcpt-To: {lead}")
    assert [(o.address, o.channel, o.source) for o in world.all(OptOut)] == [
        (lead, "all", "complaint")
    ]
    assert world.hand_off(hand_off_id).close_reason == "opted out"
    assert looks(world) == []


def test_a_complaint_that_hides_the_address_is_that_of_whom_we_wrote_to(
    world: World, hand_off_id: uuid.UUID
) -> None:
    complain(world, hand_off_id)
    assert [o.address for o in world.all(OptOut)] == [lead_of(world, hand_off_id)]


def test_a_complaint_of_nobody_we_know_is_looked_at(world: World, hand_off_id: uuid.UUID) -> None:
    world.take_in(feedback("abuse", (f"Original-Rcpt-To: {SAMPLE_LEAD}",)))
    assert the_look(world).look == "a complaint, and it is not clear which lead's"
    complain(world, hand_off_id, f"Original-Rcpt-To: {world.ae}")
    assert len(looks(world)) == 2
    assert world.all(OptOut) == []


def test_a_colleague_is_asked_of_the_sdr_and_becomes_a_lead_only_if_a_person_says_so(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    tom = f"tom@{lead.partition('@')[2]}"
    world.replies(hand_off_id, lead, f"Please talk to my colleague Tom Hill <{tom}>.")
    line = the_look(world)
    assert line.look == f"names somebody else: {tom}"
    (task,) = world.all(Effect, Effect.key.contains(f"message-{line.id}"))
    assert (task.state, task.payload["assignee_email"]) == ("done", world.sdr)
    assert tom in task.payload["title"]
    assert world.all(Lead, Lead.email == tom) == []

    done = settle_message(world.runtime, line.id, InboundDecision.CONTACT, by=world.sdr)
    (new,) = world.all(Lead, Lead.email == tom)
    assert (new.id, new.given_name, new.company, new.place) == (
        done.lead_id,
        "Tom",
        "Harbour",
        "waiting",
    )
    assert looks(world) == []


def test_our_own_people_in_copy_are_no_new_contacts(world: World, hand_off_id: uuid.UUID) -> None:
    original = world.last_mail(hand_off_id, "introduction")
    lead = lead_of(world, hand_off_id)
    answer = reply_mail(original, sender=("Ada", lead), text="Fine.", at=world.clock.now())
    world.take_in(answer.replace(b"Cc: ", f"Cc: {world.manager}, ".encode()))
    assert looks(world) == []


def test_who_has_left_is_looked_at(world: World, hand_off_id: uuid.UUID) -> None:
    lead = lead_of(world, hand_off_id)
    original = world.last_mail(hand_off_id, "introduction")
    gone = reply_mail(
        original,
        sender=("", lead),
        text="Ada no longer works here. Please write to tom@harbour.example.",
        at=world.clock.now(),
    )
    world.take_in(b"Auto-Submitted: auto-replied\r\n" + gone)
    line = the_look(world)
    assert line.look == "says that the person does not work there any more"
    with world.runtime.transaction() as session:
        named = show_message(session, line.id).named
    assert named == [{"name": "", "email": "tom@harbour.example"}]
    assert "reply" not in {touch.kind for touch in world.all(Touch)}


def test_the_day_of_return_is_kept(world: World, hand_off_id: uuid.UUID) -> None:
    world.is_away(hand_off_id, world.ae)
    original = world.last_mail(hand_off_id, "introduction")
    away = reply_mail(
        original, sender=("", world.ae), text="I am back on 9 March 2026.", at=world.clock.now()
    )
    world.take_in(b"Auto-Submitted: auto-replied\r\n" + away)
    days = [m.returns_on for m in world.all(InboundMessage) if m.message_class == "auto_reply"]
    assert [str(day) for day in days] == ["None", "2026-03-09"]


def test_an_answer_from_a_private_address_counts_once_a_person_says_whose_it_is(
    world: World, hand_off_id: uuid.UUID
) -> None:
    world.answers_invite(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, lead_of(world, hand_off_id))
    line = stray(world, hand_off_id)
    assert world.hand_off(hand_off_id).ae_engaged_at is None
    with pytest.raises(InputError, match="which hand-off"):
        settle_message(world.runtime, line.id, InboundDecision.AE, by="Sam")
    settle_message(
        world.runtime,
        line.id,
        InboundDecision.AE,
        by="Sam",
        hand_off_id=hand_off_id,
        reason="knows",
    )
    assert world.hand_off(hand_off_id).ae_engaged_at == world.clock.now()
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "accepted"
    assert world.engine.woken[-1] == world.hand_off(hand_off_id).flow_run_id
    with world.runtime.transaction() as session:
        (settled,) = show_message(session, line.id).settled
    assert (settled.decision, settled.by, settled.reason) == ("ae", "Sam", "knows")
    assert settled.hand_off_id == hand_off_id


def test_a_message_may_be_a_leads_answer_a_wish_or_nothing(
    world: World, hand_off_id: uuid.UUID
) -> None:
    line = stray(world, hand_off_id, "Yes")
    settle_message(world.runtime, line.id, InboundDecision.LEAD, by="Sam", hand_off_id=hand_off_id)
    assert "reply" in {touch.kind for touch in world.all(Touch)}
    line = stray(world, hand_off_id, "No")
    settle_message(world.runtime, line.id, InboundDecision.NOTHING, by="Sam")
    lead = lead_of(world, hand_off_id)
    line = stray(world, hand_off_id, "She does not want this")
    with pytest.raises(InputError):
        settle_message(world.runtime, line.id, InboundDecision.OPT_OUT, by="Sam", address=world.ae)
    assert the_look(world) == line
    done = settle_message(
        world.runtime, line.id, InboundDecision.OPT_OUT, by="Sam", address=lead.upper()
    )
    assert done.closed == (hand_off_id,)
    assert [o.address for o in world.all(OptOut)] == [lead]


def test_a_message_is_settled_once(world: World, hand_off_id: uuid.UUID) -> None:
    line = stray(world, hand_off_id)
    settle_message(world.runtime, line.id, InboundDecision.NOTHING, by="Sam")
    for decision in InboundDecision:
        with pytest.raises(RefusedError, match="was settled"):
            settle_message(world.runtime, line.id, decision, by="Sam", hand_off_id=hand_off_id)
    with pytest.raises(NotFoundError):
        settle_message(world.runtime, 10**6, InboundDecision.NOTHING, by="Sam")
    clear = next(m for m in world.all(InboundMessage) if m.look is None)
    with pytest.raises(RefusedError, match="it was clear"):
        settle_message(world.runtime, clear.id, InboundDecision.NOTHING, by="Sam")


def test_a_message_under_another_key_is_the_same_and_another_text_under_its_id_is_not(
    world: World, hand_off_id: uuid.UUID
) -> None:
    original = world.last_mail(hand_off_id, "introduction")
    lead = lead_of(world, hand_off_id)
    mail = reply_mail(original, sender=("", lead), text="Hello.", at=world.clock.now())
    assert world.take_in(mail) == 1
    assert world.take_in(b"Received: by another.example\r\n" + mail) == 0
    assert world.take_in(mail.replace(b"Hello.", b"Good day.")) == 1
    assert world.take_in(b"no headers") == 1
    assert world.take_in(b"no headers ") == 1


def test_an_answer_to_an_invite_that_nobody_sent_is_looked_at(world: World) -> None:
    product = "-//Google Inc//Google Calendar 70.9054//EN"
    own = world.runtime.settings.mail_address
    reply = answer(product, "Accepted: Introduction", "ACCEPTED")
    world.take_in(reply.replace(TRACKING.encode(), own.encode()))
    assert the_look(world).look == "answers an invite that is not known"
