"""`baton up`: the product for real use, in one foreground process."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import FrameType
from typing import Self

from baton.engine.house import House
from baton.engine.listening import Listening
from baton.engine.sweep import sweep
from baton.errors import TransientError
from baton.runtime import Runtime

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 20.0
# Inbox and sweep run in threads here: closer to the second, and also when Prefect is down.
BY_PREFECT = ("qualify", "review-rejections", "report")


class Repeating:
    """Calls an action again and again in a thread until it is left; a transient error is logged."""

    def __init__(self, name: str, action: Callable[[], object], every_seconds: float) -> None:
        self._action = action
        self._every = every_seconds
        self._stop = threading.Event()
        self._name = name
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._action()
            except TransientError as error:
                logger.warning("%s: %s It is tried again.", self._name, error)
            self._stop.wait(self._every)


def keep_up(
    runtime: Runtime,
    serve: Callable[[Runtime], AbstractContextManager[None]],
    ready: Callable[[House], None],
) -> None:
    """Run everything until Ctrl-C or SIGTERM, then stop it in order.

    From then on no segment of a hand-off begins; those that run go on to their next wait or end.

    Args:
        runtime: The installation.
        serve: Serves the HTTP API while its context is open.
        ready: Called once everything answers.
    """
    stop = threading.Event()

    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    with ExitStack() as stack:
        house = stack.enter_context(House(runtime, scheduled=BY_PREFECT))
        stack.enter_context(serve(runtime))
        stack.enter_context(Listening(runtime))
        stack.enter_context(Repeating("sweep", lambda: sweep(runtime), SWEEP_SECONDS))
        ready(house)
        stop.wait()
        house.drain()
