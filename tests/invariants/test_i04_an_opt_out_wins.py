"""I4: an opt-out is checked in the transaction that releases a message, and wins."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from baton.domain.hand_off import EffectKind, EffectState
from baton.engine import effects
from baton.engine.effects import Lease, carry_out
from baton.store import effects as store
from baton.store.effects import Intent, effect_for_update, intend, release
from baton.store.hand_offs import renew_lease
from baton.store.opt_outs import record_opt_out
from baton.store.tables import Effect
from tests.engine.worlds import World
from tests.factories import NOW
from tests.invariants.guards import allows, holds_by
from tests.invariants.threads import Meanwhile

LEAD, AE = "ada@harbour.example", "ida@seller.example"
TRIGGER = "drop trigger guard_release on effect"
RELEASE = "update effect set state = 'in_flight' where key = :key"
INSERT = (
    "insert into effect (key, kind, provider_id, recipients, state, intended_at)"
    " values ('back door', 'notice', 'x', :people, 'in_flight', now())"
)


def make_effect(session: Session, *recipients: str, key: str = "k", state: str = "intended") -> str:
    envelope = {"envelope": [*recipients, "handoffs+x@baton.example"]}
    intent = Intent(key, EffectKind.NOTICE, f"<{key}>", recipients, envelope, b"Subject: x\r\n\r\n")
    intend(session, intent, at=NOW)
    if state != "intended":
        session.execute(text("update effect set state = :s where key = :k"), {"s": state, "k": key})
    return key


def opt_out(session: Session, address: str = LEAD, channel: str = "email") -> None:
    record_opt_out(session, address, channel=channel, source="test", reason="", at=NOW)


@pytest.mark.parametrize("recipients", [(LEAD,), (AE, LEAD), (LEAD, AE), ("+4930901820",)])
@pytest.mark.parametrize("channel", ["email", "phone", "all"])
def test_a_release_to_who_opted_out_is_withheld_for_ever(
    rows: Session, recipients: tuple[str, ...], channel: str
) -> None:
    key = make_effect(rows, *recipients)
    opt_out(rows, "+4930901820" if recipients[0].startswith("+") else LEAD, channel)
    effect = effect_for_update(rows, key)
    assert effect is not None
    assert not release(rows, effect, at=NOW)
    assert effect.state == EffectState.WITHHELD


def test_a_release_to_others_goes_out(rows: Session) -> None:
    opt_out(rows, "other@harbour.example")
    effect = effect_for_update(rows, make_effect(rows, LEAD, AE))
    assert effect is not None
    assert release(rows, effect, at=NOW)


def test_the_database_refuses_a_release_past_the_function(rows: Session) -> None:
    key = make_effect(rows, AE, LEAD)
    opt_out(rows)
    holds_by(rows, TRIGGER, violation=RELEASE, says=f"I4: {LEAD} has opted out", key=key)


def test_the_database_refuses_an_effect_that_is_born_in_flight(rows: Session) -> None:
    opt_out(rows)
    holds_by(rows, TRIGGER, violation=INSERT, says="I4:", people=[LEAD])
    allows(rows, INSERT, people=[AE])


# What is done is not released by anybody: see I6.
@pytest.mark.parametrize("before", [s for s in EffectState if s not in ("in_flight", "done")])
def test_from_no_state_is_it_released(rows: Session, before: str) -> None:
    key = make_effect(rows, LEAD, state=before)
    opt_out(rows)
    holds_by(rows, TRIGGER, violation=RELEASE, says="I4:", key=key)


def test_without_the_functions_look_the_database_still_refuses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.runtime.transaction() as session:
        key = make_effect(session, LEAD)
        opt_out(session)
    monkeypatch.setattr(store, "opted_out_among", lambda *_: False)
    with pytest.raises(IntegrityError, match="I4:"):
        carry_out(world.runtime, key)
    assert world.transport.sent == []


def test_a_release_waits_for_an_opt_out_that_is_being_written(world: World) -> None:
    with world.runtime.transaction() as session:
        key = make_effect(session, LEAD)
    with Session(world.runtime.database) as writing:
        opt_out(writing)
        sending = Meanwhile(lambda: carry_out(world.runtime, key))
        assert sending.is_waiting()
        assert world.transport.sent == []
        writing.commit()
    assert sending.result().state is EffectState.WITHHELD
    assert world.transport.sent == []


def test_an_opt_out_that_is_taken_back_lets_the_release_go(world: World) -> None:
    with world.runtime.transaction() as session:
        key = make_effect(session, LEAD)
    with Session(world.runtime.database) as writing:
        opt_out(writing)
        sending = Meanwhile(lambda: carry_out(world.runtime, key))
        assert sending.is_waiting()
        writing.rollback()
    assert sending.result().state is EffectState.DONE


def test_an_opt_out_waits_for_a_release_that_is_being_checked(world: World) -> None:
    with world.runtime.transaction() as session:
        key = make_effect(session, LEAD)
        later = make_effect(session, LEAD, key="later")
    with Session(world.runtime.database) as checking:
        effect = effect_for_update(checking, key)
        assert effect is not None
        assert release(checking, effect, at=NOW)
        opting_out = Meanwhile(lambda: world.opt_out(LEAD))
        assert opting_out.is_waiting()
        checking.commit()
    opting_out.result()
    # It was released before the wish stood; nothing is afterwards.
    states = {e.key: e.state for e in world.all(Effect, Effect.kind == "notice")}
    assert states == {key: "in_flight", later: "withheld"}


@contextmanager
def without(world: World, *triggers: tuple[str, str]) -> Iterator[None]:
    def alter(what: str) -> None:
        with world.runtime.transaction() as session:
            for trigger, table in triggers:
                session.execute(text(f"alter table {table} {what} trigger {trigger}"))

    alter("disable")
    try:
        yield
    finally:
        alter("enable")


def test_without_the_lock_a_message_overtakes_the_opt_out(world: World) -> None:
    with world.runtime.transaction() as session:
        key = make_effect(session, LEAD)
    with without(world, ("lock_opt_out", "opt_out")), Session(world.runtime.database) as writing:
        opt_out(writing)
        assert carry_out(world.runtime, key).state is EffectState.DONE
        writing.commit()
    assert len(world.transport.sent) == 1


def test_an_opt_out_and_a_stage_that_sends_do_not_deadlock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_off_id = world.start()
    lead = world.lead_of(hand_off_id).email or ""
    with world.runtime.transaction() as session:
        key = make_effect(session, lead, key="first")
        session.execute(text("update effect set hand_off_id = :h"), {"h": hand_off_id})
    locked, go_on = threading.Event(), threading.Event()

    def waits_in_the_middle(session: Session, effect: Effect, **given: Any) -> bool:
        locked.set()
        assert go_on.wait(timeout=20)
        return release(session, effect, **given)

    monkeypatch.setattr(effects, "release", waits_in_the_middle)
    with world.leased(hand_off_id) as lease:
        sending = Meanwhile(lambda: carry_out(world.runtime, key, lease))
        assert locked.wait(timeout=20)
        opting_out = Meanwhile(lambda: world.opt_out(lead))
        assert opting_out.is_waiting()
        go_on.set()
        assert sending.result().state in (EffectState.DONE, EffectState.WITHHELD)
        assert opting_out.result() == [hand_off_id]


def test_an_opt_out_and_the_sweep_do_not_deadlock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.runtime.transaction() as session:
        key = make_effect(session, LEAD)
    locked, go_on = threading.Event(), threading.Event()

    def waits_in_the_middle(session: Session, effect: Effect, **given: Any) -> bool:
        locked.set()
        assert go_on.wait(timeout=20)
        return release(session, effect, **given)

    monkeypatch.setattr(effects, "release", waits_in_the_middle)
    sending = Meanwhile(lambda: carry_out(world.runtime, key))
    assert locked.wait(timeout=20)
    # The wish is recorded at once; whoever holds the effect meets it at the release.
    Meanwhile(lambda: world.opt_out(LEAD)).result()
    go_on.set()
    assert sending.result().state is EffectState.WITHHELD
    assert world.transport.sent == []


def test_an_opt_out_and_a_stage_that_ends_do_not_deadlock(world: World) -> None:
    hand_off_id = world.start()
    lead = world.lead_of(hand_off_id)
    lease = Lease(uuid.UUID(str(hand_off_id)), 0)
    with Session(world.runtime.database) as ending:
        renew_lease(ending, lease.hand_off_id, lease.token)
        opting_out = Meanwhile(lambda: world.opt_out(lead.email or ""))
        assert opting_out.is_waiting()
        ending.execute(text("select 1 from lead where id = :id for update"), {"id": lead.id})
        ending.commit()
    assert opting_out.result() == [hand_off_id]
