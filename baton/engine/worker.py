"""The in-process worker: flow runs in a bounded pool of threads instead of a process each.

Starting a process costs several CPU-seconds of imports a run; here they are paid once. It is a
plain Prefect worker type, so `prefect worker start --type baton` works, and the same deployments
run on Prefect's stock workers.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import anyio
import anyio.abc
from anyio import CancelScope, CapacityLimiter, Lock, get_cancelled_exc_class, to_thread
from prefect.client.schemas.objects import FlowRun
from prefect.flows import Flow, load_flow_from_flow_run
from prefect.states import Scheduled
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)

from baton.engine.garbage import loaded_objects_kept
from baton.engine.seat import Seat
from baton.errors import SegmentCrashedError
from baton.settings import load_settings

if TYPE_CHECKING:
    from prefect.client.schemas.responses import WorkerFlowRunResponse

POOL = "baton"


class BatonWorkerResult(BaseWorkerResult):
    """How a segment ended; 0 also when Prefect's engine set a failed state itself."""


class BatonJobConfiguration(BaseJobConfiguration):
    """Nothing but Prefect's fields: where no process is started, there is no job to configure."""

    @classmethod
    async def resolve_for_flow_run(cls, *_: Any, **__: Any) -> Self:
        """Return an empty one.

        The inherited one reads the deployment and the flow, and writes all settings out as the
        environment of a process: most of what the worker itself costs a segment.
        """
        return cls()


class BatonWorker(BaseWorker[BatonJobConfiguration, BaseVariables, BatonWorkerResult]):
    """Runs sync flows in threads of this process.

    When it is stopped it drains: it takes no more runs, waits until the running segments sleep or
    end, and puts those that it had taken and not begun back on the schedule.
    """

    type = "baton"
    job_configuration = BatonJobConfiguration
    _description = "Runs hand-offs in the worker's own process."

    def __init__(self, *args: Any, limit: int | None = None, **kwargs: Any) -> None:
        # The limit is ours. Prefect's own counts a slot per run, and a run that is resumed before
        # its last segment has left raises in the poll, which ends the worker (seen in 3.8.8).
        super().__init__(*args, **kwargs)
        self._flows: dict[UUID, Flow[..., Any]] = {}
        self._threads = CapacityLimiter(limit or load_settings().worker_limit)
        self._seats: list[Seat] = []
        self._segments: dict[UUID, Lock] = {}
        self._is_draining = False

    async def start(self, *args: Any, **kwargs: Any) -> None:
        """Work until it is stopped; SIGTERM stops it, however the process was started.

        Prefect turns SIGTERM into SIGINT, which a process ignores that a shell's script started in
        the background, and every process that it starts.
        """
        task = asyncio.current_task()
        if task is not None and threading.current_thread() is threading.main_thread():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _end_once, task)
        with loaded_objects_kept():
            await super().start(*args, **kwargs)

    def drain(self) -> None:
        """Take no more runs; those that were taken go on."""
        self._is_draining = True

    async def teardown(self, *exc_info: Any) -> None:
        """Leave once every running segment has ended."""
        self._is_draining = True
        await super().teardown(*exc_info)
        while self._seats:
            self._seats.pop().close()

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        """Return no more runs than can begin soon; the others stay for other workers.

        A run that is taken is Pending, and nobody else takes it if this process is killed.
        """
        taken = self._segments.keys() | self._submitting_flow_run_ids
        room = 2 * int(self._threads.total_tokens) - len(taken)
        if self._is_draining or room <= 0:
            return []
        return (await super()._get_scheduled_flow_runs())[:room]

    async def _give_worker_labels_to_flow_run(self, flow_run_id: UUID) -> None:
        """Leave them out: the pool is the run's already, and one call a segment is much."""

    async def _propose_submitting_state(self, flow_run: FlowRun) -> None:
        """Leave it out: between Pending and Running lies no machine that must be found first."""

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,  # noqa: ARG002 (the port's signature)
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BatonWorkerResult:
        """Run one segment of a flow run, after its last one has left; a crash in it stays in it."""
        flow = await self._flow_of(flow_run)
        if task_status is not None:
            # Another number would be stored as the process that runs it, by one more call.
            task_status.started(0)
        alone = self._segments.setdefault(flow_run.id, Lock())
        await self._run_segment(flow, flow_run, alone)
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

    async def _run_segment(self, flow: Flow[..., Any], flow_run: FlowRun, alone: Lock) -> None:
        has_begun = False

        def begin() -> None:
            nonlocal has_begun
            has_begun = True
            seat = self._seats.pop() if self._seats else Seat()
            try:
                seat.run(flow, flow_run)
            except (SystemExit, KeyboardInterrupt) as crash:
                # Prefect has it as crashed; the other segments of this process go on.
                raise SegmentCrashedError(f"Run {flow_run.id} ended by {crash!r}.") from crash
            finally:
                self._seats.append(seat)

        try:
            async with alone:
                await to_thread.run_sync(begin, limiter=self._threads)
        except get_cancelled_exc_class():
            if not has_begun:
                await self._put_back(flow_run)
            raise

    async def _put_back(self, flow_run: FlowRun) -> None:
        """Let another worker take the run, or this one when it is back."""
        with CancelScope(shield=True):
            await self.client.set_flow_run_state(flow_run.id, Scheduled(), force=True)


def _end_once(task: asyncio.Task[Any]) -> None:
    """End the task in order; another SIGTERM ends the process at once."""
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    task.cancel()
