"""Serving the HTTP API from a thread of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from baton.desk.app import create_app
from baton.errors import EngineUnavailableError
from baton.runtime import Runtime

START_SECONDS = 20.0
_POLL_SECONDS = 0.05


@contextmanager
def api_server(runtime: Runtime) -> Iterator[None]:
    """Serve the API on the runtime's address while the block runs.

    Raises:
        EngineUnavailableError: The port is in use, or it did not start in time.
    """
    settings = runtime.settings
    _require_free_port(settings.api_host, settings.api_port)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(runtime),
            host=settings.api_host,
            port=settings.api_port,
            log_level="error",
            lifespan="off",
        )
    )
    thread = threading.Thread(target=server.run, name="baton-api", daemon=True)
    thread.start()
    try:
        _wait_for(server, thread, settings.api_port)
        yield
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)


def _wait_for(server: uvicorn.Server, thread: threading.Thread, port: int) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > give_up_at:
            raise EngineUnavailableError(f"The HTTP API did not start on port {port}.")
        time.sleep(_POLL_SECONDS)


def _require_free_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise EngineUnavailableError(
                f"The HTTP API cannot listen on {host}, port {port}: {error.strerror}. Stop what "
                "uses it, or choose another one with BATON_API_HOST and BATON_API_PORT."
            ) from error
