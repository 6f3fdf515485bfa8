"""Speed to lead: from the lead's way to the API to the SMTP server's yes to its introduction."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from benchmarks.engine import cast
from benchmarks.engine.installation import Installation
from benchmarks.engine.posting import client, post_lead
from benchmarks.engine.processes import await_true

EVERY_SECONDS = 1.0
WARM_UP = 8
POSTING_THREADS = 8
SETTLE_SECONDS = 300


def seconds_to_lead(made: Installation, leads: int) -> list[float]:
    """Post one lead a second to a running `baton up`; return how long each introduction took.

    Leads are posted at their time, however the ones before are doing. A few more go before, so
    that everything is loaded.
    """
    _post_all(made, range(WARM_UP), 0.0)
    _await_introductions(made, range(WARM_UP))
    numbers = range(WARM_UP, WARM_UP + leads)
    arrived = _post_all(made, numbers, EVERY_SECONDS)
    introduced = _await_introductions(made, numbers)
    return [
        (introduced[number] - at).total_seconds()
        for number, at in zip(numbers, arrived, strict=True)
    ]


def p95(values: Sequence[float]) -> float:
    """Return the value that 95 of 100 do not pass."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if values[1:] else values[0]


def _post_all(made: Installation, numbers: range, every: float) -> list[datetime]:
    """Post the leads; return when each set out for the API (aware UTC)."""
    begin = time.monotonic()

    def post(place: int) -> datetime:
        time.sleep(max(0.0, begin + place * every - time.monotonic()))
        at = datetime.now(UTC)
        post_lead(api, numbers[place])
        return at

    with client(made) as api, ThreadPoolExecutor(POSTING_THREADS) as threads:
        return list(threads.map(post, range(len(numbers))))


def _await_introductions(made: Installation, numbers: range) -> dict[int, datetime]:
    """Return when the first mail to each lead was delivered; the first is the introduction."""
    addresses = {cast.lead(number)["email"]: number for number in numbers}
    found: dict[int, datetime] = {}

    def all_are_there() -> bool:
        for delivery in made.mail.deliveries:
            number = addresses.get(delivery.recipient)
            if number is not None:
                found.setdefault(number, delivery.at)
        return len(found) == len(numbers)

    await_true(all_are_there, "introductions", None, SETTLE_SECONDS)
    return found
