"""A Prefect server with our deployments and no worker; in a process of its own until SIGTERM."""

from __future__ import annotations

import signal
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate

from baton.engine.deploying import deploy, load_flows
from baton.engine.server import prefect_server
from baton.settings import load_settings

STOCK_POOL = "stock"


def main() -> None:
    """Serve; say "serving" once everything answers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with prefect_server(load_settings(), meanwhile=load_flows):
        deploy(scheduled=())
        with get_client(sync_client=True) as client:
            client.create_work_pool(WorkPoolCreate(name=STOCK_POOL, type="process"))
        sys.stdout.write("serving\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
