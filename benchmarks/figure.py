"""One measured figure, and whether it is as good as promised."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

_TARGET = re.compile(r"(<=|>=) (\d+(?:\.\d+)?)")
_SIGNS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure.

    Attributes:
        name: `group.figure`.
        value: What was measured.
        unit: What the value counts; `x` for a ratio.
        target: `<= number` or `>= number`; None for a figure that only informs.

    Raises:
        ValueError: The target is written otherwise.
    """

    name: str
    value: float
    unit: str
    target: str | None = None

    def __post_init__(self) -> None:
        if self.target is not None and not _TARGET.fullmatch(self.target):
            raise ValueError(f"the target of {self.name} is '{self.target}'; write it as '<= 1.5'")

    @property
    def ok(self) -> bool:
        """False when the target is missed; a value that is not a number misses every target."""
        if self.target is None:
            return True
        sign, limit = self.target.split()
        return _SIGNS[sign](self.value, float(limit))
