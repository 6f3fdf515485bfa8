"""Another time is proposed, by either side; and a meeting that both had accepted is declined."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest

from baton.domain.hand_off import WaitKind
from baton.domain.meeting import Attendance
from baton.engine import actions
from baton.engine.inviting import times_of
from baton.engine.stage import Asleep, Finished, Over
from baton.engine.sweep import sweep
from baton.errors import RefusedError
from baton.store.tables import AttendanceRow, CounterProposal, InboundMessage, Meeting
from baton.testing.mail import counter_mail, reply_mail
from tasks.await_outcome import await_outcome
from tasks.book import book
from tests.engine.worlds import World

HOUR = timedelta(hours=1)


@pytest.fixture
def hand_off_id(world: World) -> uuid.UUID:
    return world.invited()


def lead_of(world: World, hand_off_id: uuid.UUID) -> str:
    return world.lead_of(hand_off_id).email or ""


def proposes(
    world: World, hand_off_id: uuid.UUID, who: str, later: timedelta = HOUR, original: bytes = b""
) -> datetime:
    """Let somebody's calendar propose a later time; return it."""
    starts_at = times_of(world.meetings(hand_off_id)[-1])[0] + later
    invite = original or world.last_mail(hand_off_id, "invite")
    world.clock.advance(timedelta(seconds=1))
    mail = counter_mail(
        invite, sender=("", who), starts_at=starts_at, at=world.clock.now(), comment="Later?"
    )
    world.take_in(mail)
    return starts_at


def counters(world: World) -> list[str]:
    return [c.state for c in sorted(world.all(CounterProposal), key=lambda c: c.id)]


def start_of(world: World, hand_off_id: uuid.UUID) -> datetime:
    return times_of(world.meetings(hand_off_id)[-1])[0]


def test_a_leads_time_is_offered_to_the_ae_and_changes_nothing_yet(
    world: World, hand_off_id: uuid.UUID
) -> None:
    before = start_of(world, hand_off_id)
    proposes(world, hand_off_id, lead_of(world, hand_off_id))
    sweep(world.runtime)
    offer = world.mails_to(world.ae)[-1].content
    assert b"proposes" in offer
    assert b"Later?" in offer
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
    assert start_of(world, hand_off_id) == before
    assert {row.reply for row in world.all(AttendanceRow)} == {"needs-action"}
    assert "say whether" in (world.hand_off(hand_off_id).next_step or "")


def says_by_command(world: World, hand_off_id: uuid.UUID, *, yes: bool) -> None:
    actions.answer_counter(world.runtime, hand_off_id, accepted=yes, by=world.ae)


def says_by_mail(world: World, hand_off_id: uuid.UUID, *, yes: bool) -> None:
    sweep(world.runtime)
    offer = world.last_mail(hand_off_id, "counter_offered")
    text = "Yes!\n\nIda" if yes else "No.\n\nIda"
    world.take_in(reply_mail(offer, sender=("", world.ae), text=text, at=world.clock.now()))


@pytest.mark.parametrize("says", [says_by_command, says_by_mail])
def test_with_the_aes_yes_both_are_asked_again_at_that_time(
    world: World, hand_off_id: uuid.UUID, says: Callable[..., None]
) -> None:
    wanted = proposes(world, hand_off_id, lead_of(world, hand_off_id))
    says(world, hand_off_id, yes=True)
    assert world.engine.woken[-1] == f"run-{hand_off_id}"
    assert isinstance(world.run(book, hand_off_id), Asleep)
    first, second = world.meetings(hand_off_id)
    assert times_of(second)[0] == wanted
    assert (second.uid, second.sequence) == (first.uid, first.sequence + 1)
    replies = world.all(AttendanceRow, AttendanceRow.meeting_id == second.id)
    assert {row.reply for row in replies} == {"needs-action"}
    event = world.calendar_of(world.last_mail(hand_off_id, "invite")).walk("VEVENT")[0]
    assert event.decoded("DTSTART") == wanted
    assert counters(world) == ["accepted"]
    world.accept(hand_off_id)
    assert isinstance(world.run(book, hand_off_id), Finished)


@pytest.mark.parametrize("says", [says_by_command, says_by_mail])
def test_with_the_aes_no_the_lead_is_told_and_the_old_time_stands(
    world: World, hand_off_id: uuid.UUID, says: Callable[..., None]
) -> None:
    before = start_of(world, hand_off_id)
    lead = lead_of(world, hand_off_id)
    proposes(world, hand_off_id, lead)
    says(world, hand_off_id, yes=False)
    sweep(world.runtime)
    told = world.mails_to(lead)[-1]
    calendar = world.calendar_of(told.content)
    event = calendar.walk("VEVENT")[0]
    assert (str(calendar["METHOD"]), int(event["SEQUENCE"])) == ("DECLINECOUNTER", 0)
    assert str(event["UID"]) == world.meetings(hand_off_id)[-1].uid
    assert start_of(world, hand_off_id) == before
    world.accept(hand_off_id)
    assert isinstance(world.run(book, hand_off_id), Finished)


