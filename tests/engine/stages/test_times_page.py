"""The lead chooses one of the held times, by the link in the introduction."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape

from baton.engine import actions
from baton.engine.inviting import times_of
from baton.engine.links import times_url, unsubscribe_url
from baton.engine.stage import Asleep
from baton.store.tables import HeldTime
from tasks.book import book
from tasks.introduce import introduce
from tests.desk.client import TestClient
from tests.engine.stages.conftest import PUBLIC
from tests.engine.worlds import World


def link_of(world: World, hand_off_id: uuid.UUID) -> str:
    """The link as it stands in both parts of the introduction."""
    content = world.last_mail(hand_off_id, "introduction")
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    found = set()
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        found |= set(re.findall(rf"{PUBLIC}/times/[\w.-]+", body.get_content()))
    (link,) = found
    return str(link)


def offered(page: str) -> dict[str, str]:
    """What the buttons send, with what stands on them."""
    found = re.findall(r'name="starts_at" value="([^"]+)">([^<]+)<', page)
    return {value: unescape(text) for value, text in found}


def test_a_lead_chooses_a_time_in_its_language_and_zone(world: World, web: TestClient) -> None:
    hand_off_id = world.invited(language="de")
    link = link_of(world, hand_off_id)
    asked = web.get(link, headers={"Accept-Language": "fr"})
    assert '<html lang="de">' in asked.text
    assert "Andere Zeiten zeigen" in asked.text
    assert offered(asked.text) == {}
    shown = web.post(link, data={"show": "yes"})
    times = offered(shown.text)
    assert len(times) == 3
    assert offered(web.get(link).text) == times
    start, text = list(times.items())[1]
    at = datetime.fromisoformat(start)
    assert text == f"Dienstag, 3. März 2026, {at + timedelta(hours=1):%H:%M} CET"
    for _ in range(2):
        done = web.post(link, data={"starts_at": start})
        assert (done.status_code, text in done.text) == (200, True)
        assert "<button" not in done.text
    assert "Vielen Dank" in web.get(link).text
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert times_of(world.meetings(hand_off_id)[-1])[0] == at
    assert world.waits(hand_off_id)[0].decided_by == "the lead"
    again = web.post(link, data={"starts_at": start})
    assert (again.status_code, text in again.text) == (200, True)
    assert len(world.meetings(hand_off_id)) == 2


def test_a_get_holds_and_changes_nothing(world: World, web: TestClient) -> None:
    hand_off_id = world.invited()
    link = link_of(world, hand_off_id)
    for _ in range(2):
        answer = web.get(f"{link}?show=yes&starts_at=2026-03-04T09:00:00%2B00:00")
        assert answer.status_code == 200
        assert answer.text.count("<button") == 1
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert (world.lead_of(hand_off_id).email or "") not in answer.text
    web.head(link)
    assert world.all(HeldTime) == []
    assert world.waits(hand_off_id)[-1].state == "open"


def test_what_is_not_held_is_not_chosen(world: World, web: TestClient) -> None:
    hand_off_id, other = world.invited(language="en"), world.invited()
    link = link_of(world, hand_off_id)
    theirs = actions.offer_times(world.runtime, other, by=world.sdr).times[0][0]
    mine = next(iter(offered(web.post(link, data={"show": "yes"}).text)))
    for starts_at in (theirs.isoformat(), "tomorrow", "2026-03-04T09:00:00", "", "x" * 9999):
        answer = web.post(link, data={"starts_at": starts_at})
        assert answer.status_code == (200 if len(starts_at) > 999 else 409)
        assert len(offered(answer.text)) == 3
    world.clock.advance(timedelta(minutes=10))
    late = web.post(link, data={"starts_at": mine})
    assert (late.status_code, offered(late.text)) == (409, {})
    assert "not held for you any more" in late.text
    assert "Show other times" in late.text
    assert [m.state for m in world.meetings(hand_off_id)] == ["proposed"]


def test_before_the_invite_and_after_the_end_there_is_nothing_to_choose(
    world: World, web: TestClient
) -> None:
    hand_off_id = world.start(language="en")
    world.walk(hand_off_id, introduce)
    link = link_of(world, hand_off_id)
    says = "There is no meeting to choose a time for"
    assert says in web.get(link).text
    assert says in web.post(link, data={"show": "yes"}).text
    world.run(book, hand_off_id)
    assert "You are invited for Monday 2 March 2026" in web.get(link).text
    world.opt_out(world.lead_of(hand_off_id).email or "")
    for answer in (web.get(link), web.post(link), web.post(link, data={"starts_at": "x"})):
        assert says in answer.text
    assert world.all(HeldTime) == []


def test_another_links_token_and_an_old_one_open_nothing(world: World, web: TestClient) -> None:
    hand_off_id = world.invited()
    link = link_of(world, hand_off_id)
    lead_id = world.lead_of(hand_off_id).id
    unsubscribe = (unsubscribe_url(world.runtime, lead_id) or "").rpartition("/")[2]
    stranger = times_url(world.runtime, uuid.uuid4()) or ""
    for bad in (f"{PUBLIC}/times/{unsubscribe}", link[:-1], stranger):
        for method in ("GET", "POST"):
            answer = web.request(method, bad, headers={"Accept-Language": "es"})
            assert answer.status_code == 404
            assert "Este enlace está dañado" in answer.text
    assert web.get(f"{PUBLIC}/unsubscribe/{link.rpartition('/')[2]}").status_code == 404
    world.clock.advance(timedelta(days=61))
    assert web.get(link).status_code == 410
    assert web.post(link, data={"show": "yes"}).status_code == 410


def test_without_an_address_for_the_world_there_is_no_link(world: World) -> None:
    hand_off_id = world.start(language="en")
    world.walk(hand_off_id, introduce)
    assert times_url(world.runtime, hand_off_id) is None
    assert b"choose another time" not in world.last_mail(hand_off_id, "introduction")
