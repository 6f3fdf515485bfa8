"""Two at once: something runs in a thread while the test holds what it waits for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

SECONDS = 20


class Meanwhile:
    """Runs a function in a thread; `result` waits for it and returns or raises what it did."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._act()
        except BaseException as error:  # noqa: BLE001 (raised again by `result`)
            self._error = error

    def is_waiting(self, seconds: float = 0.5) -> bool:
        """Return whether it is still not done after so long."""
        self._thread.join(timeout=seconds)
        return self._thread.is_alive()

    def result(self) -> Any:
        """Return what the function returned.

        Raises:
            TimeoutError: It did not end.
            BaseException: What the function raised.
        """
        self._thread.join(timeout=SECONDS)
        if self._thread.is_alive():
            raise TimeoutError("the thread still waits")
        if self._error is not None:
            raise self._error
        return self._result
