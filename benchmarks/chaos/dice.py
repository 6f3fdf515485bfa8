"""Chance from the seed: what befalls something follows from its name alone, not from the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from baton.demo.dice import share

_Option = TypeVar("_Option")


@dataclass(frozen=True, slots=True)
class Dice:
    """The dice of one run."""

    seed: int

    def share(self, *names: object) -> float:
        """Return a number in [0, 1) that belongs to these names, evenly spread."""
        return share("\0".join(str(name) for name in names), f"chaos-{self.seed}")

    def happens(self, chance: float, *names: object) -> bool:
        """Return whether something of this chance befalls what is so named."""
        return self.share(*names) < chance

    def between(self, low: float, high: float, *names: object) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.share(*names)

    def pick(self, chances: Mapping[_Option, float], otherwise: _Option, *names: object) -> _Option:
        """Return one of the options by its chance; what is left over is `otherwise`."""
        left = self.share(*names)
        for option, chance in chances.items():
            if left < chance:
                return option
            left -= chance
        return otherwise
