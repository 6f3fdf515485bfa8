"""What stands in for Prefect where stages are tested without runs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from baton.engine.runs import Standing
from baton.errors import EngineUnavailableError


@dataclass
class EngineCalls:
    """What Prefect was asked for; `state` is what it says of every run."""

    launched: list[uuid.UUID] = field(default_factory=list)
    woken: list[str | None] = field(default_factory=list)
    driven: list[str] = field(default_factory=list)
    state: str | None = "PAUSED"
    for_seconds: float = 0.0
    is_up: bool = True
    cancelled: dict[str, bool] = field(default_factory=dict)

    def launch(self, _settings: object, hand_off_id: uuid.UUID) -> str:
        if not self.is_up:
            raise EngineUnavailableError("down")
        self.launched.append(hand_off_id)
        return f"run-{hand_off_id}"

    def wake(self, _settings: object, flow_run_id: str | None, _input: object) -> bool:
        self.woken.append(flow_run_id)
        return True

    def drive_again(self, _settings: object, flow_run_id: str) -> None:
        self.driven.append(flow_run_id)

    def standings_of(self, _settings: object, runs: Sequence[str]) -> dict[str, Standing]:
        if not self.is_up:
            raise EngineUnavailableError("down")
        standing = Standing(self.state, None, self.for_seconds)
        return {} if self.state is None else dict.fromkeys(runs, standing)

    def runs_cancelled(self, _settings: object) -> dict[str, bool]:
        return self.cancelled

    def end_cancelled(self, _settings: object, flow_run_id: str) -> None:
        self.cancelled[flow_run_id] = True
