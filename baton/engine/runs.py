"""Prefect's runs seen from our side: launch one for a hand-off, wake it, drive it again.

Our tables are the truth. If Prefect cannot be reached nothing is lost: the sweep tries again.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import certifi
import httpx

from baton.errors import EngineUnavailableError
from baton.settings import Settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import State

DEPLOYMENT = "hand-off/hand-off"
TAG = "hand-off"
# Prefect answers with at most so many.
RUNS_AT_ONCE = 200
logger = logging.getLogger(__name__)


def api_url(settings: Settings) -> str:
    """Return the address of the Prefect API that this installation uses."""
    return settings.prefect_api_url or f"http://127.0.0.1:{settings.prefect_port}/api"


def point_at(settings: Settings) -> None:
    """Make Prefect's client in this process talk to our server, quietly."""
    os.environ.setdefault("PREFECT_HOME", str(settings.home.resolve() / "prefect"))
    os.environ["PREFECT_API_URL"] = api_url(settings)
    os.environ.setdefault("PREFECT_WORKER_QUERY_SECONDS", "1")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    if settings.prefect_api_url is None:
        os.environ.setdefault("PREFECT_API_SSL_CERT_FILE", str(_short_bundle(settings)))
    if "prefect" in sys.modules:
        # It read its settings when it was imported; flows and workers see the global ones.
        from prefect.context import refresh_global_settings_context  # noqa: PLC0415
        from prefect.logging.configuration import setup_logging  # noqa: PLC0415

        refresh_global_settings_context()
        setup_logging(incremental=False)


def _short_bundle(settings: Settings) -> Path:
    """Return a file with one certificate authority, for clients that never use it.

    Prefect reads a whole bundle for every client that it makes, which costs 22 ms of CPU each
    time, several times a segment; our embedded server speaks plain HTTP on the loopback. It can
    go when Prefect keeps its TLS context (seen in 3.8.8).
    """
    short = settings.home.resolve() / "one-authority.pem"
    if not short.exists():
        end = "-----END CERTIFICATE-----\n"
        whole = Path(certifi.where()).read_text(encoding="ascii")
        short.parent.mkdir(parents=True, exist_ok=True)
        short.write_text(whole[: whole.index(end) + len(end)], encoding="ascii")
    return short


_clients: dict[str, SyncPrefectClient] = {}
_clients_lock = threading.Lock()


def _client(settings: Settings) -> SyncPrefectClient:
    """Return this process's client, which any thread may use and which stays open.

    Making one costs a connection, a TLS context and a look at all of Prefect's settings.
    """
    url = api_url(settings)
    with _clients_lock:
        if url not in _clients:
            # In a context of its own: within a flow run Prefect would give that run's client.
            _clients[url] = Context().run(_open_client, url)
        return _clients[url]


def _open_client(url: str) -> SyncPrefectClient:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 (slow)
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    with temporary_settings({PREFECT_API_URL: url}):
        return get_client(sync_client=True).__enter__()


@contextmanager
def _answering(settings: Settings) -> Iterator[SyncPrefectClient]:
    """Give the client; raise EngineUnavailableError if Prefect does not answer in the block."""
    try:
        yield _client(settings)
    except httpx.HTTPError as error:
        raise EngineUnavailableError(f"Prefect does not answer: {error!r}.") from error


def launch(settings: Settings, hand_off_id: uuid.UUID) -> str:
    """Create the hand-off's flow run and return its id; twice is once.

    Raises:
        EngineUnavailableError: Prefect does not answer, or the flow is not deployed.
    """
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415

    try:
        client = _client(settings)
        deployment = client.read_deployment_by_name(DEPLOYMENT)
        run = client.create_flow_run_from_deployment(
            deployment.id,
            parameters={"hand_off_id": str(hand_off_id)},
            name=f"hand-off {str(hand_off_id)[:8]}",
            idempotency_key=f"hand-off-{hand_off_id}",
            tags=[TAG],
        )
        return str(run.id)
    except (httpx.HTTPError, ObjectNotFound) as error:
        raise EngineUnavailableError(
            f"No flow run could be created for hand-off {hand_off_id}: {error!r}. It is stored; "
            "the sweep launches it when the engine is up ('baton up')."
        ) from error


