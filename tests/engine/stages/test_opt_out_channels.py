"""Whichever way a wish comes, nothing that is not released goes out, and the CRM hears of it once.

docs/messages.md has the same list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from pydantic import SecretStr

from baton.desk.app import create_app
from baton.domain.hand_off import EffectKind
from baton.domain.meeting import InboundDecision
from baton.engine import actions
from baton.engine.settling import settle_message
from baton.engine.sweep import sweep
from baton.errors import MailUnavailableError
from baton.intake.importing import import_leads
from baton.intake.touching import import_touches
from baton.store.looks import list_looks
from baton.store.opt_outs import has_opted_out
from baton.testing.crm import FakeCrm
from baton.testing.mail import reply_mail
from tasks.book import book
from tasks.introduce import introduce
from tests.desk.client import TestClient
from tests.engine.ageing import pass_pauses
from tests.engine.worlds import World
from tests.mail.samples.bounces import HEADERS as RETURNED
from tests.mail.samples.complaints import feedback

PUBLIC = "https://baton.seller.example"
TOKEN = "the-token-of-the-api"


class House:
    """A hand-off whose introduction is out and whose invite is not."""

    def __init__(self, world: World, web: TestClient, folder: Path, crm: FakeCrm) -> None:
        self.world, self.web, self.folder, self.crm = world, web, folder, crm
        self.hand_off_id = world.start()
        world.walk(self.hand_off_id, introduce)
        world.transport.fail_next(MailUnavailableError("421"))
        with pytest.raises(MailUnavailableError):
            world.run(book, self.hand_off_id)
        assert world.effects(self.hand_off_id)["invite:1"] == "intended"
        self.lead = world.lead_of(self.hand_off_id)

    @property
    def address(self) -> str:
        return self.lead.email or ""

    def introduction(self) -> bytes:
        return self.world.last_mail(self.hand_off_id, "introduction")

    def link(self) -> str:
        header = str(message_from_bytes(self.introduction())["List-Unsubscribe"])
        (link,) = re.findall(r"<(https://\S+)>", header.replace("\r\n ", " "))
        return str(link)

    def file(self, content: str) -> Path:
        path = self.folder / "file.csv"
        path.write_text(content, encoding="utf-8")
        return path


def one_click(house: House) -> None:
    answer = house.web.post(house.link(), content="List-Unsubscribe=One-Click")
    assert answer.status_code == 200


def mailto(house: House) -> None:
    own, domain = house.world.runtime.settings.mail_address.split("@")
    to = f"{own}+unsubscribe-{house.hand_off_id}@{domain}"
    house.world.take_in(f"From: {house.address}\r\nTo: {to}\r\n\r\n\r\n".encode())


def in_words(house: House) -> None:
    house.world.replies(house.hand_off_id, house.address, "Please never contact me again.")


def a_person_reads_the_words(house: House) -> None:
    house.world.replies(house.hand_off_id, house.address, "Unsubscribe me? Ask my lawyer, Lou.")
    with house.world.runtime.transaction() as session:
        assert not has_opted_out(session, house.lead.id)
        (look,) = list_looks(session)
    decision = InboundDecision.OPT_OUT
    settle_message(house.world.runtime, look.id, decision, by=house.world.sdr, reason="clear")


def complaint(house: House) -> None:
    report = feedback(
        "abuse", ("User-Agent: Example-FBL/1.0", f"Original-Rcpt-To: {house.address}")
    )
    sent = house.introduction().partition(b"\r\n\r\n")[0]
    house.world.take_in(report.replace(RETURNED.encode(), sent))


def api(house: House) -> None:
    answer = house.web.post(
        "/api/opt-outs",
        json={"address": house.address.upper(), "channel": "all"},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert answer.status_code == 201


def command(house: House) -> None:
    actions.opt_out(house.world.runtime, house.address, channel="email", source="cli")


def import_of_leads(house: House) -> None:
    path = house.file(f"email,last_name,opted_out\n{house.address},Moor,yes\n")
    import_leads(house.world.runtime.database, path, clock=house.world.clock)


def import_of_touches(house: House) -> None:
    path = house.file(f"email,kind,at\n{house.address},unsubscribed,2026-03-01\n")
    import_touches(house.world.runtime.database, path, clock=house.world.clock)


AT_ONCE: tuple[Callable[[House], None], ...] = (
    one_click,
    mailto,
    in_words,
    a_person_reads_the_words,
    complaint,
    api,
    command,
)
BY_FILE = (import_of_leads, import_of_touches)


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    world.use_settings(
        public_url=PUBLIC,
        link_secret=SecretStr("a-secret-of-the-tests"),
        api_token=SecretStr(TOKEN),
    )
    crm = FakeCrm()
    world.use_crm(crm)
    with TestClient(create_app(world.runtime), base_url=PUBLIC) as web:
        yield House(world, web, tmp_path, crm)


@pytest.mark.parametrize("wish", [*AT_ONCE, *BY_FILE], ids=lambda wish: wish.__name__)
def test_a_wish_stops_what_is_not_released_and_the_crm_hears_of_it(
    house: House, wish: Callable[[House], None]
) -> None:
    world, before = house.world, len(house.world.mails_to(house.address))
    wish(house)
    with world.runtime.transaction() as session:
        assert has_opted_out(session, house.lead.id)
    if wish in AT_ONCE:
        assert world.effects(house.hand_off_id)["invite:1"] == "withheld"
        assert world.hand_off(house.hand_off_id).close_reason == "opted out"
    for _ in range(2):
        pass_pauses(world.runtime)
        sweep(world.runtime)
    assert world.effects(house.hand_off_id)["invite:1"] == "withheld"
    assert world.hand_off(house.hand_off_id).close_reason == "opted out"
    assert len(world.mails_to(house.address)) == before
    told = [write.kind for write in house.crm.view(house.lead.id).history]
    assert told.count(EffectKind.CRM_OPT_OUT) == 1


def test_looking_at_the_link_is_no_wish(house: House) -> None:
    for ask in (house.web.get, house.web.head):
        ask(house.link())
    house.world.take_in(
        reply_mail(
            house.introduction(),
            sender=(house.address, house.address),
            text="Thanks, I saw how to unsubscribe.",
            at=house.world.clock.now(),
        )
    )
    with house.world.runtime.transaction() as session:
        assert not has_opted_out(session, house.lead.id)
