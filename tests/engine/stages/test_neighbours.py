"""A neighbour that is down is left alone, and nothing is lost or done twice meanwhile (I5, I6)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from baton.cli.checks import check_house
from baton.domain.hand_off import Neighbour
from baton.engine.sweep import sweep
from baton.errors import (
    BatonError,
    InDoubtError,
    MailDeferredError,
    MailRefusedError,
    MailUnavailableError,
    NeighbourPausedError,
    TransientError,
)
from baton.store.health import effect_faults
from baton.store.neighbours import (
    FAILURES_UNTIL_PAUSE,
    Failing,
    did_not_answer,
    failing_neighbours,
    may_be_called,
    pausing_neighbours,
)
from baton.store.tables import Effect
from baton.testing.crm import FakeCrm
from tasks.enrich import enrich
from tasks.introduce import introduce
from tests.engine.ageing import pass_pauses
from tests.engine.worlds import World

DOWN = MailUnavailableError("The mail server cannot be used; is it up?")


def introduce_in_vain(world: World, error: BatonError = DOWN) -> None:
    world.transport.fail_next(error)
    with pytest.raises(type(error)):
        world.walk(world.start(), introduce)


def take_down(world: World) -> None:
    for _ in range(FAILURES_UNTIL_PAUSE):
        introduce_in_vain(world)


def state_of(world: World) -> Failing | None:
    with world.runtime.transaction() as session:
        failing = failing_neighbours(session)
    return failing[0] if failing else None


def test_after_some_failures_in_a_row_nobody_calls(world: World) -> None:
    for number in range(1, FAILURES_UNTIL_PAUSE):
        introduce_in_vain(world)
        state = state_of(world)
        assert state is not None
        assert (state.failures, state.tries_again_at) == (number, None)
    introduce_in_vain(world)
    state = state_of(world)
    assert state is not None
    assert state.tries_again_at is not None
    assert state.tries_again_at > datetime.now(UTC)
    world.transport.busy.clear()
    with pytest.raises(NeighbourPausedError, match="baton doctor"):
        world.walk(world.start(), introduce)
    assert not world.transport.busy.is_set()
    # Not released: it is neither in flight nor counted as an attempt.
    last = max(world.all(Effect), key=lambda effect: effect.id)
    assert (last.state, last.attempts, last.in_flight_since) == ("intended", 0, None)


def test_once_it_answers_all_is_sent_once(world: World) -> None:
    take_down(world)
    assert sweep(world.runtime).settled == 0
    pass_pauses(world.runtime)
    result = sweep(world.runtime)
    assert (result.settled, result.unsettled) == (FAILURES_UNTIL_PAUSE, 0)
    assert state_of(world) is None
    keys = [sent.content.partition(b"Message-ID:")[2][:80] for sent in world.transport.sent]
    assert len(set(keys)) == len(keys) == FAILURES_UNTIL_PAUSE


def test_after_the_pause_one_tries_and_the_others_wait_for_it(world: World) -> None:
    take_down(world)
    pass_pauses(world.runtime)
    world.transport.fail_next(DOWN)
    result = sweep(world.runtime)
    assert (result.settled, result.unsettled) == (0, FAILURES_UNTIL_PAUSE)
    assert len(world.transport.sent) == 0
    state = state_of(world)
    assert state is not None
    assert state.failures == FAILURES_UNTIL_PAUSE + 1


def test_of_many_at_once_one_tries(world: World) -> None:
    take_down(world)
    pass_pauses(world.runtime)
    may: list[bool] = []

    def ask() -> None:
        with world.runtime.transaction() as session:
            may.append(may_be_called(session, Neighbour.MAIL))

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert sorted(may) == [False] * 7 + [True]


def test_pauses_grow_and_have_an_end(world: World) -> None:
    seconds = []
    for _ in range(FAILURES_UNTIL_PAUSE + 12):
        with world.runtime.transaction() as session:
            did_not_answer(session, Neighbour.MAIL, "down")
            seconds.append(
                session.scalar(
                    text(
                        "select extract(epoch from tries_again_at - clock_timestamp())"
                        " from neighbour where name = 'mail'"
                    )
                )
            )
    assert seconds[: FAILURES_UNTIL_PAUSE - 1] == [None] * (FAILURES_UNTIL_PAUSE - 1)
    first, last = seconds[FAILURES_UNTIL_PAUSE - 1], seconds[-1]
    assert first is not None
    assert last is not None
    assert 10 < first < 19
    assert 224 < last < 376


@pytest.mark.parametrize("answer", [MailDeferredError("451"), MailRefusedError("550")])
def test_a_server_that_refuses_a_mail_is_there(world: World, answer: BatonError) -> None:
    for _ in range(FAILURES_UNTIL_PAUSE - 1):
        introduce_in_vain(world)
    world.transport.fail_next(answer)
    hand_off_id = world.start()
    if isinstance(answer, MailDeferredError):
        with pytest.raises(MailDeferredError):
            world.walk(hand_off_id, introduce)
    else:
        world.walk(hand_off_id, introduce)
    assert state_of(world) is None


def test_a_lost_answer_is_no_answer(world: World) -> None:
    introduce_in_vain(world, InDoubtError("The connection broke."))
    state = state_of(world)
    assert state is not None
    assert state.failures == 1


def test_the_crm_pauses_by_itself(world: World) -> None:
    crm = FakeCrm()
    world.use_crm(crm)
    for _ in range(50):
        crm.fail_next(TransientError("down"))
    for _ in range(FAILURES_UNTIL_PAUSE):
        world.opt_out(world.lead_of(world.start()).email or "")
    with world.runtime.transaction() as session:
        assert pausing_neighbours(session) == [Neighbour.CRM]
    with pytest.raises(NeighbourPausedError, match="crm"):
        world.walk(world.start(), introduce)
    assert world.transport.sent


def test_a_mail_that_is_put_off_is_tried_less_and_less_often(world: World) -> None:
    introduce_in_vain(world, MailDeferredError("451 try again later"))
    (effect,) = world.all(Effect)
    assert effect.not_before is not None
    assert sweep(world.runtime).unsettled == 0
    pauses = []
    for _ in range(3):
        pass_pauses(world.runtime)
        world.transport.fail_next(MailDeferredError("451 try again later"))
        assert sweep(world.runtime).unsettled == 1
        (effect,) = world.all(Effect)
        assert effect.not_before is not None
        pauses.append((effect.not_before - datetime.now(UTC)).total_seconds())
    assert 5 < pauses[0] < 13
    assert 10 < pauses[1] < 26
    assert 20 < pauses[2] < 51


def test_doctor_says_who_is_down_and_what_is_put_off(world: World) -> None:
    def neighbours() -> tuple[bool, str]:
        (found,) = [one for one in check_house(world.runtime) if one.name == "neighbours"]
        return found.ok, found.says

    assert neighbours() == (True, "mail server and CRM answer the effects")
    introduce_in_vain(world)
    assert neighbours()[0]
    assert "mail: 1 failures in a row" in neighbours()[1]
    for _ in range(FAILURES_UNTIL_PAUSE - 1):
        introduce_in_vain(world)
    ok, says = neighbours()
    assert not ok
    assert "left alone until" in says
    assert "is it up?" in says
    with world.runtime.transaction() as session:
        assert effect_faults(session) == []
        session.execute(text("update effect set attempts = 12 where id = 1"))
        (fault,) = effect_faults(session)
    assert (fault.kind, fault.what) == ("put_off", "introduction was tried 12 times in vain")


def test_a_run_is_not_driven_in_vain_while_its_effect_waits(world: World) -> None:
    """Else a long outage would use up its drives, and it would stand still after it."""
    hand_off_id = world.start()
    world.transport.fail_next(DOWN)
    with pytest.raises(MailUnavailableError):
        world.walk(hand_off_id, introduce)
    world.engine.state = "FAILED"
    assert sweep(world.runtime).driven_again == 0
    assert world.hand_off(hand_off_id).driven_again == 0
    pass_pauses(world.runtime)
    result = sweep(world.runtime)
    assert (result.settled, result.driven_again) == (1, 1)


def test_a_run_cancelled_while_it_sleeps_or_works_cancels_its_hand_off(world: World) -> None:
    asleep, at_work = world.invited(), world.start()
    world.run(enrich, at_work)
    world.engine.cancelled = {f"run-{asleep}": True, f"run-{at_work}": False}
    with world.leased(at_work):
        assert sweep(world.runtime).cancelled == 2
    assert {world.hand_off(one).state for one in (asleep, at_work)} == {"cancelled"}
    assert world.engine.cancelled == {f"run-{asleep}": True, f"run-{at_work}": True}
    assert sweep(world.runtime).cancelled == 0
