"""What a message changes, and what it does not."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from baton.adapters.mail.incoming import IncomingMail
from baton.adapters.mail.reading import read_mail
from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance
from baton.engine.hearing import hear
from baton.engine.inbox import read_inbox
from baton.errors import MailUnavailableError
from baton.store.tables import (
    Attempt,
    AttendanceChange,
    AttendanceRow,
    HandOff,
    Heartbeat,
    InboundMessage,
    OptOut,
    Touch,
)
from baton.testing.mail import calendar_reply_mail, reply_mail
from tasks.book import book
from tests.engine.worlds import World
from tests.invariants.threads import Meanwhile

ACCEPTED = Attendance.ACCEPTED


@pytest.fixture
def hand_off_id(world: World) -> uuid.UUID:
    """A hand-off that waits for both to accept; our own copies are read."""
    invited = world.invited()
    world.read_inbox()
    return invited


def lead_of(world: World, hand_off_id: uuid.UUID) -> str:
    return world.lead_of(hand_off_id).email or ""


def attendance(world: World) -> dict[str, str]:
    return {row.side: row.reply for row in world.all(AttendanceRow)}


def test_the_aes_answer_is_engagement_and_an_attempt(world: World, hand_off_id: uuid.UUID) -> None:
    world.replies(hand_off_id, world.ae)
    first = world.hand_off(hand_off_id).ae_engaged_at
    assert first == world.clock.now()
    assert [a.note for a in world.all(Attempt)] == ["answered the introduction"]
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None


def test_the_leads_answer_is_a_touch_and_no_engagement(
    world: World, hand_off_id: uuid.UUID
) -> None:
    world.replies(hand_off_id, lead_of(world, hand_off_id))
    assert "reply" in {touch.kind for touch in world.all(Touch)}
    assert world.hand_off(hand_off_id).ae_engaged_at is None


def test_an_automatic_reply_changes_nothing(world: World, hand_off_id: uuid.UUID) -> None:
    world.is_away(hand_off_id, world.ae)
    assert world.hand_off(hand_off_id).ae_engaged_at is None
    assert "auto_reply" in {m.message_class for m in world.all(InboundMessage)}
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None


def test_a_strangers_answer_in_the_thread_is_kept_and_changes_nothing(
    world: World, hand_off_id: uuid.UUID
) -> None:
    touches = len(world.all(Touch))
    world.replies(hand_off_id, "carl@elsewhere.example")
    kept = world.all(InboundMessage, InboundMessage.sender == "carl@elsewhere.example")
    assert [m.hand_off_id for m in kept] == [hand_off_id]
    assert world.hand_off(hand_off_id).ae_engaged_at is None
    assert len(world.all(Touch)) == touches


@pytest.mark.parametrize("answer", [Attendance.ACCEPTED, Attendance.TENTATIVE])
def test_one_sides_answer_decides_nothing_yet(
    world: World, hand_off_id: uuid.UUID, answer: Attendance
) -> None:
    world.answers_invite(hand_off_id, lead_of(world, hand_off_id), answer)
    assert attendance(world) == {"ae": "needs-action", "lead": answer}
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None


def test_both_acceptances_and_the_aes_answer_decide_in_any_order(world: World) -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        hand_off_id = world.invited()
        says = (
            lambda h: world.replies(h, world.ae),
            lambda h: world.answers_invite(h, world.ae),
            lambda h: world.answers_invite(h, lead_of(world, h)),
        )
        for number in order:
            assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
            says[number](hand_off_id)
        assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "accepted"


def test_a_forged_a_stale_and_an_uninvited_answer_are_refused_and_kept(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    first_invite = world.last_mail(hand_off_id, "invite")
    now = world.clock.now()
    forged = calendar_reply_mail(
        first_invite, sender=("", lead), attendance=ACCEPTED, at=now
    ).replace(f"From: {lead}".encode(), b"From: eve@elsewhere.example")
    assert b"From: eve" in forged
    world.take_in(forged)
    world.answers_invite(hand_off_id, "eve@elsewhere.example")
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    world.run(book, hand_off_id)
    world.take_in(calendar_reply_mail(first_invite, sender=("", lead), attendance=ACCEPTED, at=now))
    refused = [change.refused for change in world.all(AttendanceChange)]
    assert refused == [
        "it was not sent by the attendee",
        "the address was not invited",
        None,
        "it answers sequence 0, the invite is at 1",
    ]
    newest = world.meetings(hand_off_id)[-1].id
    replies = {r.reply for r in world.all(AttendanceRow, AttendanceRow.meeting_id == newest)}
    assert replies == {"needs-action"}


def test_a_calendar_reply_outside_the_thread_finds_its_hand_off(
    world: World, hand_off_id: uuid.UUID
) -> None:
    other = world.invited()
    lead = lead_of(world, hand_off_id)
    reply = calendar_reply_mail(
        world.last_mail(hand_off_id, "invite"),
        sender=("", lead),
        attendance=Attendance.DECLINED,
        at=world.clock.now(),
    )
    lost = b"\r\n".join(
        b"To: handoffs@baton.example" if line.startswith(b"To:") else line
        for line in reply.split(b"\r\n")
        if not line.startswith((b"In-Reply-To", b"References", b" <"))
    )
    world.take_in(lost)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "declined"
    assert world.decide(other, WaitKind.ACCEPTANCE) is None


def test_a_bounce_of_the_leads_address_decides_and_another_ones_does_not(
    world: World, hand_off_id: uuid.UUID
) -> None:
    world.bounces(hand_off_id, world.ae)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
    world.bounces(hand_off_id, lead_of(world, hand_off_id))
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "refused"


def test_an_opt_out_by_mail_closes_the_hand_off(world: World, hand_off_id: uuid.UUID) -> None:
    lead = lead_of(world, hand_off_id)
    world.replies(hand_off_id, lead, "unsubscribe")
    assert [o.address for o in world.all(OptOut)] == [lead]
    assert world.hand_off(hand_off_id).close_reason == "opted out"
    world.replies(hand_off_id, world.ae, "unsubscribe")
    assert [o.address for o in world.all(OptOut)] == [lead]


def test_a_message_is_taken_in_once(world: World, hand_off_id: uuid.UUID) -> None:
    mail = reply_mail(
        world.last_mail(hand_off_id, "introduction"),
        sender=("", world.ae),
        text="Hello.",
        at=world.clock.now(),
    )
    assert world.take_in(mail) == 1
    assert world.take_in(mail) == 0
    assert len(world.all(Attempt)) == 1


def test_a_mailbox_that_is_down_leaves_no_sign_of_having_been_read(world: World) -> None:
    world.mailbox.go_down()
    with pytest.raises(MailUnavailableError):
        read_inbox(world.runtime)
    with world.runtime.transaction() as session:
        assert session.scalar(select(Heartbeat.at)) is None
    world.mailbox.go_down(is_down=False)
    read_inbox(world.runtime)
    with world.runtime.transaction() as session:
        assert session.scalar(select(Heartbeat.at)) is not None


def test_nothing_in_a_message_stops_the_next_one(world: World, hand_off_id: uuid.UUID) -> None:
    world.mailbox.deliver(b"\x00\xff garbage without headers")
    world.mailbox.deliver(b"")
    world.replies(hand_off_id, world.ae)
    assert world.hand_off(hand_off_id).ae_engaged_at is not None


def test_two_answers_read_at_once_see_each_other(world: World, hand_off_id: uuid.UUID) -> None:
    world.answers_invite(hand_off_id, world.ae)
    lead, now = lead_of(world, hand_off_id), world.clock.now()
    introduction = world.last_mail(hand_off_id, "introduction")
    invite = world.last_mail(hand_off_id, "invite")
    answer, acceptance = (
        read_mail(mail, own_address=world.runtime.settings.mail_address)
        for mail in (
            reply_mail(introduction, sender=("", world.ae), text="Glad to meet you.", at=now),
            calendar_reply_mail(invite, sender=("", lead), attendance=ACCEPTED, at=now),
        )
    )

    def take_in(mail: IncomingMail) -> bool:
        with world.runtime.transaction() as session:
            return hear(world.runtime, session, session.get_one(HandOff, hand_off_id), mail, at=now)

    with world.runtime.transaction() as session:
        found = session.get_one(HandOff, hand_off_id)
        assert not hear(world.runtime, session, found, answer, at=now)
        second = Meanwhile(lambda: take_in(acceptance))
        assert second.is_waiting()
    assert second.result()
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "accepted"