def wake(settings: Settings, flow_run_id: str | None, run_input: dict[str, Any] | None) -> bool:
    """Resume the sleeping run; return False if it does not sleep or cannot be reached.

    False is no failure: the decision is in our tables, and the sweep wakes what still sleeps.
    """
    if flow_run_id is None:
        return False
    try:
        client = _client(settings)
        run = client.read_flow_run(uuid.UUID(flow_run_id))
        if run.state is None or not run.state.is_paused():
            return False
        client.resume_flow_run(run.id, run_input=run_input)
    except (httpx.HTTPError, RuntimeError) as error:
        logger.warning("Run %s was not woken (%r); the sweep will.", flow_run_id, error)
        return False
    else:
        return True


def drive_again(settings: Settings, flow_run_id: str) -> None:
    """Put a run that stopped back on the schedule; the ledger skips what is done.

    Raises:
        EngineUnavailableError: Prefect does not answer.
        ObjectNotFound: Prefect does not know the run any more.
    """
    from prefect.states import AwaitingRetry  # noqa: PLC0415

    with _answering(settings) as client:
        client.set_flow_run_state(uuid.UUID(flow_run_id), AwaitingRetry(), force=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands in Prefect.

    Attributes:
        state: The state's type ("PAUSED", "RUNNING", ...); None if it has none yet.
        sleeps_on: The key that it sleeps under, if it sleeps.
        for_seconds: How long it has been in that state.
    """

    state: str | None
    sleeps_on: str | None
    for_seconds: float = 0.0


def standings_of(settings: Settings, flow_run_ids: Sequence[str]) -> dict[str, Standing]:
    """Return where runs stand, by id; a run that Prefect does not know is left out.

    Raises:
        EngineUnavailableError: Prefect does not answer.
    """
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId  # noqa: PLC0415

    found: dict[str, Standing] = {}
    with _answering(settings) as client:
        for start in range(0, len(flow_run_ids), RUNS_AT_ONCE):
            ids = [uuid.UUID(one) for one in flow_run_ids[start : start + RUNS_AT_ONCE]]
            runs = client.read_flow_runs(
                flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids))
            )
            found |= {str(run.id): _standing(run.state) for run in runs}
    return found


def _standing(state: State[Any] | None) -> Standing:
    if state is None:
        return Standing(None, None)
    since = datetime.now(UTC) - state.timestamp
    return Standing(state.type.value, state.state_details.pause_key, since.total_seconds())


def runs_cancelled(settings: Settings) -> dict[str, bool]:
    """Return the runs of hand-offs that were cancelled in Prefect within a day, by id.

    True for a run that has ended; False for one that is being cancelled and may still be at work.

    Raises:
        EngineUnavailableError: Prefect does not answer.
    """
    from prefect.client.schemas.filters import (  # noqa: PLC0415 (slow)
        FlowRunFilter,
        FlowRunFilterEndTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType  # noqa: PLC0415
    from prefect.client.schemas.sorting import FlowRunSort  # noqa: PLC0415

    def of(state: StateType, **more: Any) -> FlowRunFilter:
        only = FlowRunFilterState(type=FlowRunFilterStateType(any_=[state]))
        return FlowRunFilter(state=only, tags=FlowRunFilterTags(all_=[TAG]), **more)

    lately = FlowRunFilterEndTime(after_=datetime.now(UTC) - timedelta(days=1))
    with _answering(settings) as client:
        ended = client.read_flow_runs(
            flow_run_filter=of(StateType.CANCELLED, end_time=lately),
            sort=FlowRunSort.END_TIME_DESC,
        )
        ending = client.read_flow_runs(flow_run_filter=of(StateType.CANCELLING))
    return {str(run.id): True for run in ended} | {str(run.id): False for run in ending}


def end_cancelled(settings: Settings, flow_run_id: str) -> None:
    """Tell Prefect that a run that was being cancelled is cancelled now.

    Raises:
        EngineUnavailableError: Prefect does not answer.
    """
    from prefect.states import Cancelled  # noqa: PLC0415 (slow)

    with _answering(settings) as client:
        client.set_flow_run_state(uuid.UUID(flow_run_id), Cancelled(), force=True)
