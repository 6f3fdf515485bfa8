"""People decide about effects that stand still; nothing happens twice for it (I4, I6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from baton.domain.hand_off import EffectDecision, EffectKind, EffectState
from baton.engine.effects import perform
from baton.engine.resolving import resolve_effect, retry_effect
from baton.engine.sweep import sweep
from baton.errors import (
    InDoubtError,
    MailRefusedError,
    MailUnavailableError,
    NotFoundError,
    RefusedError,
)
from baton.store.dead_letters import EffectLine, decisions_about, list_effects
from baton.store.effects import Intent, acting_alone
from baton.store.health import effect_faults
from baton.store.opt_outs import record_opt_out
from baton.store.tables import Effect
from tests.engine.worlds import World
from tests.factories import NOW, make_hand_off

TO, OWN = "ada@harbour.example", "handoffs@baton.example"
DONE, NOT_DONE, DROPPED = (
    EffectDecision.DONE,
    EffectDecision.NOT_DONE,
    EffectDecision.DROPPED,
)


def mail(key: str, kind: EffectKind = EffectKind.NOTICE, **values: object) -> Intent:
    content = f"Message-ID: <{key}@baton.example>\r\nFrom: {OWN}\r\nTo: {OWN}\r\n\r\nHello.\r\n"
    return Intent(
        key=key,
        kind=kind,
        provider_id=f"<{key}@baton.example>",
        recipients=(TO,),
        payload={"envelope": [TO, OWN]},
        content=content.encode(),
        **values,  # type: ignore[arg-type]
    )


def failed(world: World, intent: Intent) -> int:
    world.transport.fail_next(MailRefusedError("550 no such mailbox"))
    perform(world.runtime, [intent])
    return effect(world, intent.key).id


def in_doubt(world: World, key: str) -> int:
    """An effect that was released an hour ago, and of which nothing was heard."""
    perform(world.runtime, [mail(key)])
    with world.runtime.transaction() as session:
        session.execute(text("alter table effect disable trigger guard_done"))
        session.execute(
            text(
                "update effect set state = 'in_flight', settled_at = null,"
                " in_flight_since = clock_timestamp() - interval '1 hour',"
                " in_doubt_since = clock_timestamp() - interval '1 hour' where key = :key"
            ),
            {"key": key},
        )
        session.execute(text("alter table effect enable trigger guard_done"))
    return effect(world, key).id


def effect(world: World, key: str) -> Effect:
    found: Effect
    (found,) = world.all(Effect, Effect.key == key)
    return found


def listed(world: World, state: EffectState | None = None) -> list[EffectLine]:
    with world.runtime.transaction() as session:
        return list_effects(session, state=state)


def test_what_failed_for_good_is_listed_and_tried_again(world: World) -> None:
    number = failed(world, mail("k"))
    (line,) = listed(world)
    assert (line.id, line.kind, line.state, line.attempts) == (number, "notice", "failed", 1)
    assert "550" in (line.error or "")
    assert retry_effect(world.runtime, number, by="Kim", reason="it exists now").state == "done"
    assert [sent.recipients[0] for sent in world.transport.sent] == [TO]
    assert listed(world) == []
    with world.runtime.transaction() as session:
        (kept,) = decisions_about(session, number)
        assert (kept.decision, kept.by, kept.reason) == ("retry", "Kim", "it exists now")


def test_what_cannot_be_done_yet_is_listed_and_stays_to_be_done(world: World) -> None:
    world.transport.fail_next(MailUnavailableError("no answer"))
    world.transport.fail_next(MailUnavailableError("no answer"))
    with pytest.raises(MailUnavailableError):
        perform(world.runtime, [mail("k")])
    (line,) = listed(world)
    assert (line.state, line.error) == ("intended", "no answer")
    with pytest.raises(MailUnavailableError):
        retry_effect(world.runtime, line.id, by="Kim")
    assert retry_effect(world.runtime, line.id, by="Kim").state == "done"


def test_what_happened_is_never_done_again(world: World) -> None:
    perform(world.runtime, [mail("k")])
    number = effect(world, "k").id
    with pytest.raises(RefusedError, match="I6"):
        retry_effect(world.runtime, number, by="Kim")
    for decision in (DONE, NOT_DONE, DROPPED):
        with pytest.raises(RefusedError, match="I6"):
            resolve_effect(world.runtime, number, decision, by="Kim", reason="r")
    assert len(world.transport.sent) == 1


def test_what_is_withheld_stays_so(world: World) -> None:
    number = failed(world, mail("k"))
    with world.runtime.transaction() as session:
        record_opt_out(session, TO, channel="email", source="test", reason="", at=NOW)
    assert retry_effect(world.runtime, number, by="Kim").state == "withheld"
    with pytest.raises(RefusedError, match="I4"):
        retry_effect(world.runtime, number, by="Kim")
    assert world.transport.sent == []


@pytest.mark.parametrize(
    ("decision", "state", "sent"),
    [(DONE, "done", 1), (NOT_DONE, "intended", 1), (DROPPED, "withheld", 1)],
)
def test_a_person_says_what_became_of_an_effect_in_doubt(
    world: World, decision: EffectDecision, state: str, sent: int
) -> None:
    number = in_doubt(world, "k")
    assert [line.state for line in listed(world)] == ["in_flight"]
    assert resolve_effect(world.runtime, number, decision, by="Kim", reason="I asked Ada") == state
    found = effect(world, "k")
    assert (found.state, found.error) == (
        state,
        f"{decision.value.replace('_', ' ')}, says Kim: I asked Ada",
    )
    assert len(world.transport.sent) == sent
    assert [line.id for line in listed(world, EffectState.IN_FLIGHT)] == []
    if decision is NOT_DONE:
        sweep(world.runtime)
        assert len(world.transport.sent) == sent + 1


def test_only_what_is_in_doubt_can_have_not_happened(world: World) -> None:
    number = failed(world, mail("k"))
    with pytest.raises(RefusedError, match="not in doubt"):
        resolve_effect(world.runtime, number, NOT_DONE, by="Kim", reason="r")
    with pytest.raises(NotFoundError, match="baton effects list"):
        resolve_effect(world.runtime, 10**6, DONE, by="Kim", reason="r")


def test_what_was_never_sent_cannot_be_called_done(world: World) -> None:
    """Else a lead could become a suspect without an introduction (I1)."""
    world.transport.fail_next(MailUnavailableError("no answer"))
    with pytest.raises(MailUnavailableError):
        perform(world.runtime, [mail("k", EffectKind.INTRODUCTION)])
    with pytest.raises(RefusedError, match="never sent"):
        resolve_effect(world.runtime, effect(world, "k").id, DONE, by="Kim", reason="r")
    assert effect(world, "k").state == "intended"


def test_another_notice_does_not_stand_for_one_that_failed(world: World) -> None:
    with world.runtime.transaction() as session:
        hand_off_id = make_hand_off(session).id
    first = failed(world, mail("a", hand_off_id=hand_off_id))
    perform(world.runtime, [mail("b", hand_off_id=hand_off_id)])
    assert [line.id for line in listed(world)] == [first]
    with world.runtime.transaction() as session:
        assert [fault.kind for fault in effect_faults(session)] == ["failed"]
    assert retry_effect(world.runtime, first, by="Kim").state == "done"


def test_nobody_decides_while_a_worker_acts(world: World) -> None:
    number = failed(world, mail("k"))
    with (
        acting_alone(world.runtime.database, "k"),
        pytest.raises(InDoubtError, match="at this moment"),
    ):
        resolve_effect(world.runtime, number, DROPPED, by="Kim", reason="r")
    assert effect(world, "k").state == "failed"


def test_a_hand_off_that_goes_by_an_effect_is_not_overtaken(world: World) -> None:
    with world.runtime.transaction() as session:
        hand_off = make_hand_off(session)
        hand_off_id = hand_off.id
    first = failed(world, mail("a", EffectKind.INTRODUCTION, hand_off_id=hand_off_id))
    packet = failed(world, mail("b", EffectKind.CONTEXT_PACKET, hand_off_id=hand_off_id))
    for refused in (
        lambda: retry_effect(world.runtime, first, by="Kim"),
        lambda: resolve_effect(world.runtime, first, DROPPED, by="Kim", reason="r"),
    ):
        with pytest.raises(RefusedError, match="goes by its introduction"):
            refused()
    assert [line.id for line in listed(world)] == [first, packet]
    perform(world.runtime, [mail("c", EffectKind.INTRODUCTION, hand_off_id=hand_off_id)])
    assert [line.id for line in listed(world)] == [packet], "a later one took its place"
    with pytest.raises(RefusedError, match="took the place"):
        retry_effect(world.runtime, first, by="Kim")
    with world.runtime.transaction() as session:
        session.execute(
            text(
                "update hand_off set state = 'cancelled', closed_at = :at,"
                " close_reason = 'gone' where id = :id"
            ),
            {"id": hand_off_id, "at": NOW + timedelta(days=1)},
        )
        session.execute(text("update lead set place = 'closed', place_reason = 'gone'"))
    with pytest.raises(RefusedError, match="is over"):
        retry_effect(world.runtime, packet, by="Kim")
    resolve_effect(world.runtime, packet, DROPPED, by="Kim", reason="it is over")
    assert listed(world) == []
