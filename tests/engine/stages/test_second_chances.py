"""After an AE's no another AE, after a no-show another time: as often as the teams agreed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from baton.domain.meeting import Attendance, OutcomeKind
from baton.engine.stage import Asleep, Finished, Over
from baton.engine.sweep import sweep
from baton.store.tables import Decision
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.return_to_nurture import return_to_nurture
from tests.engine.stages.conftest import Change
from tests.engine.worlds import World


def agreed(**values: Any) -> Change:
    return lambda content: content["techniques"]["appointment"].update(values)


@pytest.fixture
def world(world_with: Callable[[Change], World]) -> World:
    """Two AEs, and teams that agreed on another one when the first declines."""
    world = world_with(agreed(on_ae_decline="another_ae", no_show_rebooks=1))
    world.other = world.rep("AE", "Eva")  # type: ignore[attr-defined]
    return world


def other(world: World) -> str:
    return str(world.other)  # type: ignore[attr-defined]


def test_another_ae_is_introduced_and_invited_when_one_declines(world: World) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email or ""
    world.replies(hand_off_id, world.ae)
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    introduced = world.last_mail(hand_off_id, "introduction")
    assert b"Eva Moor" in introduced
    assert world.effects(hand_off_id)["introduction:1-2"] == "done"
    assert world.effects(hand_off_id)["context_packet:1-2"] == "done"
    first, second = world.meetings(hand_off_id)
    assert second.ae_id == world.hand_off(hand_off_id).ae_id != first.ae_id
    assert (second.uid, second.sequence) == (first.uid, 1)
    invite = world.mails_to(other(world))[-1]
    assert set(invite.recipients) >= {other(world), lead}
    assert world.ae not in invite.recipients
    routes = world.all(Decision, Decision.kind == "route")
    assert [r.result["ae"] for r in sorted(routes, key=lambda r: r.id)] == [world.ae, other(world)]
    # The first AE's answer is not the second one's (I1).
    assert world.hand_off(hand_off_id).ae_engaged_at is None
    world.answers_invite(hand_off_id, lead)
    world.answers_invite(hand_off_id, other(world))
    assert world.lead_of(hand_off_id).status != "suspect"
    world.replies(hand_off_id, other(world))
    assert isinstance(world.run(book, hand_off_id), Finished)
    assert world.lead_of(hand_off_id).status == "suspect"


def calendars_told(world: World, who: str) -> list[tuple[str, int]]:
    parts = [
        world.calendar_of(sent.content)
        for sent in world.mails_to(who)
        if b"text/calendar" in sent.content
    ]
    return [(str(part["METHOD"]), int(part.walk("VEVENT")[0]["SEQUENCE"])) for part in parts]


def test_the_ae_who_declined_is_taken_out_of_the_meeting_and_nobody_else(world: World) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email or ""
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    world.run(book, hand_off_id)
    for _ in range(2):
        sweep(world.runtime)
    assert calendars_told(world, world.ae) == [("REQUEST", 0), ("CANCEL", 1)]
    assert calendars_told(world, lead) == [("REQUEST", 0), ("REQUEST", 1)]
    assert calendars_told(world, other(world)) == [("REQUEST", 1)]
    off = world.mails_to(world.ae)[-1]
    assert off.recipients[0] == world.ae
    (event,) = world.calendar_of(off.content).walk("VEVENT")
    assert str(event["ATTENDEE"]) == f"mailto:{world.ae}"
    assert b"Another AE takes over" in off.content


def test_without_a_time_for_the_new_ae_each_is_called_off_once(world: World) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email or ""
    with world.runtime.transaction() as session:
        session.execute(world.sql("update rep set working_hours = '{}' where name like 'Eva%'"))
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    assert isinstance(world.run(book, hand_off_id), Over)
    for _ in range(2):
        sweep(world.runtime)
    assert calendars_told(world, world.ae) == [("REQUEST", 0), ("CANCEL", 1)]
    assert calendars_told(world, lead) == [("REQUEST", 0), ("CANCEL", 1)]
    assert calendars_told(world, other(world)) == []


def test_a_lead_who_opts_out_after_another_ae_took_over_is_told_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_off_id = world.invited()
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    with monkeypatch.context() as patch:
        patch.setattr("baton.engine.booking.busy_for", lambda _: Asleep(0))
        world.run(book, hand_off_id)
    world.opt_out(world.lead_of(hand_off_id).email or "")
    for _ in range(2):
        sweep(world.runtime)
    assert calendars_told(world, world.ae) == [("REQUEST", 0), ("CANCEL", 1)]
    assert calendars_told(world, other(world)) == []


def test_what_a_crash_interrupts_goes_on_with_the_ae_who_was_chosen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_off_id = world.invited()
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)

    def crash(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("baton.engine.booking.busy_for", crash)
        with pytest.raises(KeyboardInterrupt):
            world.run(book, hand_off_id)
    sent = len(world.transport.sent)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    introductions = [key for key in world.effects(hand_off_id) if key.startswith("introduction")]
    assert introductions == ["introduction:1", "introduction:1-2"]
    assert len(world.transport.sent) == sent + 1
    assert len(world.all(Decision, Decision.kind == "route")) == 2


def test_the_leads_no_keeps_the_ae_and_so_does_a_team_of_one(world: World) -> None:
    hand_off_id = world.invited()
    lead = world.lead_of(hand_off_id).email or ""
    world.answers_invite(hand_off_id, lead, Attendance.DECLINED)
    world.run(book, hand_off_id)
    first, second = world.meetings(hand_off_id)
    assert first.ae_id == second.ae_id
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    world.run(book, hand_off_id)
    world.answers_invite(hand_off_id, other(world), Attendance.DECLINED)
    step = world.run(book, hand_off_id)
    assert step == Over("3 proposed times were declined")


def test_by_the_other_agreement_the_same_ae_gets_another_time(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(agreed(on_ae_decline="another_time"))
    world.rep("AE", "Eva")
    hand_off_id = world.invited()
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    world.run(book, hand_off_id)
    first, second = world.meetings(hand_off_id)
    assert first.ae_id == second.ae_id


def test_without_another_ae_the_same_one_is_asked_again(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(agreed(on_ae_decline="another_ae"))
    hand_off_id = world.invited()
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    first, second = world.meetings(hand_off_id)
    assert first.ae_id == second.ae_id


def test_a_lead_who_did_not_come_is_offered_one_more_time(world: World) -> None:
    hand_off_id = world.reported(OutcomeKind.NO_SHOW)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    first, second = world.meetings(hand_off_id)
    assert (second.state, second.sequence) == ("proposed", first.sequence + 1)
    world.accept(hand_off_id)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    world.clock.advance_to(world.waits(hand_off_id)[-1].not_before)
    world.report(hand_off_id, OutcomeKind.NO_SHOW)
    assert world.run(await_outcome, hand_off_id) == Finished({"outcome": OutcomeKind.NO_SHOW})
    assert world.run(return_to_nurture, hand_off_id) == Over("the lead did not come")
    assert len(world.meetings(hand_off_id)) == 2


def silent(world: World, hand_off_id: Any) -> None:
    world.expire_wait(hand_off_id)


def declines(world: World, hand_off_id: Any) -> None:
    lead = world.lead_of(hand_off_id).email or ""
    world.answers_invite(hand_off_id, lead, Attendance.DECLINED)


# When the silence is over, so is the time: there is nothing left to call off.
@pytest.mark.parametrize(("does", "called_off"), [(silent, []), (declines, ["CANCEL"])])
def test_who_does_not_take_the_second_chance_goes_back_as_one_who_did_not_come(
    world: World, does: Callable[[World, Any], None], called_off: list[str]
) -> None:
    hand_off_id = world.reported(OutcomeKind.NO_SHOW)
    world.run(await_outcome, hand_off_id)
    does(world, hand_off_id)
    assert world.run(await_outcome, hand_off_id) == Finished({"outcome": OutcomeKind.NO_SHOW})
    assert world.run(return_to_nurture, hand_off_id) == Over("the lead did not come")
    sweep(world.runtime)
    methods = [
        str(world.calendar_of(sent.content)["METHOD"])
        for sent in world.mails_to(world.ae)
        if b"text/calendar" in sent.content
    ]
    assert methods == ["REQUEST", "REQUEST", *called_off]
    assert world.lead_of(hand_off_id).place == "nurture"
    assert world.effects(hand_off_id)["crm_status:returned"] == "done"


def test_a_lead_who_opted_out_is_offered_nothing(world: World) -> None:
    hand_off_id = world.reported(OutcomeKind.NO_SHOW)
    world.opt_out(world.lead_of(hand_off_id).email or "")
    assert world.run(await_outcome, hand_off_id) == Finished({"outcome": OutcomeKind.NO_SHOW})


def test_the_aes_no_to_the_second_chance_is_not_the_leads(world: World) -> None:
    hand_off_id = world.reported(OutcomeKind.NO_SHOW)
    world.run(await_outcome, hand_off_id)
    world.answers_invite(hand_off_id, world.ae, Attendance.DECLINED)
    assert isinstance(world.run(await_outcome, hand_off_id), Asleep)
    assert len(world.meetings(hand_off_id)) == 3
