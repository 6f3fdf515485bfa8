"""I6: an effect happens once, whatever is killed or retried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState
from baton.engine import effects
from baton.engine.effects import Lease, carry_out, perform
from baton.engine.sweep import sweep
from baton.errors import InDoubtError, LeaseLostError, MailRefusedError, MailUnavailableError
from baton.store.effects import Intent, intend
from baton.store.tables import CrmEntry, Effect
from baton.testing.crm import FakeCrm
from tests.engine.ageing import pass_doubts
from tests.engine.worlds import World
from tests.factories import NOW, make_lead
from tests.invariants.guards import holds_by
from tests.invariants.threads import Meanwhile

TO = "ada@harbour.example"


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


def mail(key: str = "k") -> Intent:
    content = f"Message-ID: <{key}@baton.example>\r\nX-Baton-Effect: {key}\r\n\r\nHello.\r\n"
    own = "handoffs@baton.example"
    return Intent(
        key=key,
        kind=EffectKind.NOTICE,
        provider_id=f"<{key}@baton.example>",
        recipients=(TO,),
        payload={"envelope": [TO, own]},
        content=f"From: {own}\r\nTo: {own}\r\n{content}".encode(),
    )


def note(world: World, key: str = "n") -> Intent:
    body = {"title": "x", "text": "y"}
    return Intent(key, EffectKind.CRM_NOTE, key, payload=body, lead_id=world.lead())


def state(world: World, key: str = "k") -> str:
    (effect,) = world.all(Effect, Effect.key == key)
    return str(effect.state)


@contextmanager
def killed_while_sending(
    world: World, monkeypatch: pytest.MonkeyPatch, *, after_accepting: bool
) -> Iterator[None]:
    """The process dies in the transport: before the server has the mail, or after."""
    send = world.transport.send

    def dies(*args: Any, **kwargs: Any) -> None:
        if after_accepting:
            send(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.transport, "send", dies)
        yield


def test_performing_twice_is_once(world: World) -> None:
    first = perform(world.runtime, [mail()])
    assert perform(world.runtime, [mail()]) == first
    assert len(world.transport.sent) == 1
    assert state(world) == "done"


def test_the_first_intent_stands(world: World) -> None:
    with world.runtime.transaction() as session:
        intend(session, mail(), at=NOW)
        changed = Intent("k", EffectKind.NOTICE, "<other>", ("eve@elsewhere.example",))
        intend(session, changed, at=NOW)
    assert carry_out(world.runtime, "k").state is EffectState.DONE
    assert world.transport.sent[0].recipients[0] == TO


def test_a_key_is_one_effect(rows: Session) -> None:
    holds_by(
        rows,
        "alter table effect drop constraint uq_effect_key",
        violation="insert into effect (key, kind, provider_id, intended_at)"
        " select 'twice', 'notice', 'p', now() from generate_series(1, 2)",
        says="uq_effect_key",
    )


def test_what_is_done_stays_done(rows: Session) -> None:
    rows.execute(
        text(
            "insert into effect (key, kind, provider_id, intended_at, state)"
            " values ('k', 'notice', 'p', now(), 'done')"
        )
    )
    holds_by(
        rows,
        "drop trigger guard_done on effect",
        violation="update effect set state = 'intended' where key = 'k'",
        says="I6: effect k happened",
    )


def test_killed_after_the_mail_went_out_its_copy_proves_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        killed_while_sending(world, monkeypatch, after_accepting=True),
        pytest.raises(Killed),
    ):
        perform(world.runtime, [mail()])
    assert state(world) == "in_flight"
    pass_doubts(world.runtime)
    world.read_inbox()
    assert perform(world.runtime, [mail()])[0].state is EffectState.DONE
    assert len(world.transport.sent) == 1


def test_killed_before_it_is_sent_once_the_mailbox_shows_no_copy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        killed_while_sending(world, monkeypatch, after_accepting=False),
        pytest.raises(Killed),
    ):
        perform(world.runtime, [mail()])
    pass_doubts(world.runtime)
    world.read_inbox()
    assert perform(world.runtime, [mail()])[0].state is EffectState.DONE
    assert len(world.transport.sent) == 1


@pytest.mark.parametrize("reads", ["never", "before the crash", "too soon after"])
def test_in_doubt_nothing_is_sent_until_the_mailbox_was_read(
    world: World, monkeypatch: pytest.MonkeyPatch, reads: str
) -> None:
    if reads == "before the crash":
        world.read_inbox()
    with (
        killed_while_sending(world, monkeypatch, after_accepting=False),
        pytest.raises(Killed),
    ):
        perform(world.runtime, [mail()])
    if reads == "too soon after":
        world.read_inbox()
    with pytest.raises(InDoubtError):
        perform(world.runtime, [mail()])
    assert (state(world), world.transport.sent) == ("in_flight", [])
    # The guard is that question: without it the mail goes out, and might for the second time.
    monkeypatch.setattr(effects, "_require_certainty", lambda *_: None)
    perform(world.runtime, [mail()])
    assert len(world.transport.sent) == 1


def test_one_that_stood_still_before_it_sent_and_was_killed_right_after_sends_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What proves that nothing went out counts from its end, not from its release."""
    send = world.transport.send

    def goes_on_late(*args: Any, **kwargs: Any) -> None:
        pass_doubts(world.runtime)
        world.read_inbox()
        send(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.transport, "send", goes_on_late)
        with pytest.raises(Killed):
            perform(world.runtime, [mail()])
    with world.runtime.transaction() as session:
        session.execute(text("update effect set in_doubt_since = null"))
    with pytest.raises(InDoubtError):
        perform(world.runtime, [mail()])
    pass_doubts(world.runtime)
    world.read_inbox()
    assert perform(world.runtime, [mail()])[0].state is EffectState.DONE
    assert len(world.transport.sent) == 1


