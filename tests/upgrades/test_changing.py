"""What changes with an upgrade or beside it while hand-offs wait: the flow, and the agreement."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from baton.domain.hand_off import EffectKind
from baton.engine.mailing import crm_intent
from baton.engine.people import people_of
from baton.engine.segment import Go, segment
from baton.engine.stage import Finished, StageTask, Step, Work, stage
from baton.store.tables import HandOff, Judging, StageDone
from tests.upgrades.restoring import FIXTURES, Upgraded
from tests.upgrades.walking import FLOW, wake

# Here this release's code is in question, so one of the older ones is enough: the oldest.
pytestmark = pytest.mark.parametrize(
    "upgraded_database", FIXTURES[:1], indirect=True, ids=["oldest"]
)

# Where they stood when the release came that has one more stage before the introduction, and what
# they wait for next.
BEFORE_IT = {"asked for approval": "acceptance", "approved, still asleep": "acceptance"}
PAST_IT = {"asked for an address": "acceptance", "invited, the AE accepted": "outcome"}


@stage
def read_up(work: Work) -> Step:
    """Have the CRM remind the SDR of reading up on the lead."""
    with work.transaction() as (session, hand_off):
        to_do = {
            "assignee_email": people_of(session, hand_off).sdr.email,
            "title": "Read up on the lead",
            "due_at": work.due_in(60).isoformat(),
        }
        intent = crm_intent(hand_off, EffectKind.CRM_TASK, "read-up", to_do)
    work.perform([intent])
    return Finished()


def lengthen(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    """Put the stage above into the flow."""

    @contextmanager
    def longer(hand_off_id: str) -> Iterator[Go]:
        with segment(hand_off_id) as go:

            def go_also(known: StageTask) -> dict[str, Any]:
                if known.name == before:
                    go(read_up)
                return go(known)

            yield go_also

    monkeypatch.setattr(FLOW, "segment", longer)


def test_a_new_stage_is_taken_by_those_that_have_not_gone_past_it(
    world: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengthen(monkeypatch, before="introduce")
    for name, kind in (BEFORE_IT | PAST_IT).items():
        until(world, world.named[name], kind)
    # Somebody resumes it by hand, long before its meeting.
    wake(world.named["confirmed"])
    tasks = [one for one in world.arrived() if one.endswith(":crm_task:read-up")]
    assert sorted(tasks) == sorted(f"{world.named[name]}:crm_task:read-up" for name in BEFORE_IT)
    for name in BEFORE_IT:
        effects = list(world.effects(world.named[name]))
        assert effects.index("crm_task:read-up") < effects.index("introduction:1")
    done = world.all(StageDone, StageDone.stage == "read_up")
    assert {row.hand_off_id for row in done} == {world.named[name] for name in BEFORE_IT}


def test_a_new_first_stage_is_taken_by_who_has_finished_none(
    world: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengthen(monkeypatch, before="enrich")
    names = ("just opened", "asked for approval")
    for name in names:
        wake(world.named[name])
    done = [world.effects(world.named[name]).get("crm_task:read-up") for name in names]
    assert done == ["done", None]


def test_a_new_stage_that_failed_is_tried_again(
    world: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hand-off has not gone past it, although it is not in the ledger yet."""
    lengthen(monkeypatch, before="introduce")
    hand_off_id = world.named["approved, still asleep"]

    def fail(*_: object) -> Step:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(read_up, "fn", fail)
        with pytest.raises(RuntimeError):
            wake(hand_off_id)
    assert world.hand_off(hand_off_id).stage == "read_up"
    wake(hand_off_id)
    assert world.effects(hand_off_id)["crm_task:read-up"] == "done"


def test_a_stage_that_is_gone_holds_nobody_up(world: Upgraded) -> None:
    hand_off_id = world.named["approved, still asleep"]
    with world.runtime.transaction() as session:
        session.execute(
            text("update hand_off set stage = 'prepare' where id = :id"), {"id": hand_off_id}
        )
        session.add(
            StageDone(hand_off_id=hand_off_id, stage="sift", at=world.clock.now(), result={})
        )
    wake(hand_off_id)
    assert world.effects(hand_off_id)["introduction:1"] == "done"


def test_hand_offs_go_on_under_the_agreement_that_they_began_with(world: Upgraded) -> None:
    def stricter(content: dict[str, Any]) -> None:
        content["approval"] = {"when": "never"}
        content["scoring"] |= {"hand_off_at": 200, "hot_at": 210}

    begun = {key: world.hand_off(key).agreement_id for key in world.named.values()}
    newer = world.replace_agreement(stricter)
    assert newer not in begun.values()
    # Scored under the older one, and asked for the approval that only that one wants.
    until(world, world.named["just opened"], "approval")
    until(world, world.named["just opened"], "acceptance")
    begins_now = world.start()
    wake(begins_now)
    assert world.hand_off(begins_now).state == "not_qualified"
    version = begun | {begins_now: newer}
    assert {row.id: row.agreement_id for row in world.all(HandOff)} == version
    judged = world.all(Judging, Judging.hand_off_id.is_not(None))
    assert {version[row.hand_off_id] == row.agreement_id for row in judged} == {True}
    assert newer in {row.agreement_id for row in judged}


def until(world: Upgraded, hand_off_id: uuid.UUID, kind: str) -> None:
    """Let people act and workers run until the hand-off waits for this."""
    for _ in range(8):
        if kind in {wait.kind for wait in world.waits(hand_off_id) if wait.state == "open"}:
            return
        world.brings_on(hand_off_id)
    raise AssertionError(world.hand_off(hand_off_id).stage)
