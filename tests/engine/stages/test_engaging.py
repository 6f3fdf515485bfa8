"""The AE is expected to answer the introduction: reminded, then the manager is told (A3)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from baton.engine.sweep import sweep
from baton.testing.mail_fakes import Sent
from tasks.book import book
from tests.engine.stages.conftest import Change
from tests.engine.worlds import World

REMINDED, ESCALATED, OVER = (timedelta(minutes=after) for after in (1440, 2160, 2880))


def told(mails: list[Sent]) -> list[tuple[str, str]]:
    """Return subject and text of what Baton itself wrote."""
    found = []
    for mail in mails:
        message = message_from_bytes(mail.content, policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        assert body is not None
        if str(message["From"]).startswith("Baton") and "new lead" not in str(message["Subject"]):
            found.append((str(message["Subject"]), body.get_content()))
    return found


@pytest.fixture
def world(world_with: Callable[[Change], World]) -> World:
    """An installation without SLAs, whose own escalations would be told beside the wait's."""
    return world_with(lambda agreement: agreement.update(slas=[]))


def after(world: World, hand_off_id: uuid.UUID, passed: timedelta) -> None:
    world.clock.advance_to(world.waits(hand_off_id)[-1].not_before + passed)
    sweep(world.runtime)
    sweep(world.runtime)


def test_an_ae_who_does_nothing_is_reminded_then_the_manager_is_told_once(world: World) -> None:
    hand_off_id = world.invited()
    after(world, hand_off_id, REMINDED)
    ((subject, text),) = told(world.mails_to(world.ae))
    assert subject.startswith("Reminder: accept the invite and answer the introduction")
    assert world.mails_to(world.manager) == []
    after(world, hand_off_id, ESCALATED)
    ((subject, text),) = told(world.mails_to(world.manager))
    assert subject.startswith("Not done yet: accept the invite and answer the introduction")
    assert "Ida Moor is to accept" in text
    after(world, hand_off_id, ESCALATED + timedelta(hours=1))
    assert len(told(world.mails_to(world.manager))) == 1
    assert len(told(world.mails_to(world.ae))) == 1
    assert world.waits(hand_off_id)[-1].state == "open"
    after(world, hand_off_id, OVER)
    assert world.waits(hand_off_id)[-1].decision == "give_up"


def test_both_acceptances_do_not_make_up_for_the_aes_answer(world: World) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email
    assert lead is not None
    world.answers_invite(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, lead)
    assert world.waits(hand_off_id)[-1].state == "open"
    after(world, hand_off_id, REMINDED)
    assert told(world.mails_to(world.ae))[0][0].startswith("Reminder: answer the introduction (")
    after(world, hand_off_id, ESCALATED)
    ((subject, _),) = told(world.mails_to(world.manager))
    assert subject.startswith("Not done yet: answer the introduction (")
    world.replies(hand_off_id, world.ae)
    assert world.waits(hand_off_id)[-1].decision == "accepted"
    world.run(book, hand_off_id)
    assert world.lead_of(hand_off_id).status == "suspect"


def test_an_automatic_answer_is_no_engagement(world: World) -> None:
    hand_off_id = world.invited()
    world.is_away(hand_off_id, world.ae)
    after(world, hand_off_id, REMINDED)
    assert "answer the introduction" in told(world.mails_to(world.ae))[0][0]
    assert world.hand_off(hand_off_id).ae_engaged_at is None


def test_an_ae_who_did_everything_is_not_told_of_to_the_manager(world: World) -> None:
    hand_off_id = world.invited()
    world.answers_invite(hand_off_id, world.ae)
    world.replies(hand_off_id, world.ae)
    after(world, hand_off_id, REMINDED)
    ((subject, _),) = told(world.mails_to(world.ae))
    assert subject.startswith("Reminder: see that the lead accepts the invite")
    after(world, hand_off_id, ESCALATED)
    assert world.mails_to(world.manager) == []


def test_an_ae_who_answered_in_time_is_neither_reminded_nor_told_of(world: World) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    after(world, hand_off_id, ESCALATED)
    assert told(world.mails_to(world.ae)) == []
    assert world.mails_to(world.manager) == []
