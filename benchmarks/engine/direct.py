"""Flow runs one after the other in this process, without a worker: the engine's own limit."""

from __future__ import annotations

import sys
import time
import uuid

from prefect.client.orchestration import get_client

from baton.engine.runs import point_at
from baton.settings import load_settings


def main() -> None:
    """Run the flow runs named on stdin, one a line; print the seconds that all but the first took.

    The first pays for imports and connections.
    """
    point_at(load_settings())
    from baton.engine.seat import Seat  # noqa: PLC0415 (reads Prefect's settings)
    from flows.hand_off import hand_off  # noqa: PLC0415 (reads Prefect's settings)

    with get_client(sync_client=True) as client:
        runs = [client.read_flow_run(uuid.UUID(line.strip())) for line in sys.stdin]
    seat = Seat()
    start = time.perf_counter()
    for number, run in enumerate(runs):
        seat.run(hand_off, run)
        if number == 0:
            start = time.perf_counter()
    sys.stdout.write(f"{time.perf_counter() - start}\n")


if __name__ == "__main__":
    main()
