"""The order in which the hand-off's flow goes through its stages, read from the flow itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from baton.domain.meeting import OutcomeKind
from baton.engine.segment import Go
from baton.engine.stage import StageTask
from flows.hand_off import hand_off


def stages_when(outcome: OutcomeKind) -> list[str]:
    """Return the names of the stages that a hand-off with this outcome goes through."""
    seen: list[str] = []

    def go(stage: StageTask) -> dict[str, object]:
        seen.append(stage.name)
        return {"outcome": outcome}

    @contextmanager
    def recorded(_hand_off_id: str) -> Iterator[Go]:
        yield go

    with patch("flows.hand_off.segment", recorded):
        hand_off.fn("any")
    return seen


def stages_when_met() -> list[str]:
    """Return the names of the stages on the way to the transfer."""
    return stages_when(OutcomeKind.MET)
