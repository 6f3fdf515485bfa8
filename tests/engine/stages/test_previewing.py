"""A preview is what would be sent, and changes nothing."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from baton.engine.previewing import preview
from baton.messages.catalogue import CATALOGUE
from baton.store.tables import Effect, HandOff
from tasks.introduce import introduce
from tests.engine.worlds import World


def test_a_preview_says_what_is_sent_afterwards(world: World) -> None:
    hand_off_id = world.start()
    lead = world.lead_of(hand_off_id)
    world.walk(hand_off_id, introduce)
    shown = preview(world.runtime, lead.id, "introduction")
    sent = message_from_bytes(world.last_mail(hand_off_id, "introduction"), policy=default)
    body = sent.get_body(("plain",))
    assert body is not None
    assert shown.examples == []
    assert shown.language == "de"
    assert shown.rendered.subject == sent["Subject"]
    assert shown.rendered.text.strip() == body.get_content().replace("\r\n", "\n").strip()


def test_every_message_can_be_previewed_for_a_lead_without_a_hand_off(world: World) -> None:
    lead_id = world.lead(country="US", needs=None)
    for name in CATALOGUE:
        shown = preview(world.runtime, lead_id, name)
        # What is about several leads shows examples instead.
        is_of_one = "lead" in CATALOGUE[name].sample
        assert ("Ada" in shown.rendered.text or "Ada" in shown.rendered.subject) == is_of_one, name
        assert shown.language == "en"
    assert world.all(Effect) == []
    assert world.all(HandOff) == []


def test_every_message_can_be_previewed_for_a_lead_that_was_invited(world: World) -> None:
    hand_off_id = world.invited()
    lead_id = world.lead_of(hand_off_id).id
    before = world.effects(hand_off_id)
    for name in CATALOGUE:
        preview(world.runtime, lead_id, name)
    packet = preview(world.runtime, lead_id, "context_packet")
    assert packet.examples == ["due_at"]
    assert "Ida Moor" in packet.rendered.text
    assert world.effects(hand_off_id) == before


@pytest.mark.parametrize("language", ["fr", "cs"])
def test_another_language_may_be_asked_for(world: World, language: str) -> None:
    shown = preview(world.runtime, world.lead(), "invite", language)
    assert shown.rendered.text.startswith("Bonjour" if language == "fr" else "Hello")