def test_without_the_question_a_killed_mail_goes_out_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        killed_while_sending(world, monkeypatch, after_accepting=True),
        pytest.raises(Killed),
    ):
        perform(world.runtime, [mail()])
    monkeypatch.setattr(effects, "_require_certainty", lambda *_: None)
    perform(world.runtime, [mail()])
    assert len(world.transport.sent) == 2


def test_a_lost_answer_is_in_doubt_and_not_sent_again(world: World) -> None:
    world.transport.fail_next(InDoubtError("the answer was lost"), after_accepting=True)
    for _ in range(2):
        with pytest.raises(InDoubtError):
            perform(world.runtime, [mail()])
    pass_doubts(world.runtime)
    world.read_inbox()
    assert perform(world.runtime, [mail()])[0].state is EffectState.DONE
    assert len(world.transport.sent) == 1


@pytest.mark.parametrize(
    ("error", "after", "sent"),
    [(MailUnavailableError("421"), "intended", 1), (MailRefusedError("550"), "failed", 0)],
)
def test_a_failure_is_tried_again_if_trying_can_help(
    world: World, error: Any, after: str, sent: int
) -> None:
    world.transport.fail_next(error)
    with pytest.raises(MailUnavailableError) if after == "intended" else nullcontext():
        perform(world.runtime, [mail()])
    assert state(world) == after
    perform(world.runtime, [mail()])
    assert len(world.transport.sent) == sent


def test_two_at_once_send_once_however_slow_the_server(world: World) -> None:
    held = world.transport.hold()
    first = Meanwhile(lambda: perform(world.runtime, [mail()]))
    assert world.transport.busy.wait(timeout=20)
    pass_doubts(world.runtime)
    world.read_inbox()
    with pytest.raises(InDoubtError, match="being done by another worker"):
        perform(world.runtime, [mail()])
    assert sweep(world.runtime).unsettled == 1
    held.set()
    assert first.result()[0].state is EffectState.DONE
    assert len(world.transport.sent) == 1


def test_without_that_lock_two_at_once_send_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "acting_alone", lambda engine, _key: engine.connect())
    held = world.transport.hold()
    first = Meanwhile(lambda: perform(world.runtime, [mail()]))
    assert world.transport.busy.wait(timeout=20)
    pass_doubts(world.runtime)
    world.read_inbox()
    second = Meanwhile(lambda: perform(world.runtime, [mail()]))
    assert second.is_waiting()
    held.set()
    first.result()
    second.result()
    assert len(world.transport.sent) == 2


def test_the_crm_is_asked_by_the_writes_id(world: World) -> None:
    crm = FakeCrm()
    world.use_crm(crm)
    intent = note(world)
    crm.fail_next(MailUnavailableError("the answer was lost"), after_writing=True)
    with pytest.raises(MailUnavailableError):
        perform(world.runtime, [intent])
    assert perform(world.runtime, [intent])[0].state is EffectState.DONE
    assert intent.lead_id is not None
    assert len(crm.view(intent.lead_id).notes) == 1


def test_a_crm_write_found_in_flight_is_not_repeated_if_it_arrived(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = note(world)

    def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(effects, "_record", dies)
        with pytest.raises(Killed):
            perform(world.runtime, [intent])
    assert state(world, "n") == "in_flight"
    assert perform(world.runtime, [intent])[0].state is EffectState.DONE
    assert len(world.all(CrmEntry)) == 1


def test_the_local_crm_takes_a_write_once_by_its_id(rows: Session) -> None:
    holds_by(
        rows,
        "alter table crm_entry drop constraint uq_crm_entry_external_id",
        violation="insert into crm_entry (external_id, lead_id, kind, body, at)"
        " select 'twice', :lead, 'crm_note', '{}', now() from generate_series(1, 2)",
        says="uq_crm_entry_external_id",
        lead=make_lead(rows).id,
    )


def test_who_lost_the_hand_off_sends_nothing_for_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_off_id = world.start()
    with world.leased(hand_off_id) as old:
        world.age_lease(hand_off_id)
        with world.leased(hand_off_id):
            stale = Lease(hand_off_id, old.token)
            with pytest.raises(LeaseLostError):
                perform(world.runtime, [mail()], stale)
            assert world.transport.sent == []
            monkeypatch.setattr(effects, "renew_lease", lambda *_: None)
            perform(world.runtime, [mail()], stale)
            assert len(world.transport.sent) == 1


def test_a_hand_off_is_run_by_one_worker_at_a_time(world: World) -> None:
    hand_off_id = world.start()
    with world.leased(hand_off_id), pytest.raises(LeaseLostError), world.leased(hand_off_id):
        pass


def test_a_whole_hand_off_tells_nobody_anything_twice(world: World) -> None:
    for hand_off_id in (world.transferred(), world.returned()):
        sweep(world.runtime)
        sweep(world.runtime)
        assert set(world.effects(hand_off_id).values()) <= {"done"}
    contents = [message.content for message in world.transport.sent]
    assert len(contents) == len(set(contents))
