"""The in-process worker: flow runs in a bounded pool of threads instead of a process each.

Starting a process costs several CPU-seconds of imports a run; here they are paid once. It is a
plain Prefect worker type, so `prefect worker start --type baton` works, and the same deployments
run on Prefect's stock workers.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
from anyio import CapacityLimiter, Lock, to_thread
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow
from prefect.flows import Flow, load_flow_from_flow_run
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)

POOL = "baton"
MAX_THREADS = 64


class BatonWorkerResult(BaseWorkerResult):
    """How a segment ended; 0 also when Prefect's engine set a failed state itself."""


class BatonWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BatonWorkerResult]):
    """Runs sync flows in threads of this process."""

    type = "baton"
    job_configuration = BaseJobConfiguration
    _description = "Runs hand-offs in the worker's own process."

    def __init__(self, *args: Any, limit: int | None = None, **kwargs: Any) -> None:
        # The limit is ours. Prefect's own counts a slot per run, and a run that is resumed before
        # its last segment has left raises in the poll, which ends the worker (seen in 3.8.8).
        super().__init__(*args, **kwargs)
        self._flows: dict[UUID, Flow[..., Any]] = {}
        self._threads = CapacityLimiter(limit or MAX_THREADS)
        self._segments: dict[UUID, Lock] = {}

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,  # noqa: ARG002 (the port's signature)
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BatonWorkerResult:
        """Run one segment of a flow run, after its last one has left; a crash in it stays in it."""
        flow = await self._flow_of(flow_run)
        if task_status is not None:
            task_status.started(1)
        alone = self._segments.setdefault(flow_run.id, Lock())
        async with alone:
            await to_thread.run_sync(partial(_run_segment, flow, flow_run), limiter=self._threads)
        if not alone.statistics().tasks_waiting:
            self._segments.pop(flow_run.id, None)
        return BatonWorkerResult(status_code=0, identifier=str(flow_run.id))

    async def _flow_of(self, flow_run: FlowRun) -> Flow[..., Any]:
        assert flow_run.deployment_id is not None
        flow = self._flows.get(flow_run.deployment_id)
        if flow is None:
            flow = await load_flow_from_flow_run(
                flow_run, ignore_storage=True, use_placeholder_flow=False
            )
            self._flows[flow_run.deployment_id] = flow
        return flow


def _run_segment(flow: Flow[..., Any], flow_run: FlowRun) -> None:
    try:
        run_flow(flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
    except (Abort, Pause):
        # The engine has told the server already: the run sleeps, or must not run now.
        return
