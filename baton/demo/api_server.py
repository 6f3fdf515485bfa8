"""The HTTP API on a port of its own, in a thread, for as long as the demo lasts."""

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


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def api_server(runtime: Runtime) -> Iterator[None]:
    """Serve the API on the runtime's address while the block runs.

    Raises:
        EngineUnavailableError: It did not start in time, mostly because its port is taken.
    """
    settings = runtime.settings
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(runtime),
            host=settings.api_host,
            port=settings.api_port,
            log_level="error",
            lifespan="off",
        )
    )
    thread = threading.Thread(target=server.run, name="demo-api", daemon=True)
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
