"""Book: proposing, hearing both sides, confirming, and every way in which it comes to nothing."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from baton.domain.meeting import Attendance
from baton.engine import actions
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished, Over
from baton.engine.sweep import sweep
from baton.errors import MailRefusedError
from baton.store.tables import Meeting, StatusChange
from baton.testing.mail import counter_mail
from tasks.book import book
from tasks.introduce import introduce
from tests.engine.worlds import World


def lead_of(world: World, hand_off_id: uuid.UUID) -> str:
    return world.lead_of(hand_off_id).email or ""


def invite_of(world: World, hand_off_id: uuid.UUID) -> Any:
    return world.calendar_of(world.last_mail(hand_off_id, "invite")).walk("VEVENT")[0]


def test_the_invite_goes_to_both_for_the_first_free_time(world: World) -> None:
    hand_off_id = world.start()
    step = world.walk(hand_off_id, book)
    (wait,) = world.waits(hand_off_id)
    (meeting,) = world.meetings(hand_off_id)
    assert step == Asleep(wait.id)
    assert (wait.kind, meeting.state) == ("acceptance", "proposed")
    assert meeting.during.lower == datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert world.transport.sent[-1].recipients[:2] == (lead_of(world, hand_off_id), world.ae)
    assert invite_of(world, hand_off_id).decoded("DTSTART") == meeting.during.lower
    assert world.lead_of(hand_off_id).status == "new"


def test_book_twice_is_once(world: World) -> None:
    hand_off_id = world.invited()
    sent = world.transport.sent
    assert world.run(book, hand_off_id) == Asleep(world.waits(hand_off_id)[0].id)
    assert world.transport.sent == sent
    world.accept(hand_off_id)
    confirmed = world.run(book, hand_off_id)
    assert world.run_again(book, hand_off_id) == confirmed
    changes = [c.to_status for c in world.all(StatusChange) if c.to_status == "suspect"]
    assert changes == ["suspect"]


def test_a_meeting_that_both_accepted_is_confirmed(world: World) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    step = world.run(book, hand_off_id)
    (meeting,) = world.meetings(hand_off_id)
    assert step == Finished({"meeting": meeting.id})
    assert (meeting.state, world.lead_of(hand_off_id).status) == ("confirmed", "suspect")
    assert world.engine.woken[-1] == f"run-{hand_off_id}"


def test_a_declined_time_is_followed_by_a_later_one_as_an_update(world: World) -> None:
    hand_off_id = world.invited()
    first = invite_of(world, hand_off_id)
    world.answers_invite(hand_off_id, lead_of(world, hand_off_id), Attendance.DECLINED)
    step = world.run(book, hand_off_id)
    assert step == Asleep(world.waits(hand_off_id)[-1].id)
    before, after = world.meetings(hand_off_id)
    assert (before.state, after.state) == ("cancelled", "proposed")
    assert times_of(after)[0] >= times_of(before)[1]
    second = invite_of(world, hand_off_id)
    assert (second["UID"], int(first["SEQUENCE"]), int(second["SEQUENCE"])) == (first["UID"], 0, 1)
    world.accept(hand_off_id)
    assert isinstance(world.run(book, hand_off_id), Finished)


def test_after_as_many_times_as_agreed_the_lead_goes_to_nurture(world: World) -> None:
    hand_off_id = world.invited()
    for _ in range(2):
        world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
        assert isinstance(world.run(book, hand_off_id), Asleep)
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    assert world.run(book, hand_off_id) == Over("3 proposed times were declined")
    assert world.lead_of(hand_off_id).place == "nurture"
    assert {meeting.state for meeting in world.meetings(hand_off_id)} == {"cancelled"}


def test_whoever_accepted_the_last_time_that_was_declined_is_told_that_it_is_off(
    world: World,
) -> None:
    """Else it stays in that calendar, while the time is free for others (I7)."""
    hand_off_id = world.invited()
    for _ in range(3):
        world.answers_invite(hand_off_id, world.ae)
        world.answers_invite(hand_off_id, lead_of(world, hand_off_id), Attendance.DECLINED)
        step = world.run(book, hand_off_id)
    assert step == Over("3 proposed times were declined")
    sweep(world.runtime)
    assert world.effects(hand_off_id)["invite_cancellation:3"] == "done"
    told = world.calendar_of(world.mails_to(world.ae)[-1].content)
    assert str(told["METHOD"]) == "CANCEL"


def test_an_invite_that_nobody_answers_in_time_ends_the_hand_off(world: World) -> None:
    hand_off_id = world.invited()
    world.expire_wait(hand_off_id)
    assert world.run(book, hand_off_id) == Over("the invite was not accepted by both in time")
    assert world.hand_off(hand_off_id).state == "not_qualified"


def test_an_invite_that_the_server_refuses_asks_for_another_address(world: World) -> None:
    hand_off_id = world.start()
    world.walk(hand_off_id, introduce)
    world.transport.fail_next(MailRefusedError("550"))
    assert isinstance(world.run(book, hand_off_id), Asleep)
    step = world.run(book, hand_off_id)
    assert step == Asleep(world.waits(hand_off_id)[-1].id)
    assert world.waits(hand_off_id)[-1].kind == "contact"
    world.expire_wait(hand_off_id)
    over = Over("no mail reaches the lead, and no other address is known")
    assert world.run(book, hand_off_id) == over
    assert "invite_cancellation:1" not in world.effects(hand_off_id)


def test_an_acceptance_taken_back_before_the_confirmation_is_asked_anew(world: World) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.answers_invite(hand_off_id, lead_of(world, hand_off_id), Attendance.DECLINED)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled", "proposed"]
    assert world.lead_of(hand_off_id).status == "new"


def test_a_full_calendar_ends_the_hand_off_and_says_so(world: World) -> None:
    blocking, hand_off_id = world.start(), world.start()
    for each in (blocking, hand_off_id):
        world.walk(each, introduce)
    with world.runtime.transaction() as session:
        start = datetime(2026, 3, 1, tzinfo=UTC)
        end = datetime(2026, 4, 1, tzinfo=UTC)
        session.add(
            Meeting(
                hand_off_id=blocking,
                ordinal=1,
                ae_id=world.hand_off(blocking).ae_id,
                during=world.range(start, end),
                uid="elsewhere",
                state="held",
            )
        )
    step = world.run(book, hand_off_id)
    assert step == Over("no time within the agreed horizon suits both sides")


def test_a_hand_off_that_was_ended_meanwhile_stays_ended(world: World) -> None:
    hand_off_id = world.invited()
    sent = world.transport.sent
    world.opt_out(lead_of(world, hand_off_id))
    assert world.run_again(book, hand_off_id) == Over("opted out")
    assert world.transport.sent == sent


@pytest.mark.parametrize(
    ("language", "joined", "says", "comment"),
    [
        ("de", "und", "Bekannt gemacht von Sam Moor.", "Es bleibt bei"),
        ("en", "and", "Introduced by Sam Moor.", "stands"),
    ],
)
def test_what_calendars_show_is_in_the_leads_language(
    world: World, language: str, joined: str, says: str, comment: str
) -> None:
    hand_off_id = world.invited(language=language)
    lead = world.lead_of(hand_off_id)
    title = f"Ada {lead.family_name} (Harbour) {joined} Ida Moor"
    invite = world.last_mail(hand_off_id, "invite")
    (event,) = world.calendar_of(invite).walk("VEVENT")
    (reminder,) = event.walk("VALARM")
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (title, says)
    assert str(reminder["DESCRIPTION"]) == title
    at = times_of(world.meetings(hand_off_id)[-1])[1]
    now = world.clock.now()
    world.take_in(counter_mail(invite, sender=("", lead.email or ""), starts_at=at, at=now))
    actions.answer_counter(world.runtime, hand_off_id, accepted=False, by=world.ae)
    told = world.calendar_of(world.last_mail(hand_off_id, "counter_declined"))
    (event,) = told.walk("VEVENT")
    assert str(event["SUMMARY"]) == title
    assert comment in str(event["COMMENT"])
    actions.cancel_hand_off(world.runtime, hand_off_id, by="test", reason="test")
    off = world.calendar_of(world.last_mail(hand_off_id, "invite_cancelled"))
    assert str(off.walk("VEVENT")[0]["SUMMARY"]) == title
