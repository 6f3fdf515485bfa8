"""A seat for segments: what Prefect would otherwise make anew for each of them, kept."""

from __future__ import annotations

from contextlib import ExitStack
from contextvars import Context
from functools import cache
from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import FlowRun
from prefect.context import SettingsContext, SyncClientContext, get_settings_context
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow
from prefect.flows import Flow


class Seat:
    """Runs one segment at a time, on any thread, with one client for all of them.

    Making a client costs a connection and a TLS context each time, several times a segment.
    """

    def __init__(self) -> None:
        self._settings = _without_heartbeats(get_settings_context())
        self._context = Context()
        self._stack = ExitStack()

    def run(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        """Run the flow run until it sleeps or ends; Prefect knows its state afterwards."""
        self._context.run(self._run, flow, flow_run)

    def _run(self, flow: Flow[..., Any], flow_run: FlowRun) -> None:
        if SyncClientContext.get() is None:
            self._stack.enter_context(self._settings)
            self._stack.enter_context(SyncClientContext())
        run = _without_observer(flow_run)
        try:
            run_flow(
                _without_results(flow),
                flow_run=run,
                parameters=flow_run.parameters,
                return_type="state",
            )
        except (Abort, Pause):
            # The engine has told the server already: the run sleeps, or must not run now.
            return

    def close(self) -> None:
        """Close the client."""
        self._context.run(self._stack.close)


def _without_observer(flow_run: FlowRun) -> FlowRun:
    """Return the run such that Prefect's engine does not watch whether others suspend it.

    For each segment of a deployment's run it opens a thread, an event loop and a subscription to
    all events, and waits for them at both ends (seen in 3.8.8). A segment takes a second, and
    suspends itself; the server knows the deployment all the same.
    """
    return flow_run.model_copy(update={"deployment_id": None})


@cache
def _without_results(flow: Flow[..., Any]) -> Flow[..., Any]:
    """Return the flow such that Prefect does not ask its server where to keep results.

    It asks twice a segment, with a new client each time (seen in 3.8.8), for a place that nothing
    is written to: what a stage finished is in our ledger.
    """
    return flow.with_options(persist_result=False, result_storage=Path("results"))


def _without_heartbeats(now: SettingsContext) -> SettingsContext:
    """Return the settings without the flow run's heartbeat.

    It is a thread for each segment, which holds the segment back for up to a second when it ends
    (seen in 3.8.8), and nobody listens: a hand-off whose worker died is found by its lease. No
    variable of the environment can say "none", so this is done here.
    """
    flows = now.settings.flows.model_copy(update={"heartbeat_frequency": None})
    return SettingsContext(
        profile=now.profile, settings=now.settings.model_copy(update={"flows": flows})
    )
