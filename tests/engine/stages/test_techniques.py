"""Each technique by which a lead goes over, and its own proof (D1-D5, I1)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from baton.domain.meeting import OutcomeKind
from baton.engine import actions, presence
from baton.engine.stage import Asleep, Finished
from baton.engine.sweep import sweep
from baton.errors import CalendarUnavailableError, InputError, RefusedError
from baton.store.histories import tell_lead
from baton.store.tables import Connection, Decision, Meeting, Rep
from tasks.await_outcome import await_outcome
from tasks.book import book
from tasks.choose import choose
from tasks.introduce import introduce
from tasks.transfer import transfer
from tests.engine.stages.conftest import Change
from tests.engine.worlds import World
from tests.invariants.guards import refuses

WARM = {"technique": "warm_transfer", "when": "is_hot and rep_free_now and has_phone"}
BEST = {"technique": "best_time", "when": "preferred_channel = 'phone'"}
SOFT = {"technique": "soft_introduction", "when": "total_score < 1000"}
MINUTE = timedelta(minutes=1)
PHONE = "+4930123456"


def by(*rules: dict[str, Any]) -> Change:
    """Agree on these rules; every lead is hot."""

    def change(content: dict[str, Any]) -> None:
        content["techniques"]["rules"] = list(rules)
        content["scoring"]["hot_at"] = content["scoring"]["hand_off_at"]

    return change


@pytest.fixture
def warm(world_with: Callable[[Change], World]) -> World:
    """An agreement with warm transfers, and Ida, who is there for two hours."""
    world = world_with(by(WARM))
    actions.set_presence(world.runtime, by=world.ae, minutes=120)
    return world


def technique_of(world: World, hand_off_id: uuid.UUID) -> str | None:
    return world.hand_off(hand_off_id).technique


def why(world: World, hand_off_id: uuid.UUID) -> list[str]:
    """Return the reasons of the decisions on the technique, the oldest first."""
    found = world.all(Decision, Decision.hand_off_id == hand_off_id, Decision.kind == "technique")
    return [decision.reasons[0] for decision in found]


def transferred_warm(world: World) -> uuid.UUID:
    """A warm transfer that waits for the AE to connect."""
    hand_off_id = world.start(phone_e164=PHONE, language="en")
    assert isinstance(world.walk(hand_off_id, book), Asleep)
    return hand_off_id


def test_a_hot_lead_is_put_through_to_a_rep_who_is_free(warm: World) -> None:
    """D2, I1."""
    hand_off_id = transferred_warm(warm)
    assert technique_of(warm, hand_off_id) == "warm_transfer"
    assert why(warm, hand_off_id) == [f"Warm transfer by rule 1: {WARM['when']}"]
    (call,) = warm.meetings(hand_off_id)
    assert (call.kind, call.state, call.during.lower) == ("call", "held", warm.clock.now())
    (wait,) = warm.waits(hand_off_id)
    assert (wait.kind, wait.due_at - wait.not_before) == ("connect", 5 * MINUTE)
    lead = warm.lead_of(hand_off_id)
    (mail,) = warm.mails_to(lead.email or "")
    text = message_from_bytes(mail.content, policy=policy.default).get_body(("plain",))
    assert text is not None
    assert "will call you within the next 5 minutes" in " ".join(text.get_content().split())
    assert "/times/" not in text.get_content()
    packet = next(m for m in warm.mails_to(warm.ae) if b"CALL Ada" in m.content)
    assert b"NOW on +4930123456" in packet.content
    warm.clock.advance(2 * MINUTE)
    assert warm.lead_of(hand_off_id).status != "suspect"
    actions.say_connected(warm.runtime, hand_off_id, reached=True, by=warm.ae, note="Ten seats.")
    assert isinstance(warm.run(book, hand_off_id), Finished)
    assert warm.lead_of(hand_off_id).status == "suspect"
    (proof,) = warm.all(Connection)
    assert (proof.technique, proof.said_by, proof.note) == ("warm_transfer", warm.ae, "Ten seats.")
    with warm.runtime.transaction() as session:
        story = tell_lead(session, lead.id)
    (told,) = [event for event in story.history if event.kind == "connection"]
    said = "AE and lead reached each other by warm transfer: Ten seats."
    assert (told.what, told.by) == (said, warm.ae)


def test_after_the_call_the_ae_says_what_it_came_to(warm: World) -> None:
    hand_off_id = transferred_warm(warm)
    actions.say_connected(warm.runtime, hand_off_id, reached=True, by=warm.ae)
    warm.run(book, hand_off_id)
    warm.run(await_outcome, hand_off_id)
    (wait,) = [wait for wait in warm.waits(hand_off_id) if wait.kind == "outcome"]
    assert wait.not_before == warm.clock.now() + 30 * MINUTE
    warm.clock.advance(31 * MINUTE)
    sweep(warm.runtime)
    warm.report(hand_off_id, OutcomeKind.MET)
    warm.run(await_outcome, hand_off_id)
    warm.run(transfer, hand_off_id)
    lead = warm.lead_of(hand_off_id)
    assert (lead.status, lead.place) == ("sales_qualified", "with_ae")


@pytest.mark.parametrize("is_said", [True, False])
def test_what_does_not_connect_becomes_an_appointment(warm: World, *, is_said: bool) -> None:
    hand_off_id = transferred_warm(warm)
    if is_said:
        actions.say_connected(warm.runtime, hand_off_id, reached=False, by=warm.ae)
    else:
        warm.clock.advance(5 * MINUTE)
        sweep(warm.runtime)
    assert isinstance(warm.run(book, hand_off_id), Asleep)
    assert technique_of(warm, hand_off_id) == "appointment"
    call, meeting = warm.meetings(hand_off_id)
    assert (call.state, meeting.state) == ("cancelled", "proposed")
    assert (meeting.uid, meeting.sequence) == (f"{hand_off_id}@baton", 0)
    said = f"the warm transfer did not reach the lead, says {warm.ae}"
    late = "nobody connected by the warm transfer within the agreed time"
    assert why(warm, hand_off_id)[-1] == (said if is_said else late)
    with pytest.raises(RefusedError, match="does not wait for connect"):
        actions.say_connected(warm.runtime, hand_off_id, reached=True, by=warm.ae)
    warm.accept(hand_off_id)
    assert isinstance(warm.run(book, hand_off_id), Finished)
    assert warm.lead_of(hand_off_id).status == "suspect"
    assert warm.all(Connection) == []


def test_one_rep_is_put_through_to_one_lead_at_a_time(warm: World) -> None:
    """I7."""
    transferred_warm(warm)
    second = warm.start(phone_e164="+4930123457")
    warm.walk(second, choose)
    assert technique_of(warm, second) == "appointment"
    warm.rep("AE", "Eve")
    actions.set_presence(warm.runtime, by="eve@seller.example", minutes=60)
    third = warm.start(phone_e164="+4930123458")
    warm.walk(third, choose)
    assert technique_of(warm, third) == "warm_transfer"
    assert warm.row(Rep, warm.hand_off(third).ae_id).email == "eve@seller.example"


@pytest.mark.parametrize("case", ["gone", "soon gone", "evening", "holiday", "meeting", "calendar"])
def test_whoever_is_not_surely_free_is_not_put_through_to(
    warm: World, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    if case == "gone":
        actions.set_presence(warm.runtime, by=warm.ae, minutes=0)
    elif case == "soon gone":
        actions.set_presence(warm.runtime, by=warm.ae, minutes=29)
    elif case == "evening":
        warm.clock.advance_to(datetime(2026, 3, 2, 16, 45, tzinfo=UTC))
        actions.set_presence(warm.runtime, by=warm.ae, minutes=120)
    elif case == "holiday":
        with warm.runtime.transaction() as session:
            ida = session.query(Rep).filter_by(email=warm.ae).one()
            ida.country = "DE"
        warm.clock.advance_to(datetime(2026, 4, 3, 9, 0, tzinfo=UTC))  # Good Friday
        actions.set_presence(warm.runtime, by=warm.ae, minutes=120)
    elif case == "meeting":
        ours = warm.invited()
        with warm.runtime.transaction() as session:
            meeting = session.query(Meeting).filter_by(hand_off_id=ours).one()
            starts_at = warm.clock.now() + 20 * MINUTE
            meeting.during = warm.range(starts_at, starts_at + 30 * MINUTE)
    else:

        def unreadable(*_: object) -> None:
            raise CalendarUnavailableError("down")

        monkeypatch.setattr(presence, "busy_in", unreadable)
    assert presence.free_now(warm.runtime, 30) == frozenset()


def test_an_accounts_owner_is_not_passed_over_because_another_is_free(warm: World) -> None:
    eve = warm.rep("AE", "Eve")
    lead_id = warm.lead(phone_e164=PHONE)
    with warm.runtime.transaction() as session:
        owner = session.query(Rep).filter_by(email=eve).one()
        lead = warm.row(type(warm.lead_of(warm.start())), lead_id)
        session.execute(
            warm.sql("update account set owner_id = :owner where id = :account"),
            {"owner": owner.id, "account": lead.account_id},
        )
    hand_off_id = warm.start(lead_id)
    warm.walk(hand_off_id, introduce)
    assert technique_of(warm, hand_off_id) == "appointment"
    assert warm.row(Rep, warm.hand_off(hand_off_id).ae_id).email == eve


def test_a_lead_is_called_when_it_is_best_reached(world_with: Callable[[Change], World]) -> None:
    """D3."""
    world = world_with(by(BEST))
    hand_off_id = world.start(
        phone_e164=PHONE,
        language="en",
        preferred_channel="phone",
        preferred_time="Wed 14:00-16:00",
    )
    world.walk(hand_off_id, book)
    at = datetime(2026, 3, 4, 13, 0, tzinfo=UTC)
    (call,) = world.meetings(hand_off_id)
    assert (call.kind, call.state, call.during.lower) == ("call", "held", at)
    (told,) = world.mails_to(world.lead_of(hand_off_id).email or "")
    assert b"will call you on" in told.content
    assert b"Wednesday 4 March 2026, 14:00 CET" in told.content
    world.clock.advance_to(at + MINUTE)
    sweep(world.runtime)
    assert any(b"get in touch with the lead now" in m.content for m in world.mails_to(world.ae))
    actions.say_connected(world.runtime, hand_off_id, reached=True, by=world.ae)
    assert isinstance(world.run(book, hand_off_id), Finished)
    assert world.meetings(hand_off_id)[0].state == "confirmed"


def planned(world: World) -> uuid.UUID:
    """A hand-off whose AE is to call the lead on Wednesday."""
    hand_off_id = world.start(
        phone_e164=PHONE, preferred_channel="phone", preferred_time="Wed 14:00-16:00"
    )
    world.walk(hand_off_id, book)
    return hand_off_id


def test_nobody_calls_who_opted_out_since(world_with: Callable[[Change], World]) -> None:
    """I4."""
    world = world_with(by(BEST))
    hand_off_id = planned(world)
    lead = world.lead_of(hand_off_id).email or ""
    before = len(world.mails_to(lead))
    world.opt_out(lead)
    sweep(world.runtime)
    assert b"opted out: the meeting on" in world.mails_to(world.ae)[-1].content
    assert len(world.mails_to(lead)) == before
    with pytest.raises(RefusedError, match="does not wait for connect"):
        actions.say_connected(world.runtime, hand_off_id, reached=True, by=world.ae)
    assert [meeting.state for meeting in world.meetings(hand_off_id)] == ["cancelled"]


def test_a_call_that_is_cancelled_is_called_off(world_with: Callable[[Change], World]) -> None:
    world = world_with(by(BEST))
    hand_off_id = planned(world)
    actions.cancel_hand_off(world.runtime, hand_off_id, by="Max", reason="sold already")
    sweep(world.runtime)
    for address in (world.ae, world.lead_of(hand_off_id).email or ""):
        last = world.mails_to(address)[-1]
        assert "call-1-off" in message_from_bytes(last.content)["X-Baton-Effect"]
        assert b"text/calendar" not in last.content


def test_who_named_no_time_is_called_at_usual_hours(world_with: Callable[[Change], World]) -> None:
    world = world_with(by(BEST))
    hand_off_id = world.start(preferred_channel="phone", time_zone="America/New_York")
    world.walk(hand_off_id, introduce)
    (call,) = world.meetings(hand_off_id)
    # Ten in New York, while Ida, in UTC, is still at work.
    assert call.during.lower == datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_without_such_a_time_an_appointment_is_proposed(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(by(BEST))
    hand_off_id = world.start(preferred_channel="phone", preferred_time="Saturday mornings")
    assert isinstance(world.walk(hand_off_id, book), Asleep)
    assert [meeting.kind for meeting in world.meetings(hand_off_id)] == ["appointment"]
    assert why(world, hand_off_id)[-1] == "no time at which the lead is best reached suits the AE"


def test_a_soft_introduction_is_proved_by_both_answers(
    world_with: Callable[[Change], World],
) -> None:
    """D4, I1."""
    world = world_with(by(SOFT))
    hand_off_id = world.start()
    assert isinstance(world.walk(hand_off_id, book), Asleep)
    assert world.meetings(hand_off_id) == []
    lead = world.lead_of(hand_off_id).email or ""
    world.is_away(hand_off_id, lead)
    world.replies(hand_off_id, world.ae)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    world.replies(hand_off_id, lead)
    assert isinstance(world.run(book, hand_off_id), Finished)
    assert world.lead_of(hand_off_id).status == "suspect"
    (proof,) = world.all(Connection)
    assert (proof.technique, proof.said_by) == ("soft_introduction", "mail")
    world.run(await_outcome, hand_off_id)
    world.clock.advance(2 * MINUTE)
    world.report(hand_off_id, OutcomeKind.MET)
    assert isinstance(world.run(await_outcome, hand_off_id), Finished)


def test_a_soft_introduction_that_nobody_answers_becomes_an_appointment(
    world_with: Callable[[Change], World],
) -> None:
    world = world_with(by(SOFT))
    hand_off_id = world.start()
    world.walk(hand_off_id, book)
    world.expire_wait(hand_off_id)
    assert isinstance(world.run(book, hand_off_id), Asleep)
    assert [meeting.kind for meeting in world.meetings(hand_off_id)] == ["appointment"]


def test_the_first_rule_that_fits_decides(world_with: Callable[[Change], World]) -> None:
    world = world_with(by(WARM, BEST, SOFT))
    for channel, technique in (("phone", "best_time"), (None, "soft_introduction")):
        hand_off_id = world.start(preferred_channel=channel)
        world.walk(hand_off_id, choose)
        assert technique_of(world, hand_off_id) == technique
    (decision, *_) = world.all(Decision, Decision.kind == "technique")
    assert decision.facts["fits"] == [False, True, True]
    assert decision.facts["situation"]["rep_free_now"] is False


def test_nobody_but_who_has_to_do_with_it_says_that_it_connected(warm: World) -> None:
    hand_off_id = transferred_warm(warm)
    stranger = warm.rep("AE", "Eve")
    with pytest.raises(RefusedError, match="neither AE nor SDR"):
        actions.say_connected(warm.runtime, hand_off_id, reached=True, by=stranger)
    actions.say_connected(warm.runtime, hand_off_id, reached=True, by=warm.manager)


def test_presence_is_an_aes_and_for_some_hours(world: World) -> None:
    with pytest.raises(RefusedError, match="not an active AE"):
        actions.set_presence(world.runtime, by=world.sdr, minutes=60)
    with pytest.raises(InputError, match="0 to 720 minutes"):
        actions.set_presence(world.runtime, by=world.ae, minutes=721)
    until = actions.set_presence(world.runtime, by=world.ae, minutes=60)
    assert until == world.clock.now() + 60 * MINUTE
    assert actions.set_presence(world.runtime, by=world.ae, minutes=0) is None


def test_the_database_refuses_a_proof_of_another_technique(warm: World) -> None:
    """I1."""
    hand_off_id = transferred_warm(warm)
    appointment = warm.invited()
    (call,), (meeting,) = warm.meetings(hand_off_id), warm.meetings(appointment)
    proof = (
        "insert into connection (hand_off_id, meeting_id, technique, at, said_by)"
        " values (:hand_off, :meeting, :technique, now(), 'x')"
    )
    with warm.runtime.transaction() as session:
        for of, row, technique in (
            (hand_off_id, call, "soft_introduction"),
            (appointment, meeting, "warm_transfer"),
            (appointment, call, "warm_transfer"),
        ):
            refuses(
                session, proof, "I1: hand-off", hand_off=of, meeting=row.id, technique=technique
            )
