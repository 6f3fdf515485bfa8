"""The letters of a whole hand-off: one thread, the right From, nothing that loads anything."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser

import pytest

from baton import runtime as composition
from baton.domain.meeting import Attendance
from baton.engine import actions, sweep
from baton.store.tables import Effect
from tasks.book import book
from tests.engine.worlds import World


def letters(world: World) -> dict[str, EmailMessage]:
    """Return every mail that was written, by its effect's key without the hand-off."""
    mails = [e for e in world.all(Effect) if e.content is not None]
    found = {}
    for effect in sorted(mails, key=lambda effect: effect.id):
        message = message_from_bytes(effect.content, policy=default)
        assert isinstance(message, EmailMessage)
        found[effect.key.partition(":")[2]] = message
    return found


def everything(world: World) -> dict[str, EmailMessage]:
    """A hand-off with a reminder, an escalation, a second time and a cancellation."""
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email
    assert lead is not None
    (wait,) = world.waits(hand_off_id)
    world.clock.advance_to(datetime.fromisoformat(wait.remind_at[0]))
    sweep.sweep(world.runtime)
    world.answers_invite(hand_off_id, lead, Attendance.DECLINED)
    world.run(book, hand_off_id)
    actions.cancel_hand_off(world.runtime, hand_off_id, by="test", reason="test")
    sweep.sweep(world.runtime)
    return letters(world)


def test_every_letter_of_a_hand_off_stands_in_one_thread(world: World) -> None:
    found = everything(world)
    root = found.pop("introduction:1")
    assert root["In-Reply-To"] is None
    # Written together with the introduction, before anybody knows whether that went out.
    assert found.pop("context_packet:1")["References"] is None
    kinds = {key.partition(":")[0] for key in found}
    assert kinds == {"invite", "invite_cancellation", "notice"}
    for key, letter in found.items():
        assert letter["References"] == root["Message-ID"], key
        assert letter["In-Reply-To"] == root["Message-ID"], key
    ids = [letter["Message-ID"] for letter in (root, *found.values())]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("mail_from", ["sdr", "own"])
def test_the_lead_hears_from_the_sdr_or_on_behalf(world: World, mail_from: str) -> None:
    settings = world.runtime.settings.model_copy(update={"mail_from": mail_from})
    world.runtime = replace(world.runtime, settings=settings)
    composition.use(world.runtime)
    own = settings.mail_address
    hand_off_id = world.invited()
    name, domain = own.split("@")
    for letter in (letters(world)["introduction:1"], letters(world)["invite:1"]):
        (sender,) = letter["From"].addresses
        if mail_from == "sdr":
            assert (sender.display_name, sender.addr_spec) == ("Sam Moor", world.sdr)
            assert letter["Sender"] == own
        else:
            assert (sender.display_name, sender.addr_spec) == ("Sam Moor via Baton", own)
            assert letter["Sender"] is None
        answers = [address.addr_spec for address in letter["Reply-To"].addresses]
        assert answers == [world.sdr, f"{name}+{hand_off_id}@{domain}"]
    senders = {sent.sender for sent in world.transport.sent}
    assert senders == {f"{name}+{hand_off_id}@{domain}"}


class Loads(HTMLParser):
    """Collects whatever a mail program would fetch."""

    TAGS = (
        *("img", "image", "link", "script", "iframe", "frame", "object", "embed", "applet"),
        *("video", "audio", "source", "track", "base", "svg", "input", "bgsound"),
    )
    ATTRIBUTES = ("src", "srcset", "background", "poster", "data", "ping", "http-equiv")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.TAGS:
            self.found.append(tag)
        for name, value in attrs:
            if name in self.ATTRIBUTES or re.search(r"url\(|@import", value or "", re.IGNORECASE):
                self.found.append(f"{tag} {name}")


def test_no_letter_loads_anything(world: World) -> None:
    checker = Loads()
    checker.feed('<p style="background: url(x)"></p><img src="x">')
    assert checker.found == ["p style", "img", "img src"]
    for key, letter in everything(world).items():
        body = letter.get_body(("html",))
        assert body is not None
        text = body.get_content()
        loads = Loads()
        loads.feed(text)
        assert loads.found == [], key
        assert not re.search(r"url\(|@import|<style", text, re.IGNORECASE), key


@pytest.mark.parametrize(
    ("lead", "says"),
    [
        ({"country": "DE"}, "Guten Tag"),
        ({"country": "DE", "language": "en"}, "Hello"),
        ({"country": "US", "language": "fr"}, "Bonjour"),
        ({"country": "NL", "language": "nl"}, "Hello"),
    ],
)
def test_the_lead_is_written_to_in_its_language_and_colleagues_in_english(
    world: World, lead: dict[str, str], says: str
) -> None:
    world.invited(**lead)
    found = letters(world)
    for key in ("introduction:1", "invite:1"):
        body = found[key].get_body(("plain",))
        assert body is not None
        assert body.get_content().startswith(says)
    packet = found["context_packet:1"].get_body(("plain",))
    assert packet is not None
    assert packet.get_content().startswith("Hello Ida Moor")
