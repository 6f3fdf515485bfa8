"""Everything under one roof: the Prefect server, the deployments and the worker."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Collection
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from baton import runtime as composition
from baton.engine.runs import point_at
from baton.engine.server import prefect_server
from baton.errors import EngineUnavailableError
from baton.runtime import Runtime

if TYPE_CHECKING:
    from baton.engine.worker import BatonWorker

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.3
STOP_SECONDS = 30
EVENTS_SECONDS = 5


class House:
    """The engine of one installation, running while the block runs.

    Args:
        runtime: The installation.
        scheduled: Deployments whose schedules are active; all of them unless given.

    Attributes:
        prefect_api_url: Address of Prefect's API.
    """

    def __init__(self, runtime: Runtime, *, scheduled: Collection[str] | None = None) -> None:
        self.runtime = runtime
        self.prefect_api_url = ""
        self._scheduled = scheduled
        self._stack = ExitStack()
        self._worker = WorkerThread(runtime.settings.worker_limit)

    @property
    def prefect_ui_url(self) -> str:
        """Where a person looks at the runs."""
        return self.prefect_api_url.removesuffix("/api")

    def __enter__(self) -> Self:
        composition.use(self.runtime)
        point_at(self.runtime.settings)
        with ExitStack() as stack:
            server = prefect_server(self.runtime.settings, meanwhile=_load_flows)
            self.prefect_api_url = stack.enter_context(server)
            from baton.engine.deploying import deploy  # noqa: PLC0415 (reads Prefect's settings)

            deploy(scheduled=self._scheduled)
            stack.callback(_send_events)
            stack.enter_context(self._worker)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def drain(self) -> None:
        """Begin no more segments; those that run go on to their next wait or their end.

        Leaving the block waits for them.
        """
        self._worker.drain()

    def wait_until_quiet(self, timeout: float = 120) -> None:
        """Return when no flow run is due, pending or running.

        Raises:
            EngineUnavailableError: Runs were still active after `timeout` seconds.
        """
        from prefect.client.orchestration import get_client  # noqa: PLC0415

        deadline = time.monotonic() + timeout
        with get_client(sync_client=True) as client:
            while time.monotonic() < deadline:
                active = client.read_flow_runs(flow_run_filter=_active(), limit=1)
                if not active:
                    return
                time.sleep(POLL_SECONDS)
        raise EngineUnavailableError(f"Flow runs were still active after {timeout:g} seconds.")


def _send_events() -> None:
    """Hand over what Prefect's client has still to tell while its server is there to hear it.

    Else it tries for minutes, at the process's end, to reach a server that is gone.
    """
    from prefect.events.worker import EventsWorker  # noqa: PLC0415 (slow)

    EventsWorker.drain_all(timeout=EVENTS_SECONDS)


def _load_flows() -> None:
    """Import what deploying and running need; seconds that the server's start hides."""
    from baton.engine.deploying import load_flows  # noqa: PLC0415

    load_flows()


def _active() -> Any:
    from prefect.client.schemas.filters import (  # noqa: PLC0415
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType  # noqa: PLC0415

    busy = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
    return FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=busy)))


class WorkerThread:
    """The in-process worker in a thread with an event loop of its own.

    Raises on entry:
        EngineUnavailableError: The worker could not start.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._started = threading.Event()
        self._over = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._worker: BatonWorker | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="baton-worker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._started.wait(POLL_SECONDS):
            if self._over.is_set():
                raise EngineUnavailableError(f"The worker did not start: {self._error!r}.")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.drain()
        if self._loop is not None and self._task is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(timeout=STOP_SECONDS)

    def drain(self) -> None:
        """Take no more flow runs."""
        self._over.set()
        if self._worker is not None:
            self._worker.drain()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                asyncio.run(self._work())
                self._over.set()
            except Exception as error:
                if not self._started.is_set():
                    self._error = error
                    self._over.set()
                    return
                # Hand-offs must go on whatever happened to the worker; the log says what did.
                logger.exception("The worker stopped; it is started again.")
                time.sleep(POLL_SECONDS)

    async def _work(self) -> None:
        from baton.engine.worker import POOL, BatonWorker  # noqa: PLC0415 (reads the settings)

        self._loop = asyncio.get_running_loop()
        self._worker = BatonWorker(work_pool_name=POOL, limit=self._limit, name="baton")
        starting = self._worker.start(printer=lambda _: self._started.set())
        self._task = asyncio.create_task(starting)
        try:
            await self._task
        except asyncio.CancelledError:
            return
