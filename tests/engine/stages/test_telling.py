"""Owners hear what their leads do later (B6)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import Engine

from baton.engine.sweep import sweep
from baton.errors import InputError
from baton.intake.attending import Event, import_event
from baton.store.later_activity import untold
from baton.store.tables import LaterActivity, Lead, Touch
from tests.engine.worlds import World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def leads(world: World) -> list[Lead]:
    """Two leads that are Ida's already; what was done by now is told."""
    found = [world.lead_of(world.transferred()) for _ in range(2)]
    sweep(world.runtime)
    return found


def does(
    world: World, lead: Lead, kind: str, detail: str = "", *, at: datetime | None = None
) -> None:
    with world.runtime.transaction() as session:
        touched_at = at or world.clock.now()
        session.add(Touch(lead_id=lead.id, kind=kind, at=touched_at, detail=detail))


def mails(world: World) -> list[tuple[str, str]]:
    """Return subject and text of what Ida was told."""
    sweep(world.runtime)
    found = []
    for sent in world.mails_to(world.ae):
        mail = message_from_bytes(sent.content, policy=policy.default)
        if not re.search(r":notice:(at_once|daily)-\d+$", mail["X-Baton-Effect"]):
            continue
        body = mail.get_body(("plain",))
        assert body is not None
        found.append((str(mail["Subject"]), str(body.get_content())))
    return found


def test_what_cannot_wait_is_told_at_once_and_once(world: World, leads: list[Lead]) -> None:
    does(world, leads[0], "pricing_page")
    ((subject, text),) = mails(world)
    assert subject == f"{leads[0].given_name} {leads[0].family_name}: looked at the prices"
    assert "- Ada" in text
    assert "Harbour" in text
    assert len(mails(world)) == 1
    (noted,) = world.all(LaterActivity, LaterActivity.told_how == "at_once")
    assert noted.told_at == world.clock.now()


def test_the_rest_waits_for_one_mail_on_the_next_working_day(
    world: World, leads: list[Lead]
) -> None:
    friday = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)
    world.clock.advance_to(friday)
    does(world, leads[0], "webinar", "Routing fairly: Does it work with our CRM?")
    does(world, leads[1], "webinar", "Routing fairly")
    does(world, leads[1], "download", "https://seller.example/guide")
    assert mails(world) == []
    world.clock.advance_to(datetime(2026, 3, 7, 9, 0, tzinfo=UTC))
    assert mails(world) == []
    world.clock.advance_to(datetime(2026, 3, 9, 8, 0, tzinfo=UTC))
    does(world, leads[0], "download", "https://seller.example/prices")
    ((subject, text),) = mails(world)
    assert subject == "What 2 of your leads did"
    assert text.count("Attended a webinar: Routing fairly") == 1
    assert "Does it work with our CRM?" in text
    assert "/guide" in text
    assert "/prices" not in text
    world.clock.advance(8 * HOUR)
    assert len(mails(world)) == 1
    world.clock.advance_to(datetime(2026, 3, 10, 8, 1, tzinfo=UTC))
    assert len(mails(world)) == 2


def test_what_cannot_wait_does_not_wait_behind_the_rest(world: World, leads: list[Lead]) -> None:
    does(world, leads[0], "webinar")
    does(world, leads[1], "pricing_page")
    with world.runtime.transaction() as session:
        assert [one.kind for one in untold(session, limit=1)] == ["pricing_page"]


@pytest.mark.parametrize("kind", ["email_open", "webinar", "pricing_page"])
def test_nothing_is_told_of_what_nobody_asked_for_or_was_before(
    world: World, leads: list[Lead], kind: str
) -> None:
    before = datetime(2026, 1, 1, tzinfo=UTC) if kind != "email_open" else None
    does(world, leads[0], kind, at=before)
    world.clock.advance(7 * 24 * HOUR)
    assert mails(world) == []
    (noted,) = world.all(LaterActivity)
    assert noted.told_how == "none"


def test_touches_of_leads_that_are_no_aes_are_not_noted(world: World) -> None:
    lead = world.row(Lead, world.lead())
    does(world, lead, "pricing_page")
    assert world.all(LaterActivity) == []


def test_without_the_section_nothing_is_told(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(database, monkeypatch, lambda content: content.pop("later_activity"))
    does(world, world.lead_of(world.transferred()), "pricing_page")
    assert mails(world) == []


GUESTS = """E-mail,Attended,Question
{0},yes,"Does it work
with our CRM?"
{1},no,
nobody@else.example,yes,
{1},perhaps,
"""


def test_an_attendee_list_reaches_the_owners_with_what_each_asked(
    world: World, leads: list[Lead], tmp_path: Path
) -> None:
    path = tmp_path / "webinar.csv"
    path.write_text(GUESTS.format(*(lead.email for lead in leads)), encoding="utf-8")
    event = Event("Routing fairly", at=world.clock.now())
    for counts in ((1, 0, 2), (0, 3, 0)):
        done = import_event(world.runtime.database, path, event, clock=world.clock)
        touches = done.touches
        assert (touches.created, touches.unchanged, touches.quarantined) == counts
        assert done.absent == 1
    world.clock.advance(24 * HOUR)
    ((subject, text),) = mails(world)
    assert "attended a webinar" in subject
    assert "Does it work with our CRM?" in text


@pytest.mark.parametrize(
    ("event", "header", "says"),
    [
        (Event("Fair: play", at=datetime(2026, 3, 2, tzinfo=UTC)), "email", "without ': '"),
        (Event("Fair", "Web Inar", datetime(2026, 3, 2, tzinfo=UTC)), "email", "kind of touch"),
        (Event("Fair"), "email", "no column at"),
        (Event("Fair", at=datetime(2026, 3, 2, tzinfo=UTC)), "name", "no column external_id"),
        (Event("Fair", at=datetime(2026, 3, 2)), "email", "no zone"),  # noqa: DTZ001
    ],
)
def test_what_an_event_needs_is_said(
    world: World, tmp_path: Path, event: Event, header: str, says: str
) -> None:
    path = tmp_path / "webinar.csv"
    path.write_text(f"{header},asked\nann@firm.example,\n", encoding="utf-8")
    with pytest.raises(InputError, match=says):
        import_event(world.runtime.database, path, event, clock=world.clock)
