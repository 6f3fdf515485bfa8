"""Introduce: the mail, the packet, and what happens when the lead cannot be reached."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import select

from baton.engine import actions
from baton.engine.stage import Asleep, Finished, Over
from baton.errors import InDoubtError, MailRefusedError, MailUnavailableError
from baton.store.tables import Account, Decision, Rep
from tasks.introduce import introduce
from tasks.validate import validate
from tests.engine.stages.conftest import Change
from tests.engine.worlds import NOW, World

REFUSED = MailRefusedError("550 no such mailbox")


def test_the_introduction_goes_to_both_and_the_packet_to_the_ae(world: World) -> None:
    hand_off_id = world.start()
    lead = world.lead_of(hand_off_id).email
    step = world.walk(hand_off_id, introduce)
    assert step == Finished({"introduction": f"{hand_off_id}:introduction:1"})
    introduction, packet = world.transport.sent
    assert introduction.recipients[:2] == (lead, world.ae)
    assert introduction.recipients[2].startswith("handoffs+")
    assert packet.recipients[0] == world.ae
    assert lead not in packet.recipients
    hand_off = world.hand_off(hand_off_id)
    assert hand_off.introduced_at == NOW
    assert hand_off.thread_id is not None
    assert set(world.effects(hand_off_id).values()) == {"done"}


def routed(agreement: dict[str, Any]) -> None:
    agreement["routing"] = {
        "fallback": {"name": "Sam's queue", "to": "sam@seller.example", "within_minutes": 60},
        "territories": [
            {"id": "dach", "name": "DACH-TIER-2", "countries": ["DE"], "teams": ["field"]},
            {"id": "rest", "name": "REST", "teams": ["field"]},
        ],
        "speaks_language": True,
    }


@pytest.mark.parametrize(
    ("lead", "owns", "says"),
    [
        ({}, True, "already looks after Harbour here and speaks your language."),
        ({}, False, "looks after companies in your country and speaks your language."),
        ({"country": "US"}, False, "speaks your language."),
    ],
)
def test_the_lead_hears_why_this_ae_and_nothing_of_how_it_was_routed(
    world_with: Callable[[Change], World], lead: dict[str, str], owns: bool, says: str
) -> None:
    world = world_with(routed)
    ben = world.rep("AE", "Ben")
    with world.runtime.transaction() as session:
        for email, languages in ((world.ae, ["en"]), (ben, ["de"])):
            rep = session.scalars(select(Rep).where(Rep.email == email)).one()
            rep.team, rep.languages = "field", languages
            rep_id = rep.id
    hand_off_id = world.start(None, **({"language": "en"} | lead))
    with world.runtime.transaction() as session:
        ida = session.scalars(select(Rep).where(Rep.email == world.ae)).one()
        account = session.get_one(Account, world.lead_of(hand_off_id).account_id)
        account.owner_id = ida.id if owns else rep_id
    world.walk(hand_off_id, introduce)
    told = message_from_bytes(world.last_mail(hand_off_id, "introduction"), policy=default)
    for kind in ("plain", "html"):
        body = told.get_body((kind,))
        assert body is not None
        words = " ".join(body.get_content().split())
        assert f"Ida Moor {says}" in words
        assert not any(secret in words for secret in ("TIER", "REST", "Ben", "turn", "%"))


def test_without_a_reason_that_concerns_the_lead_none_is_given(world: World) -> None:
    hand_off_id = world.start(language="en")
    world.walk(hand_off_id, introduce)
    told = message_from_bytes(world.last_mail(hand_off_id, "introduction"), policy=default)
    body = told.get_body(("plain",))
    assert body is not None
    assert "in copy.\n\nThis is what I understood" in body.get_content().replace("\r", "")


def with_a_group(agreement: dict[str, Any]) -> None:
    group = {"id": "serious-interest", "name": "Money or a date", "at_least": 1}
    agreement["sales_qualified_groups"] = [group | {"of": ["budget", "timetable"]}]


def test_the_packet_tells_how_groups_of_criteria_came_out(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(with_a_group)
    hand_off_id = world.start(answers={"has_budget": True})
    world.walk(hand_off_id, introduce)
    told = message_from_bytes(world.last_mail(hand_off_id, "context_packet"), policy=default)
    group = "Money or a date (1 met, 1 needed, of: Money is set aside; They want to start"
    for kind, says in (("plain", f"- met: {group}"), ("html", f"<strong>met</strong>: {group}")):
        body = told.get_body((kind,))
        assert body is not None
        assert says in body.get_content()


def test_introduce_twice_is_once(world: World) -> None:
    hand_off_id = world.start()
    first = world.walk(hand_off_id, introduce)
    sent = world.transport.sent
    assert world.run_again(introduce, hand_off_id) == first
    assert world.transport.sent == sent
    assert len([d for d in world.all(Decision) if d.kind == "route"]) == 1


def test_the_aes_take_turns_and_an_accounts_owner_comes_first(world: World) -> None:
    with world.runtime.transaction() as session:
        other = Rep(email="ben@seller.example", name="Ben Lake", role="AE")
        session.add(other)
        session.flush()
        other_id = other.id
    given = []
    for _ in range(4):
        hand_off_id = world.start()
        world.walk(hand_off_id, introduce)
        given.append(world.hand_off(hand_off_id).ae_id)
    assert sorted(map(given.count, set(given))) == [2, 2]
    owned = world.start()
    with world.runtime.transaction() as session:
        account = session.get_one(Account, world.lead_of(owned).account_id)
        account.owner_id = other_id
    world.walk(owned, introduce)
    assert world.hand_off(owned).ae_id == other_id
    (why,) = world.all(Decision, Decision.hand_off_id == owned, Decision.kind == "route")
    assert why.reasons == ["Ben Lake owns the lead's account"]


def test_a_refused_address_is_put_to_the_sdr_and_the_next_one_is_used(world: World) -> None:
    hand_off_id = world.start()
    world.transport.fail_next(REFUSED)
    step = world.walk(hand_off_id, introduce)
    (wait,) = world.waits(hand_off_id)
    assert step == Asleep(wait.id)
    assert wait.kind == "contact"
    assert world.run(introduce, hand_off_id) == step
    assert len(world.mails_to(world.sdr)) == 1
    actions.correct_contact(
        world.runtime, hand_off_id, email="Ada.Moor@Harbour.example", by=world.sdr
    )
    assert isinstance(world.run(introduce, hand_off_id), Finished)
    assert world.lead_of(hand_off_id).email == "ada.moor@harbour.example"
    assert len(world.mails_to("ada.moor@harbour.example")) == 1
    assert world.effects(hand_off_id)["introduction:1"] == "failed"
    assert world.effects(hand_off_id)["introduction:2"] == "done"


def test_without_another_address_the_lead_goes_to_nurture(world: World) -> None:
    hand_off_id = world.start()
    world.transport.fail_next(REFUSED)
    world.walk(hand_off_id, introduce)
    world.expire_wait(hand_off_id)
    step = world.run(introduce, hand_off_id)
    assert isinstance(step, Over)
    assert "no other address is known" in step.reason
    assert world.lead_of(hand_off_id).place == "nurture"


def test_a_server_that_is_down_is_tried_again_and_nothing_is_sent_twice(world: World) -> None:
    hand_off_id = world.start()
    world.transport.fail_next(MailUnavailableError("421"))
    with pytest.raises(MailUnavailableError):
        world.walk(hand_off_id, introduce)
    assert world.transport.sent == []
    assert world.effects(hand_off_id) == {"introduction:1": "intended"}
    assert isinstance(world.run(introduce, hand_off_id), Finished)
    assert len(world.transport.sent) == 2


def test_a_lost_answer_leaves_the_introduction_in_doubt_until_the_copy_comes(world: World) -> None:
    hand_off_id = world.start()
    world.transport.fail_next(InDoubtError("the answer was lost"), after_accepting=True)
    with pytest.raises(InDoubtError):
        world.walk(hand_off_id, introduce)
    with pytest.raises(InDoubtError):
        world.run(introduce, hand_off_id)
    world.read_inbox()
    assert isinstance(world.run(introduce, hand_off_id), Finished)
    assert len(world.mails_to(world.lead_of(hand_off_id).email or "")) == 1


def test_who_opted_out_before_is_never_introduced(world: World) -> None:
    lead_id = world.lead(email="no@harbour.example")
    hand_off_id = world.start(lead_id)
    world.walk(hand_off_id, validate)
    with world.runtime.transaction() as session:
        world.opt_out_row(session, "no@harbour.example")
    assert world.run(introduce, hand_off_id) == Over("opted out")
    assert world.transport.sent == []
    lead = world.lead_of(hand_off_id)
    assert (lead.place, lead.status) == ("closed", "disqualified")


@pytest.mark.parametrize("envelope", ["hand_off", "own"])
def test_what_cannot_be_delivered_comes_back_to_the_hand_off(world: World, envelope: str) -> None:
    world.use_settings(mail_envelope=envelope)
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    own, _, domain = world.runtime.settings.mail_address.partition("@")
    plus = f"{own}+{hand_off_id}@{domain}"
    expected = plus if envelope == "hand_off" else f"{own}@{domain}"
    assert {sent.sender for sent in world.transport.sent} == {expected}
