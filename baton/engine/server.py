"""The embedded Prefect server: a process of its own on our PostgreSQL, loopback only."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
from sqlalchemy import make_url

from baton.engine.runs import api_url, point_at
from baton.errors import EngineUnavailableError
from baton.runtime import database_url
from baton.settings import Settings
from baton.store.database import create_database

DATABASE_NAME = "prefect"
START_SECONDS = 90
POLL_SECONDS = 0.2


@contextmanager
def prefect_server(settings: Settings, meanwhile: Callable[[], None]) -> Iterator[str]:
    """Run the server while the block runs; give its API's address.

    An installation with a Prefect of its own (`BATON_PREFECT_API_URL`) uses that one instead.

    Args:
        settings: Where its state and its port are.
        meanwhile: Done while the server starts, which takes seconds on the other core.

    Raises:
        EngineUnavailableError: The port is in use, or the server does not come up.
    """
    point_at(settings)
    if settings.prefect_api_url is not None:
        _wait_until_healthy(settings, None, None)
        meanwhile()
        yield api_url(settings)
        return
    _end_leftover(settings)
    _require_free_port(settings.prefect_port)
    log = settings.home.resolve() / "prefect-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter, fixed arguments)
            [
                sys.executable,
                "-m",
                "prefect",
                "server",
                "start",
                "--host",
                "127.0.0.1",
                "--port",
                str(settings.prefect_port),
            ],
            env=_environment(settings),
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    _pid_file(settings).write_text(str(process.pid), encoding="ascii")
    try:
        meanwhile()
        _wait_until_healthy(settings, process, log)
        yield api_url(settings)
    finally:
        _stop(process)
        _pid_file(settings).unlink(missing_ok=True)


def _pid_file(settings: Settings) -> Path:
    return settings.home.resolve() / "prefect-server.pid"


def _end_leftover(settings: Settings) -> None:
    """End the server that a killed process of this home left behind."""
    try:
        pid = int(_pid_file(settings).read_text(encoding="ascii"))
        leftover = psutil.Process(pid)
        is_ours = {"prefect", "server", str(settings.prefect_port)} <= set(leftover.cmdline())
    except (OSError, ValueError, psutil.Error):
        return
    if is_ours:
        leftover.terminate()
        psutil.wait_procs([leftover], timeout=10)


def _environment(settings: Settings) -> dict[str, str]:
    # Our tables are the truth, and runs that Prefect forgot are launched again: its many small
    # commits need not wait for the disk.
    ours = database_url(settings)
    url = make_url(create_database(ours, DATABASE_NAME, waits_for_disk=False))
    url = url.set(drivername="postgresql+asyncpg")
    return {
        **os.environ,
        "PREFECT_API_DATABASE_CONNECTION_URL": url.render_as_string(hide_password=False),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # Scanning every sleeping run every 5 s costs a core at 30,000; we set no timeouts.
        "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
        # What looks every 5 s for something that we do not have, or not in a hurry.
        "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "30",
        "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "30",
        "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
        # One by one, recording task runs took more than half of the server's time (3.8.8).
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
        "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
    }


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EngineUnavailableError(
                f"Port {port} is in use, so Prefect's server cannot start there; stop what uses "
                "it, or choose another one with BATON_PREFECT_PORT."
            ) from error


def _wait_until_healthy(
    settings: Settings, process: subprocess.Popen[bytes] | None, log: Path | None
) -> None:
    health = f"{api_url(settings)}/health"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            break
        try:
            if httpx.get(health, timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(POLL_SECONDS)
    where = f"; its log is {log}" if log else ""
    raise EngineUnavailableError(f"Prefect's server does not answer at {health}{where}.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
