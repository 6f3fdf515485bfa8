"""Something that a simulated person does, now or later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done and when.

    Attributes:
        act: Does it and says in a few words what happened.
        at: Aware UTC instant; None is now.
    """

    act: Callable[[], str]
    at: datetime | None = None
