"""A gate's refusal: the lead in quarantine, the hand-off closed, whatever stage it stood before."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any, cast

import pytest

from baton import runtime as composition
from baton.adapters.quality.gate import GateResult, QualityGates, Refusal
from baton.domain.meeting import OutcomeKind
from baton.engine.gate import _gate, gate
from baton.engine.stage import Finished
from baton.store.health import misplaced_faults, where_leads_are
from baton.store.quarantine import release_lead
from baton.store.tables import Quarantine
from tasks.await_outcome import await_outcome
from tests.engine.worlds import World

REFUSAL = Refusal("expect_column_values_to_not_be_null", "owner_id", None, "A lead has an owner.")


class StrictGates:
    """Refuses every row."""

    def has(self, _stage: str) -> bool:
        return True

    def check(self, _stage: str, rows: list[dict[str, Any]]) -> GateResult:
        return GateResult((), {row["lead_id"]: REFUSAL for row in rows})


def refuse(world: World, hand_off_id: uuid.UUID, stage: str) -> bool:
    strict = replace(world.runtime, gates=cast("QualityGates", StrictGates()))
    composition.use(strict)
    with world.leased(hand_off_id) as lease:
        return bool(_gate.fn(str(hand_off_id), lease.token, stage))


@pytest.mark.parametrize("stage", ["enrich", "transfer"])
def test_a_refused_lead_is_in_quarantine_with_what_failed(world: World, stage: str) -> None:
    hand_off_id = world.start() if stage == "enrich" else world.reported(OutcomeKind.MET)
    assert refuse(world, hand_off_id, stage)
    lead, hand_off = world.lead_of(hand_off_id), world.hand_off(hand_off_id)
    assert (lead.place, hand_off.state) == ("quarantined", "quarantined")
    assert lead.status in ("new", "marketing_qualified")
    (entry,) = world.all(Quarantine)
    assert (entry.field, entry.reason) == ("owner_id", f"gate {stage}: A lead has an owner.")
    with world.runtime.transaction() as session:
        assert where_leads_are(session).difference == 0
        assert misplaced_faults(session) == []


def test_who_comes_out_of_quarantine_is_handed_over_from_the_beginning(world: World) -> None:
    hand_off_id = world.reported(OutcomeKind.MET)
    refuse(world, hand_off_id, "transfer")
    composition.use(world.runtime)
    lead = world.lead_of(hand_off_id)
    with world.runtime.transaction() as session:
        release_lead(session, lead.id, resolution="mended", by="sam", at=world.clock.now())
    again = world.start(lead.id)
    assert world.lead_of(again).status == "marketing_qualified"
    assert isinstance(world.run(world.stage("enrich"), again), Finished)


def test_a_stage_without_a_gate_lets_everything_pass(world: World) -> None:
    assert gate(str(world.start()), 0, await_outcome.name) is False