@pytest.mark.parametrize("text", ["Yes, but only if it is short.", "", "Let me see", "no idea"])
def test_an_answer_in_other_words_decides_nothing(
    world: World, hand_off_id: uuid.UUID, text: str
) -> None:
    proposes(world, hand_off_id, lead_of(world, hand_off_id))
    sweep(world.runtime)
    offer = world.last_mail(hand_off_id, "counter_offered")
    world.take_in(reply_mail(offer, sender=("", world.ae), text=text, at=world.clock.now()))
    assert counters(world) == ["open"]


def test_a_yes_to_another_mail_or_from_another_decides_nothing(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    proposes(world, hand_off_id, lead)
    sweep(world.runtime)
    world.replies(hand_off_id, world.ae, "Yes")
    offer = world.last_mail(hand_off_id, "counter_offered")
    world.take_in(reply_mail(offer, sender=("", lead), text="Yes", at=world.clock.now()))
    assert counters(world) == ["open"]


def test_nothing_is_accepted_while_another_time_is_proposed(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    world.answers_invite(hand_off_id, lead)
    proposes(world, hand_off_id, lead)
    world.replies(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, world.ae)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
    actions.answer_counter(world.runtime, hand_off_id, accepted=False, by=world.ae)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "accepted"


def test_the_aes_time_is_taken_at_once(world: World, hand_off_id: uuid.UUID) -> None:
    wanted = proposes(world, hand_off_id, world.ae)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) == "countered"
    world.run(book, hand_off_id)
    assert start_of(world, hand_off_id) == wanted
    event = world.calendar_of(world.mails_to(lead_of(world, hand_off_id))[-1].content)
    assert (str(event["METHOD"]), int(event.walk("VEVENT")[0]["SEQUENCE"])) == ("REQUEST", 1)


def test_a_shift_by_less_than_the_meeting_is_no_double_booking(
    world: World, hand_off_id: uuid.UUID
) -> None:
    wanted = proposes(world, hand_off_id, world.ae, timedelta(minutes=15))
    world.run(book, hand_off_id)
    assert start_of(world, hand_off_id) == wanted


def test_the_last_of_several_counts_and_an_old_one_is_refused(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    old = world.last_mail(hand_off_id, "invite")
    proposes(world, hand_off_id, lead)
    wanted = proposes(world, hand_off_id, lead, 2 * HOUR)
    actions.answer_counter(world.runtime, hand_off_id, accepted=True, by=world.ae)
    world.run(book, hand_off_id)
    assert start_of(world, hand_off_id) == wanted
    proposes(world, hand_off_id, lead, original=old)
    assert counters(world) == ["superseded", "accepted", "refused"]
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None


def test_a_strangers_and_a_forged_time_are_kept_and_offered_to_nobody(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    proposes(world, hand_off_id, "eve@elsewhere.example")
    forged = counter_mail(
        world.last_mail(hand_off_id, "invite"),
        sender=("", lead),
        starts_at=start_of(world, hand_off_id) + HOUR,
        at=world.clock.now(),
    ).replace(f"From: {lead}".encode(), b"From: eve@elsewhere.example")
    world.take_in(forged)
    assert [(c.state, c.why) for c in world.all(CounterProposal)] == [
        ("refused", "the address was not invited"),
        ("refused", "it was not sent by the attendee"),
    ]
    sweep(world.runtime)
    assert not any("notice" in key for key in world.effects(hand_off_id))


@pytest.mark.parametrize("side", ["ae", "lead"])
def test_a_time_that_cannot_be_is_declined_at_once(
    world: World, hand_off_id: uuid.UUID, side: str
) -> None:
    who = world.ae if side == "ae" else lead_of(world, hand_off_id)
    other = world.invited()
    later = start_of(world, other) - start_of(world, hand_off_id)
    proposes(world, hand_off_id, who, later)
    proposes(world, hand_off_id, who, -timedelta(days=30))
    assert counters(world) == ["refused", "refused"]
    sweep(world.runtime)
    for told in world.mails_to(who)[-2:]:
        assert str(world.calendar_of(told.content)["METHOD"]) == "DECLINECOUNTER"
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None


def test_a_time_that_was_taken_meanwhile_is_refused(world: World, hand_off_id: uuid.UUID) -> None:
    wanted = proposes(world, hand_off_id, lead_of(world, hand_off_id))
    other = world.start()
    with world.runtime.transaction() as session:
        session.add(
            Meeting(
                hand_off_id=other,
                ordinal=1,
                ae_id=world.hand_off(hand_off_id).ae_id,
                during=world.range(wanted, wanted + HOUR),
                uid="elsewhere",
                state="held",
            )
        )
    with pytest.raises(RefusedError, match="in another meeting"):
        actions.answer_counter(world.runtime, hand_off_id, accepted=True, by=world.ae)
    assert counters(world) == ["open"]
    says_by_mail(world, hand_off_id, yes=True)
    assert counters(world) == ["declined"]


def test_only_the_ae_answers_and_only_what_is_proposed(
    world: World, hand_off_id: uuid.UUID
) -> None:
    with pytest.raises(RefusedError, match="No other time is proposed"):
        actions.answer_counter(world.runtime, hand_off_id, accepted=True, by=world.ae)
    proposes(world, hand_off_id, lead_of(world, hand_off_id))
    other = world.rep("AE", "Eve")
    for nobody in (world.sdr, other, "x@elsewhere.example"):
        with pytest.raises(RefusedError):
            actions.answer_counter(world.runtime, hand_off_id, accepted=True, by=nobody)
    world.expire_wait(hand_off_id)
    with pytest.raises(RefusedError):
        actions.answer_counter(world.runtime, hand_off_id, accepted=True, by=world.manager)


def booked(world: World) -> uuid.UUID:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    world.run(await_outcome, hand_off_id)
    assert world.lead_of(hand_off_id).status == "suspect"
    return hand_off_id


@pytest.mark.parametrize("side", ["ae", "lead"])
def test_who_declines_a_confirmed_meeting_gets_another_time(world: World, side: str) -> None:
    hand_off_id = booked(world)
    lead = lead_of(world, hand_off_id)
    world.clock.advance(timedelta(minutes=1))
    who = world.ae if side == "ae" else lead
    world.answers_invite(hand_off_id, who, Attendance.DECLINED)
    assert world.lead_of(hand_off_id).status == "new"
    assert world.decide(hand_off_id, WaitKind.OUTCOME) == "declined"
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled"]
    step = world.run(await_outcome, hand_off_id)
    assert step == Asleep(world.waits(hand_off_id)[-1].id)
    first, second = world.meetings(hand_off_id)
    assert (second.state, second.sequence, second.uid) == ("proposed", 1, first.uid)
    sweep(world.runtime)
    told = [m.content for m in (*world.mails_to(world.ae), *world.mails_to(world.sdr))]
    assert sum(b"declined the meeting" in content for content in told) >= 2
    crm = world.effects(hand_off_id)
    assert crm["crm_status:no-suspect-1"] == "done"
    world.clock.advance(timedelta(minutes=1))
    world.accept(hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert world.lead_of(hand_off_id).status == "suspect"
    assert world.effects(hand_off_id)["crm_status:suspect-2"] == "done"


def test_a_confirmed_meeting_that_is_declined_once_too_often_ends_as_none(world: World) -> None:
    hand_off_id = booked(world)
    lead = lead_of(world, hand_off_id)
    for _ in range(3):
        world.clock.advance(timedelta(minutes=1))
        world.answers_invite(hand_off_id, world.ae)
        world.answers_invite(hand_off_id, lead, Attendance.DECLINED)
        step = world.run(await_outcome, hand_off_id)
    assert step == Over("3 proposed times were declined")
    sweep(world.runtime)
    cancelled = world.calendar_of(world.mails_to(world.ae)[-1].content)
    assert str(cancelled["METHOD"]) == "CANCEL"
    assert world.lead_of(hand_off_id).place == "nurture"
    assert b"came about" in world.mails_to(world.sdr)[-1].content


def test_a_confirmed_meeting_moves_when_the_ae_proposes_or_says_yes(world: World) -> None:
    hand_off_id = booked(world)
    wanted = proposes(world, hand_off_id, world.ae)
    assert world.lead_of(hand_off_id).status == "new"
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert start_of(world, hand_off_id) == wanted
    world.clock.advance(timedelta(minutes=1))
    world.accept(hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    later = proposes(world, hand_off_id, lead_of(world, hand_off_id))
    assert world.lead_of(hand_off_id).status == "suspect"
    actions.answer_counter(world.runtime, hand_off_id, accepted=True, by=world.ae)
    world.run(await_outcome, hand_off_id)
    assert start_of(world, hand_off_id) == later


def test_a_decline_after_the_meeting_began_is_kept_and_calls_nothing_off(world: World) -> None:
    hand_off_id = world.suspect()
    world.answers_invite(hand_off_id, lead_of(world, hand_off_id), Attendance.DECLINED)
    assert {row.side: row.reply for row in world.all(AttendanceRow)}["lead"] == "declined"
    assert world.lead_of(hand_off_id).status == "suspect"
    assert [m.state for m in world.meetings(hand_off_id)] == ["confirmed"]


def test_a_decline_before_anybody_waits_for_the_outcome_is_not_lost(world: World) -> None:
    hand_off_id = world.invited()
    world.accept(hand_off_id)
    world.run(book, hand_off_id)
    world.clock.advance(timedelta(minutes=1))
    world.answers_invite(hand_off_id, lead_of(world, hand_off_id), Attendance.DECLINED)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert [m.state for m in world.meetings(hand_off_id)] == ["cancelled", "proposed"]


def test_the_ae_is_reminded_of_the_proposed_time_until_it_is_settled(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead = lead_of(world, hand_off_id)
    proposes(world, hand_off_id, lead)
    world.clock.advance_to(world.waits(hand_off_id)[-1].not_before + timedelta(days=1))
    sweep(world.runtime)
    reminder = world.mails_to(world.ae)[-1].content
    assert b"baton counter" in reminder
    assert b"time that the lead proposes" in reminder
    world.answers_invite(hand_off_id, lead)
    assert counters(world) == ["superseded"]
    assert world.waits(hand_off_id)[-1].subject.startswith("accept the invite")


def test_a_time_that_was_proposed_before_is_not_proposed_again(
    world: World, hand_off_id: uuid.UUID
) -> None:
    lead, first = lead_of(world, hand_off_id), start_of(world, hand_off_id)
    proposes(world, hand_off_id, world.ae, timedelta(days=30))
    world.run(book, hand_off_id)
    world.answers_invite(hand_off_id, lead, Attendance.DECLINED)
    world.run(book, hand_off_id)
    assert start_of(world, hand_off_id) == first + timedelta(minutes=30)


def without(name: str) -> Callable[[bytes], bytes]:
    return lambda ics: b"\r\n".join(
        line for line in ics.split(b"\r\n") if not line.startswith(name.encode())
    )


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "no UID": without("UID"),
    "no DTSTART": without("DTSTART"),
    "no attendee": without("ATTENDEE"),
    "a zone that does not exist": lambda ics: re.sub(
        rb"DTSTART:(\d+T\d+)Z", rb"DTSTART;TZID=Mars/Base:\1", ics
    ),
    "an end before its start": lambda ics: re.sub(rb"DTEND:\d{4}", b"DTEND:1999", ics),
    "a year that is none": lambda ics: re.sub(rb"DTSTART:\d{4}", b"DTSTART:0000", ics),
    "cut off": lambda ics: ics[: len(ics) // 2],
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_proposal_is_kept_and_shown_and_proposes_nothing(
    world: World, hand_off_id: uuid.UUID, how: str
) -> None:
    world.read_inbox()
    content = written(world, hand_off_id, BROKEN[how])
    world.take_in(content)
    assert not world.all(CounterProposal)
    assert world.decide(hand_off_id, WaitKind.ACCEPTANCE) is None
    (kept,) = world.all(InboundMessage, InboundMessage.raw == content)
    assert kept.look
    assert kept.note


def test_ten_thousand_recurrences_of_a_proposal_are_one_time(
    world: World, hand_off_id: uuid.UUID
) -> None:
    many = b"RRULE:FREQ=MINUTELY;COUNT=10000\r\nRDATE:" + b",".join([b"20300101T100000Z"] * 10_000)
    content = written(
        world, hand_off_id, lambda ics: ics.replace(b"END:VEVENT", many + b"\r\nEND:VEVENT")
    )
    begun_at = time.monotonic()
    world.take_in(content)
    assert time.monotonic() - begun_at < 20
    assert counters(world) == ["open"]


def written(world: World, hand_off_id: uuid.UUID, change: Callable[[bytes], bytes]) -> bytes:
    """Return the mail of a lead who proposes another time, in which that was changed."""
    mail = counter_mail(
        world.last_mail(hand_off_id, "invite"),
        sender=("", lead_of(world, hand_off_id)),
        starts_at=start_of(world, hand_off_id) + HOUR,
        at=world.clock.now(),
    )
    message = message_from_bytes(mail, policy=SMTP)
    (part,) = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    asked = part.get_content()
    assert isinstance(asked, bytes | str)
    ics = change(asked if isinstance(asked, bytes) else asked.encode())
    part.set_content(ics, "text", "calendar", params={"method": "COUNTER"})
    return message.as_bytes()
