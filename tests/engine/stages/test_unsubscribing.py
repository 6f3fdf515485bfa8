"""One click, from the header of a real mail to the ledger (RFC 8058, B9, I4)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from importlib import import_module
from pkgutil import iter_modules

import pytest
from pydantic import SecretStr

from baton import runtime as composition
from baton.desk import routes
from baton.desk.app import create_app
from baton.engine import actions
from baton.store.tables import OptOut
from baton.testing.mail import reply_mail
from tasks.introduce import introduce
from tests.desk.client import TestClient
from tests.engine.worlds import World

PUBLIC = "https://baton.seller.example"
ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture
def world(world: World) -> World:
    chosen = {
        "public_url": PUBLIC + "/",
        "link_secret": SecretStr("a-secret-of-the-tests"),
        "api_token": SecretStr("t"),
    }
    settings = world.runtime.settings.model_copy(update=chosen)
    world.runtime = replace(world.runtime, settings=settings)
    composition.use(world.runtime)
    return world


@pytest.fixture
def web(world: World) -> Iterator[TestClient]:
    with TestClient(create_app(world.runtime), base_url=PUBLIC) as client:
        yield client


def mail(world: World, hand_off_id: uuid.UUID, template: str) -> EmailMessage:
    message = message_from_bytes(world.last_mail(hand_off_id, template), policy=default)
    assert isinstance(message, EmailMessage)
    return message


def link_in(message: EmailMessage) -> str:
    (link,) = re.findall(r"<(https://\S+)>", message["List-Unsubscribe"])
    return str(link)


def opted_out(world: World) -> set[str]:
    return {row.address for row in world.all(OptOut)}


def test_every_mail_to_the_lead_can_be_unsubscribed_with_one_click(world: World) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id)
    actions.cancel_hand_off(world.runtime, hand_off_id, by="test", reason="test")
    for template in ("introduction", "invite", "invite_cancelled"):
        message = mail(world, hand_off_id, template)
        assert message["List-Unsubscribe-Post"] == ONE_CLICK
        link = link_in(message)
        assert link.startswith(f"{PUBLIC}/unsubscribe/")
        assert f"+unsubscribe-{hand_off_id}@" in message["List-Unsubscribe"]
        assert lead.email is not None
        for personal in (lead.email, lead.email.partition("@")[0], lead.family_name or "?"):
            assert personal not in link
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None
            assert link in body.get_content()


def test_mails_to_colleagues_carry_no_such_link(world: World) -> None:
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    packet = mail(world, hand_off_id, "context_packet")
    assert packet["List-Unsubscribe"] is None
    assert packet["List-Unsubscribe-Post"] is None


@pytest.mark.parametrize("public_url", [None, "http://baton.internal"])
def test_without_an_https_address_only_mail_can_unsubscribe(
    world: World, public_url: str | None
) -> None:
    settings = world.runtime.settings.model_copy(update={"public_url": public_url})
    world.runtime = replace(world.runtime, settings=settings)
    composition.use(world.runtime)
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    message = mail(world, hand_off_id, "introduction")
    assert message["List-Unsubscribe"].startswith("<mailto:")
    assert "http" not in message["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] is None
    assert "unsubscribe/" not in str(message)


def test_one_click_opts_out_at_once_and_twice_is_once(world: World, web: TestClient) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email
    link = link_in(mail(world, hand_off_id, "introduction"))
    for _ in range(2):
        answer = web.post(link, content=ONE_CLICK)
        assert answer.status_code == 200
        assert "Done." in answer.text
        assert opted_out(world) == {lead}
    assert world.hand_off(hand_off_id).close_reason == "opted out"
    assert world.effects(hand_off_id)["invite_cancellation:1"] == "intended"


def test_a_get_changes_nothing_and_shows_one_button(world: World, web: TestClient) -> None:
    hand_off_id = world.invited()
    link = link_in(mail(world, hand_off_id, "invite"))
    answer = web.get(link, headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.8"})
    assert answer.status_code == 200
    assert answer.text.count("<button") == 1
    assert '<form method="post">' in answer.text
    assert '<html lang="de">' in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    lead = world.lead_of(hand_off_id)
    assert (lead.email or "") not in answer.text
    web.head(link)
    web.options(link)
    assert opted_out(world) == set()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_and_an_expired_link_say_so_and_change_nothing(
    world: World, web: TestClient, method: str
) -> None:
    hand_off_id = world.invited()
    link = link_in(mail(world, hand_off_id, "introduction"))
    number, rest = link.rsplit("/", 1)[1].split(".", 1)
    for token in (f"{number}.{rest[:-1]}", f"OTk5.{rest}", "x", "%00", "a.b.c", "\u00fc" * 9):
        answer = web.request(method, f"{PUBLIC}/unsubscribe/{token}")
        assert answer.status_code == 404
        assert "damaged" in answer.text
        assert "<button" not in answer.text
    world.clock.advance_to(world.clock.now() + timedelta(days=365))
    assert web.get(link).status_code == 200
    world.clock.advance_to(world.clock.now() + timedelta(days=36))
    answer = web.request(method, link)
    assert answer.status_code == 410
    assert "too old" in answer.text
    assert opted_out(world) == set()


def test_a_link_signed_with_another_secret_is_refused(world: World, web: TestClient) -> None:
    hand_off_id = world.invited()
    link = link_in(mail(world, hand_off_id, "introduction"))
    update = {"link_secret": SecretStr("another-secret-altogether")}
    settings = world.runtime.settings.model_copy(update=update)
    with TestClient(create_app(replace(world.runtime, settings=settings))) as other:
        assert other.post(link).status_code == 404
    assert opted_out(world) == set()


def test_one_click_opts_out_the_lead_of_an_alias_whatever_its_address_is_now(
    world: World, web: TestClient
) -> None:
    hand_off_id = world.invited()
    link = link_in(mail(world, hand_off_id, "introduction"))
    with world.runtime.transaction() as session:
        lead = session.get_one(type(world.lead_of(hand_off_id)), world.lead_of(hand_off_id).id)
        lead.email = "moved@harbour.example"
    assert web.post(link).status_code == 200
    assert opted_out(world) == {"moved@harbour.example"}


def test_a_mail_to_the_unsubscribe_address_from_an_alias_opts_both_out(world: World) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email
    own, domain = world.runtime.settings.mail_address.split("@")
    to = f"{own}+unsubscribe-{hand_off_id}@{domain}"
    world.take_in(f"From: alias@harbour.example\r\nTo: {to}\r\n\r\n\r\n".encode())
    assert opted_out(world) == {"alias@harbour.example", lead}
    assert world.hand_off(hand_off_id).close_reason == "opted out"


def test_a_colleagues_click_in_the_mail_program_opts_nobody_out(world: World) -> None:
    hand_off_id = world.invited()
    own, domain = world.runtime.settings.mail_address.split("@")
    to = f"{own}+unsubscribe-{hand_off_id}@{domain}"
    world.take_in(f"From: {world.ae}\r\nTo: {to}\r\n\r\n\r\n".encode())
    assert opted_out(world) == set()


def test_an_alias_that_answers_in_words_opts_itself_out_alone(world: World) -> None:
    hand_off_id = world.invited()
    original = world.last_mail(hand_off_id, "introduction")
    person = ("A", "assistant@harbour.example")
    world.take_in(reply_mail(original, sender=person, text="unsubscribe", at=world.clock.now()))
    assert opted_out(world) == {"assistant@harbour.example"}
    assert world.hand_off(hand_off_id).state == "open"


def test_nothing_but_the_links_is_outside_of_the_documented_routes() -> None:
    # Those in the document ask for the token, the health excepted: tests/desk/test_api.py.
    modules = [import_module(f"{routes.__name__}.{m.name}") for m in iter_modules(routes.__path__)]
    hidden = {
        (route.path, *sorted(route.methods))
        for module in modules
        for route in module.router.routes
        if not (module.router.include_in_schema and route.include_in_schema)
    }
    links = ("/unsubscribe/{token}", "/times/{token}")
    assert hidden == {(link, method) for link in links for method in ("GET", "POST")}
