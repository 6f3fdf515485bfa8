"""Who opted out hears from us again only by their own act (B9)."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from baton.engine.links import unsubscribe_url
from baton.engine.opting_in import subscribe_address
from baton.engine.sweep import sweep
from baton.store.looks import list_looks
from baton.store.tables import OptIn, OptOut
from baton.testing.crm import FakeCrm
from tasks.introduce import introduce
from tests.desk.client import TestClient
from tests.engine.worlds import World


@pytest.fixture
def crm(world: World) -> FakeCrm:
    made = FakeCrm()
    world.use_crm(made)
    return made


@pytest.fixture
def gone(world: World, crm: FakeCrm) -> uuid.UUID:
    """The hand-off of a lead that opted out."""
    hand_off_id = world.invited()
    world.opt_out(lead_of(world, hand_off_id))
    assert crm.view(world.lead_of(hand_off_id).id).opted_out
    return hand_off_id


def lead_of(world: World, hand_off_id: uuid.UUID) -> str:
    return world.lead_of(hand_off_id).email or ""


def writes(
    world: World,
    hand_off_id: uuid.UUID,
    sender: str,
    *headers: str,
    text: str = "",
    to: str | None = None,
) -> None:
    to = to or subscribe_address(world.runtime, world.lead_of(hand_off_id).id)
    lines = (f"From: Ada <{sender}>", f"To: {to}", *headers, "Subject: subscribe", "", text)
    world.take_in("\r\n".join(lines).encode())


def stands(world: World) -> int:
    return len(world.all(OptOut))


def test_their_own_mail_takes_the_wish_back_and_the_crm_hears_of_it(
    world: World, gone: uuid.UUID, crm: FakeCrm
) -> None:
    lead = world.lead_of(gone)
    before = len(world.mails_to(lead.email or ""))
    writes(world, gone, lead.email or "", text="Please write to me again.")
    sweep(world.runtime)
    assert stands(world) == 0
    back = world.lead_of(gone)
    assert (back.place, back.place_reason) == ("nurture", "opted in again")
    assert back.check_in_on == world.clock.now().date()
    assert not crm.view(lead.id).opted_out
    assert len(world.mails_to(lead.email or "")) == before
    again = world.start(lead.id)
    world.walk(again, introduce)
    assert len(world.mails_to(lead.email or "")) == before + 1


def test_a_wish_that_comes_after_that_wins_again(
    world: World, gone: uuid.UUID, crm: FakeCrm
) -> None:
    lead = world.lead_of(gone)
    for _ in range(2):
        world.clock.advance_to(world.clock.now().replace(hour=world.clock.now().hour + 1))
        writes(world, gone, lead.email or "", f"Message-ID: <{uuid.uuid4()}@harbour.example>")
        sweep(world.runtime)
        assert not crm.view(lead.id).opted_out
        world.clock.advance_to(world.clock.now().replace(hour=world.clock.now().hour + 1))
        world.opt_out(lead.email or "")
        assert crm.view(lead.id).opted_out
    assert (stands(world), len(world.all(OptIn))) == (1, 2)


@pytest.mark.parametrize("sender", ["ae", "sdr", "somebody@harbour.example"])
def test_nobody_else_can_take_it_back(world: World, gone: uuid.UUID, sender: str) -> None:
    address = {"ae": world.ae, "sdr": world.sdr}.get(sender, sender)
    writes(world, gone, address, text="They want to hear from us again.")
    assert stands(world) == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("Auto-Submitted: auto-replied", "I am away."),
        ("X-Nothing: x", "unsubscribe"),
        ("Precedence: bulk", "News"),
    ],
)
def test_what_no_person_meant_so_takes_nothing_back(
    world: World, gone: uuid.UUID, header: str, said: str
) -> None:
    writes(world, gone, lead_of(world, gone), header, text=said)
    assert stands(world) == 1


def test_a_forged_from_without_the_mark_takes_nothing_back_and_a_person_sees_it(
    world: World, gone: uuid.UUID
) -> None:
    """The lead's address, its number and the hand-off's are known to many; the mark is not."""
    lead = world.lead_of(gone)
    own, _, domain = world.runtime.settings.mail_address.partition("@")
    mark = (subscribe_address(world.runtime, lead.id) or "").partition("@")[0][-16:]
    for token in (
        str(gone),
        str(lead.id),
        f"{lead.id}-",
        f"{lead.id}-{'a' * 16}",
        f"{lead.id}-{mark[:-1]}",
        f"{lead.id + 1}-{mark}",
        f"999999999999999-{mark}",
        f"-{mark}",
    ):
        to = f"{own}+subscribe-{token}@{domain}"
        identity = f"Message-ID: <{uuid.uuid4()}@elsewhere.example>"
        writes(world, gone, lead.email or "", identity, text="Write to me again.", to=to)
    assert (stands(world), world.all(OptIn)) == (1, [])
    with world.runtime.transaction() as session:
        assert len(list_looks(session)) == 8


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("mx.seller.example; dmarc=pass header.from=DOMAIN", 0),
        ("MX.seller.example 1; spf=pass (a; b); dmarc=pass (p=none) header.from=DOMAIN", 0),
        ("mx.seller.example; dmarc=fail header.from=DOMAIN", 1),
        ("mx.seller.example; dmarc=pass header.from=elsewhere.example", 1),
        ("mx.elsewhere.example; dmarc=pass header.from=DOMAIN", 1),
        ("mx.seller.example; spf=pass smtp.mailfrom=dmarc=pass", 1),
        ("mx.seller.example; none", 1),
        ("", 1),
    ],
)
def test_where_the_mail_server_says_whether_from_is_genuine_it_must_be(
    world: World, gone: uuid.UUID, said: str, left: int
) -> None:
    world.use_settings(mail_authserv="mx.seller.example")
    lead = lead_of(world, gone)
    header = f"Authentication-Results: {said.replace('DOMAIN', lead.partition('@')[2])}"
    writes(world, gone, lead, header, text="Please write to me again.")
    with world.runtime.transaction() as session:
        looks = [line.look for line in list_looks(session)]
    shown = ["wants to hear from us again, and the mail server does not vouch for its From"]
    assert (stands(world), looks) == (left, shown if left else [])


def test_two_words_of_the_server_that_differ_count_for_nothing(
    world: World, gone: uuid.UUID
) -> None:
    world.use_settings(mail_authserv="mx.seller.example")
    both = [f"Authentication-Results: mx.seller.example; dmarc={how}" for how in ("fail", "pass")]
    writes(world, gone, lead_of(world, gone), *both, text="Please write to me again.")
    assert stands(world) == 1


def test_the_address_of_one_wish_is_not_good_for_the_next(world: World, gone: uuid.UUID) -> None:
    lead = lead_of(world, gone)
    to = subscribe_address(world.runtime, world.lead_of(gone).id)
    for number, left in ((1, 0), (2, 1)):
        identity = f"Message-ID: <{number}@harbour.example>"
        writes(world, gone, lead, identity, to=to)
        assert stands(world) == left
        world.opt_out(lead)
    assert len(world.all(OptIn)) == 1
    assert subscribe_address(world.runtime, world.lead_of(gone).id) != to


def test_an_ordinary_answer_takes_nothing_back(world: World, gone: uuid.UUID) -> None:
    world.replies(gone, lead_of(world, gone), "By the way, Tuesday would have suited me.")
    assert stands(world) == 1


def test_the_page_says_where_to_write_and_cannot_do_it(world: World, web: TestClient) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id)
    link = unsubscribe_url(world.runtime, lead.id) or ""
    answer = web.post(link, content="List-Unsubscribe=One-Click")
    (address,) = re.findall(r'href="mailto:([^"]+)"', answer.text)
    assert address == subscribe_address(world.runtime, lead.id)
    assert "<button" not in answer.text
    for again in (link, f"{link}?again=yes"):
        web.post(again, content="again=yes")
        web.get(again)
    assert stands(world) == 1


def test_what_was_taken_back_is_kept_for_ever(world: World, gone: uuid.UUID) -> None:
    writes(world, gone, lead_of(world, gone))
    (kept,) = world.all(OptIn)
    assert (kept.opted_out_by, kept.source) == ("test", "mail")
    with pytest.raises(IntegrityError, match="append-only"), world.runtime.transaction() as session:
        session.execute(text("delete from opt_in"))
