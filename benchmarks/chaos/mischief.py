"""What a neighbour does to one call: nothing, mostly."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from benchmarks.chaos.dice import Dice

# A client gives up on an answer after so long; a neighbour that never answers waits longer.
CLIENT_SECONDS = 0.6
SILENT_SECONDS = 0.9
SLOW_SECONDS = 0.15


class Mischief(StrEnum):
    """What goes wrong with a call."""

    NONE = "none"
    SLOW = "slow answer"
    BUSY = "4xx: try again later"
    REFUSED = "5xx"
    LOST_BEFORE = "timeout, not processed"
    LOST_AFTER = "timeout, processed"
    RESET_BEFORE = "connection reset, not processed"
    RESET_AFTER = "connection reset, processed"

    @property
    def is_processed(self) -> bool:
        """Whether the call has its effect all the same."""
        return self in (
            Mischief.NONE,
            Mischief.SLOW,
            Mischief.LOST_AFTER,
            Mischief.RESET_AFTER,
        )

    @property
    def is_silent(self) -> bool:
        """Whether the caller hears nothing until it gives up."""
        return self in (Mischief.LOST_BEFORE, Mischief.LOST_AFTER)


CHANCES: Mapping[Mischief, float] = {
    Mischief.SLOW: 0.03,
    Mischief.BUSY: 0.02,
    Mischief.REFUSED: 0.01,
    Mischief.LOST_BEFORE: 0.025,
    Mischief.LOST_AFTER: 0.025,
    Mischief.RESET_BEFORE: 0.01,
    Mischief.RESET_AFTER: 0.02,
}


class Mischiefs:
    """What befalls the calls to one neighbour, by name and number of the try; counts it.

    Attributes:
        counts: How often each befell a call.
    """

    def __init__(self, dice: Dice, neighbour: str) -> None:
        self.counts: Counter[Mischief] = Counter()
        self._dice, self._neighbour = dice, neighbour
        self._tries: Counter[str] = Counter()
        self._lock = threading.Lock()

    def befalls(self, call: str) -> Mischief:
        """Return what befalls this call, which is the next try of what is so named."""
        with self._lock:
            self._tries[call] += 1
            number = self._tries[call]
            found = self._dice.pick(CHANCES, Mischief.NONE, self._neighbour, call, number)
            self.counts[found] += 1
            return found
