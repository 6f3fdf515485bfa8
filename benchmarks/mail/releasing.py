"""How fast mails go out over connections that are kept, against plain `smtplib` with one."""

from __future__ import annotations

import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from baton.adapters.mail.smtp import SmtpTransport
from benchmarks.figure import Figure
from benchmarks.plan import FULL_SIZE, Plan
from tests.mail.messages import ANA, JANA, OWN, TRACKING, introduction

MAILS = 1_000
FEWEST = 20
TURNS = 5
RECIPIENTS = [JANA[1], ANA[1], TRACKING]


def figures(plan: Plan) -> Iterator[Figure]:
    """Yield how the transport does beside `smtplib`: the same mails, the same server, in turns."""
    count = max(FEWEST, int(MAILS * min(1.0, plan.leads / FULL_SIZE)))
    content = introduction()
    ours = plain = 0.0
    with (
        plan.doing(f"{count:,} mails go out, {TURNS} times by Baton and by smtplib in turns"),
        _sink() as port,
    ):
        for _ in range(TURNS):
            ours = max(ours, count / _by_transport(port, content, count))
            plain = max(plain, count / _by_smtplib(port, content, count))
    yield Figure("mail.release_vs_smtplib", ours / plain, "x", ">= 0.8")
    yield Figure("mail.release_per_s", ours, "1/s")
    yield Figure("mail.smtplib_per_s", plain, "1/s")


def _by_transport(port: int, content: bytes, count: int) -> float:
    out = SmtpTransport("127.0.0.1", port)
    seconds = _timed(lambda: out.send(content, sender=OWN, recipients=RECIPIENTS), count)
    out.close()
    return seconds


def _by_smtplib(port: int, content: bytes, count: int) -> float:
    with smtplib.SMTP("127.0.0.1", port) as server:
        return _timed(lambda: server.sendmail(OWN, RECIPIENTS, content), count)


def _timed(send: Callable[[], object], count: int) -> float:
    """Return the seconds that so many mails take; one more goes first, and opens the connection."""
    send()
    start = time.perf_counter()
    for _ in range(count):
        send()
    return time.perf_counter() - start


@contextmanager
def _sink() -> Iterator[int]:
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.mail.sink"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
